package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/config"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/removal"
)

// remover wires what deletes. live is nil when nothing is streamed.
func remover(cfg *config.Config, db *postgres.DB, engine client.Client, files removal.Shelf, live *redis.Bus, log *slog.Logger) *removal.Remover {
	o := removal.Options{Discoveries: db, Rows: db.Rows(), Engine: temporal.NewEraser(engine, cfg.TemporalNamespace), Files: files, Log: log}
	if live != nil { // a nil bus in the port would not be nil
		o.Stream = live
	}
	return removal.New(o)
}

// openLive reaches what is streamed, to drop of it; closing ends its connections.
func openLive(cfg *config.Config) (*redis.Bus, func(), error) {
	if cfg.RedisURL == "" {
		return nil, func() {}, nil
	}
	bus, err := redis.Open(cfg.RedisURL.Reveal())
	if err != nil {
		return nil, nil, err
	}
	return bus, func() { _ = bus.Close() }, nil // nothing is lost with a connection
}

func (d *door) deleteCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete <discovery or session>", Short: "Delete a discovery, or a session with all its discoveries", Args: oneID, ValidArgsFunction: d.completeIDs,
		Long: `Deletes a discovery, or a session with all its discoveries: what runs is stopped
first, then records, events, reports, and the structures and files that nothing
else uses are gone for good. Checkpoints go with the next "crystalyse gc".`,
		RunE: func(cmd *cobra.Command, args []string) error {
			what := args[0]
			if !id.IsDiscovery(what) && !id.IsULID(what) {
				return &exitError{exitUsage, fault.Invalid("id", "%q is neither a discovery nor a session", what).WithHint("see `crystalyse list` and `crystalyse sessions`")}
			}
			if !yes && !confirm(cmd, "Delete "+what+" for good? [y/N] ") {
				return &exitError{exitUsage, fault.New(fault.CodeInvalid, "nothing was deleted").WithHint("say --yes to delete without being asked")}
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			if err := c.Delete(cmd.Context(), what); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), what, "is deleted")
			return err
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirm asks on the error output, so that a script's output stays clean.
func confirm(cmd *cobra.Command, question string) bool {
	fmt.Fprint(cmd.ErrOrStderr(), question)
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}
