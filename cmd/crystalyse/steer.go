package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
)

// steerCommands are those that change a discovery's course.
func (d *door) steerCommands() []*cobra.Command {
	update := func(kind discovery.UpdateKind) func(cmd *cobra.Command, c *client.Client, did string) error {
		return func(cmd *cobra.Command, c *client.Client, did string) error {
			return c.Update(cmd.Context(), did, discovery.Update{Kind: kind})
		}
	}
	cancel := func(cmd *cobra.Command, c *client.Client, did string) error {
		return c.Cancel(cmd.Context(), did, "stopped from the command line")
	}
	return []*cobra.Command{
		d.steer("cancel", "Stop a discovery and keep what it has", "is stopping; its report follows", cancel),
		d.steer("retry", "Try the failed step of a held discovery again", "tries the step again", update(discovery.UpdateRetryStep)),
		d.steer("skip", "Let a held discovery go on without the failed step", "goes on without the step", update(discovery.UpdateSkipStep)),
		d.steer("finish", "End a discovery now, with an answer from what it has", "ends with what it has", update(discovery.UpdateFinishNow)),
	}
}

func (d *door) steer(name, short, done string, act func(*cobra.Command, *client.Client, string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " <discovery>", Short: short, Args: oneID, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			if err := act(cmd, c, args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n  watch it   crystalyse follow %s\n", args[0], done, args[0])
			return err
		},
	}
}
