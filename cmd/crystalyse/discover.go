package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/terminal"
)

const discoverHelp = `Ask for a material and watch the work until its report.

The discovery runs in the stack, not in this terminal: closing the terminal or
leaving it at Ctrl-C does not stop it. A stack is started when none runs.
Progress goes to the error output, the report to the standard output.

` + exitHelp

// discoverFlags are the flags of discover.
type discoverFlags struct {
	mode, session string
	wall          time.Duration
	calls         int
	tokens        int64
	output
}

func (d *door) discoverCommand() *cobra.Command {
	var f discoverFlags
	cmd := &cobra.Command{
		Use:   `discover "<query>"`,
		Short: "Ask for a material and follow the work to its report",
		Long:  discoverHelp,
		Example: `  crystalyse discover "What is the crystal structure and formation energy of NaCl?"
  crystalyse discover --json "Validate CuAl2O4, Na3Cl" | jq .compositions
  crystalyse discover --out nacl --budget-wall 20m - < question.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &exitError{exitUsage, errors.New(`query: is missing; try: crystalyse discover "What is the crystal structure of NaCl?"`)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return d.discover(cmd, args, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.mode, "mode", "", "creative, rigorous or auto (default auto)")
	fl.StringVar(&f.session, "session", "", "id of the session to go on in; earlier answers are known there")
	fl.DurationVar(&f.wall, "budget-wall", 0, "longest time it may take, like 20m (default by mode)")
	fl.IntVar(&f.calls, "budget-calls", 0, "most tool calls it may make (default by mode)")
	fl.Int64Var(&f.tokens, "budget-tokens", 0, "most tokens it may spend (default by mode)")
	f.output.register(cmd)
	return cmd
}

func (d *door) discover(cmd *cobra.Command, args []string, f discoverFlags) error {
	con := consoleOf(cmd)
	req, err := f.request(cmd, con.in, args)
	if err != nil {
		return err
	}
	if err := f.output.check(); err != nil {
		return err
	}
	// Until there is something to leave running, Ctrl-C just ends the command.
	parent := cmd.Context()
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd.SetContext(ctx)
	c, err := d.open(cmd)
	if err != nil {
		return err
	}
	created, err := c.Create(ctx, req)
	if err != nil {
		if stored := client.Stored(err); stored != "" {
			con.say("stored as %s; it starts when the engine is back: crystalyse follow %s", stored, stored)
		}
		return err
	}
	con.say("discovery %s in session %s, mode %s", created.ID, created.SessionID, created.Mode)
	cmd.SetContext(parent) // the first Ctrl-C from now on is only a question
	return d.toTheEnd(cmd, con, c, created.ID, f.output)
}

// request reads the query and checks everything before a stack is started for
// it; the server checks again with the same code.
func (f discoverFlags) request(cmd *cobra.Command, in io.Reader, args []string) (discovery.Request, error) {
	query := strings.Join(args, " ")
	if query == "-" {
		text, err := io.ReadAll(io.LimitReader(in, 1<<20))
		if err != nil {
			return discovery.Request{}, fault.Wrap(fault.CodeInvalid, err, "the query could not be read from the standard input")
		}
		query = string(text)
	}
	for name, given := range map[string]float64{"budget-wall": f.wall.Seconds(), "budget-calls": float64(f.calls), "budget-tokens": float64(f.tokens)} {
		if cmd.Flags().Changed(name) && given <= 0 {
			return discovery.Request{}, fault.Invalid("--"+name, "must be more than nothing").WithHint("leave it out for the default of the mode")
		}
	}
	return discovery.Request{
		RequestID: id.New(), SessionID: f.session, Query: query, Mode: discovery.Mode(f.mode),
		Budget: discovery.Budget{WallS: f.wall.Seconds(), Tokens: f.tokens, ToolCalls: f.calls},
	}.Normalize()
}

func (d *door) followCommand() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use: "follow <discovery>", Short: "Watch a discovery from its beginning to its report",
		Long: "Watch a discovery from its beginning to its report, as discover does.\n\n" + exitHelp,
		Args: oneID, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			if _, err := c.Get(cmd.Context(), args[0]); err != nil {
				return err
			}
			return d.toTheEnd(cmd, consoleOf(cmd), c, args[0], o)
		},
	}
	o.register(cmd)
	return cmd
}

// toTheEnd watches a discovery until it is closed, held or left, and gives out
// what there is then.
func (d *door) toTheEnd(cmd *cobra.Command, con console, c *client.Client, did string, o output) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	// From here on an interrupt is a question, not the end of the context.
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()

	style := func() terminal.Style { return con.style(con.live) }
	view := terminal.NewView(con.err, con.live, style, time.Now)
	w := &watcher{client: c, con: con, view: view, id: did, signals: signals, keys: terminal.NewKeyboard(con.in)}
	how, err := w.watch(ctx)
	view.Close()
	if err != nil {
		con.say("the discovery itself goes on: crystalyse follow %s", did)
		return err
	}
	switch how {
	case wasLeft:
		con.say("%s is left running.\n  follow it   crystalyse follow %s\n  stop it     crystalyse cancel %s", did, did, did)
		return &exitError{code: exitLeft}
	case wasHeld:
		if err := terminal.Held(con.err, view.Run, did, style()); err != nil {
			return fmt.Errorf("print the hold: %w", err)
		}
		return ended(discovery.StatusNeedsAttention)
	}
	return giveOut(ctx, con, c, did, o, w.events)
}
