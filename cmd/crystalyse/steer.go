package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/terminal"
)

// act changes a discovery's course and says, in a few words, what comes of it.
type act func(cmd *cobra.Command, c *client.Client, did string, words []string) (done string, err error)

// steerCommands are those that change a discovery's course.
func (d *door) steerCommands() []*cobra.Command {
	cancel := func(cmd *cobra.Command, c *client.Client, did string, _ []string) (string, error) {
		return "is stopping; its report follows", c.Cancel(cmd.Context(), did, "stopped from the command line")
	}
	pause := func(cmd *cobra.Command, c *client.Client, did string, words []string) (string, error) {
		u := discovery.Update{Kind: discovery.UpdatePause, Reason: strings.Join(words, " ")}
		return "is paused; `crystalyse resume " + did + "` lets it go on", c.Update(cmd.Context(), did, u)
	}
	steer := func(cmd *cobra.Command, c *client.Client, did string, words []string) (string, error) {
		u := discovery.Update{Kind: discovery.UpdateSteer, Text: strings.Join(words, " ")}
		return "is told so before its next turn", c.Update(cmd.Context(), did, u)
	}
	drop := func(cmd *cobra.Command, c *client.Client, did string, words []string) (string, error) {
		if len(words) != 1 {
			return "", &exitError{exitUsage, fault.Invalid("step", "is missing").WithHint("name the call to give up, for example t3.tool2")}
		}
		return "gives up " + words[0], c.Update(cmd.Context(), did, discovery.Update{Kind: discovery.UpdateCancelStep, Step: words[0]})
	}
	return []*cobra.Command{
		d.steer("pause", " [reason]", "Begin nothing new; long calculations keep a checkpoint and stop", anyWords, pause),
		d.steer("resume", "", "Let a paused discovery go on", oneID, update(discovery.UpdateResume, "goes on")),
		d.steer("steer", " <words>", "Tell the model something before its next turn", idAndWords, steer),
		d.approveCommand(), d.answerCommand(),
		d.steer("cancel", "", "Stop a discovery and keep what it has", oneID, cancel),
		d.steer("drop", " <call>", "Give one call up; the discovery goes on without its result", idAndWords, drop),
		d.steer("retry", "", "Try the failed step of a held or closed discovery again", oneID, retry),
		d.steer("skip", "", "Let a held discovery go on without the failed step", oneID, update(discovery.UpdateSkipStep, "goes on without the step")),
		d.steer("finish", "", "End a discovery now, with an answer from what it has", oneID, update(discovery.UpdateFinishNow, "ends with what it has")),
		d.forkCommand(), d.budgetCommand(), d.stateCommand(), d.deleteCommand(),
	}
}

func update(kind discovery.UpdateKind, done string) act {
	return func(cmd *cobra.Command, c *client.Client, did string, _ []string) (string, error) {
		return done, c.Update(cmd.Context(), did, discovery.Update{Kind: kind})
	}
}

// retry tries a held step again, or opens a closed discovery at its failed step.
func retry(cmd *cobra.Command, c *client.Client, did string, _ []string) (string, error) {
	d, err := c.Get(cmd.Context(), did)
	if err != nil {
		return "", err
	}
	if d.Status.Closed() {
		_, err = c.Retry(cmd.Context(), did, discovery.Retry{})
		return "goes on from its failed step", err
	}
	return "tries the step again", c.Update(cmd.Context(), did, discovery.Update{Kind: discovery.UpdateRetryStep})
}

func (d *door) steer(name, more, short string, args cobra.PositionalArgs, do act) *cobra.Command {
	return &cobra.Command{
		Use: name + " <discovery>" + more, Short: short, Args: args, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			done, err := do(cmd, c, args[0], args[1:])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n  watch it   crystalyse follow %s\n", args[0], done, args[0])
			return err
		},
	}
}

func (d *door) approveCommand() *cobra.Command {
	var deny, remember bool
	c := d.steer("approve", " [call]", "Allow (or deny) a call that waits for it", anyWords, func(cmd *cobra.Command, c *client.Client, did string, words []string) (string, error) {
		u := discovery.Update{Kind: discovery.UpdateApprove, CallID: strings.Join(words, " "), Decision: discovery.Allow, Remember: remember}
		if deny {
			u.Decision = discovery.Deny
		}
		return "is told to " + string(u.Decision) + " the call", c.Update(cmd.Context(), did, u)
	})
	c.Flags().BoolVar(&deny, "deny", false, "do not allow it; the model is told")
	c.Flags().BoolVar(&remember, "remember", false, "decide so for this tool in the rest of the session")
	return c
}

func (d *door) answerCommand() *cobra.Command {
	var question string
	c := d.steer("answer", " <words>", "Answer a question of the model", idAndWords, func(cmd *cobra.Command, c *client.Client, did string, words []string) (string, error) {
		u := discovery.Update{Kind: discovery.UpdateAnswer, QuestionID: question, Text: strings.Join(words, " ")}
		return "has its answer", c.Update(cmd.Context(), did, u)
	})
	c.Flags().StringVar(&question, "question", "", "which question, when several wait")
	return c
}

func (d *door) forkCommand() *cobra.Command {
	var turn int
	c := &cobra.Command{
		Use: "fork <discovery> <instruction>", Short: "Go another way from a turn, as a new discovery", Args: idAndWords, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			f, err := c.Fork(cmd.Context(), args[0], discovery.Fork{Turn: turn, Query: strings.Join(args[1:], " ")})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s goes on from turn %d of %s\n  watch it   crystalyse follow %s\n", f.ID, turn, args[0], f.ID)
			return err
		},
	}
	c.Flags().IntVar(&turn, "turn", 0, "the turn after which the ways part; 0 begins anew")
	return c
}

func (d *door) budgetCommand() *cobra.Command {
	var b discovery.Budget
	var wall time.Duration
	c := d.steer("budget", "", "Change the limits of a discovery", oneID, func(cmd *cobra.Command, c *client.Client, did string, _ []string) (string, error) {
		b.WallS = wall.Seconds()
		return "has new limits", c.Update(cmd.Context(), did, discovery.Update{Kind: discovery.UpdateSetBudget, Budget: &b})
	})
	c.Flags().DurationVar(&wall, "wall", 0, "wall time, for example 2h")
	c.Flags().Int64Var(&b.Tokens, "tokens", 0, "tokens of the language model")
	c.Flags().IntVar(&b.ToolCalls, "tool-calls", 0, "tool calls")
	return c
}

// stateCommand shows where a discovery stands and what it waits for.
func (d *door) stateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "state <discovery>", Short: "Where a discovery stands, what it spent, what it waits for", Args: oneID, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			s, err := c.State(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if !asJSON {
				con := consoleOf(cmd)
				return terminal.State(con.out, args[0], s, con.style(con.outTTY))
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(s)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// anyWords takes the id of a discovery and more.
func anyWords(cmd *cobra.Command, args []string) error { return oneID(cmd, args[:min(1, len(args))]) }

// idAndWords takes the id of a discovery and at least a word.
func idAndWords(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return &exitError{exitUsage, fault.New(fault.CodeInvalid, "give the id of a discovery and what to tell it")}
	}
	return anyWords(cmd, args)
}
