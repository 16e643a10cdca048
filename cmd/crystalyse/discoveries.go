package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"crystalyse/internal/client"
	"crystalyse/internal/fault"
	"crystalyse/internal/terminal"
)

// stack is how a command finds the API.
type stack interface {
	// Ensure gives the API's address, starting the embedded stack if none runs.
	// What it does meanwhile it tells on the command's error output.
	Ensure(cmd *cobra.Command) (address string, err error)
	// Locate gives the address of a stack that runs, without starting one.
	Locate(cmd *cobra.Command) (address string, err error)
}

// discoveryCommands are the commands that ask, watch, read and steer.
func discoveryCommands(s stack) []*cobra.Command {
	d := &door{stack: s}
	cmds := []*cobra.Command{
		d.discoverCommand(), d.followCommand(), d.reportCommand(), d.listCommand(), d.sessionsCommand(), d.memoryCommand(),
	}
	cmds = append(cmds, d.steerCommands()...)
	for _, c := range cmds {
		c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
		fromVariables(c)
		for _, sub := range c.Commands() {
			fromVariables(sub)
		}
	}
	return cmds
}

// fromVariables gives every flag of a command its variable: a flag that was not
// given is read from CRYSTALYSE_<FLAG>.
func fromVariables(c *cobra.Command) {
	name := func(f *pflag.Flag) string {
		return "CRYSTALYSE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	}
	var own []*pflag.Flag
	c.Flags().VisitAll(func(f *pflag.Flag) {
		own = append(own, f)
		f.Usage += " [" + name(f) + "]"
	})
	run := c.RunE
	if run == nil {
		return // it only has commands below it
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		for _, f := range own {
			v := os.Getenv(name(f))
			if f.Changed || v == "" {
				continue
			}
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				return fault.Wrap(fault.CodeInvalid, err, "%s cannot be used", name(f))
			}
		}
		return run(cmd, args)
	}
}

// door opens clients for commands.
type door struct{ stack stack }

// open gives a client of a stack that runs, starting one if needed. It notices
// when the stack comes back elsewhere.
func (d *door) open(cmd *cobra.Command) (*client.Client, error) {
	address, err := d.stack.Ensure(cmd)
	if err != nil {
		return nil, err
	}
	cfg, err := load(cmd)
	if err != nil {
		return nil, err
	}
	return client.New(client.Options{Base: address, Token: cfg.Token.Reveal(), Locate: func(context.Context) (string, error) { return d.stack.Locate(cmd) }}), nil
}

// console is what a command's streams are.
type console struct {
	in       io.Reader
	out, err io.Writer
	outTTY   bool
	live     bool // progress may be redrawn
	asks     bool // somebody can answer
	width    func() int
}

func consoleOf(cmd *cobra.Command) console {
	c := console{in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), outTTY: isTTY(cmd.OutOrStdout())}
	c.live = isTTY(c.err) && os.Getenv("TERM") != "dumb"
	if f, ok := c.in.(*os.File); ok {
		c.asks = c.live && term.IsTerminal(int(f.Fd()))
	}
	c.width = func() int {
		for _, w := range []io.Writer{c.err, c.out} {
			if f, ok := w.(*os.File); ok {
				if n, _, err := term.GetSize(int(f.Fd())); err == nil {
					return n
				}
			}
		}
		return 0
	}
	return c
}

func isTTY(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// style says what an output can show: color on a terminal that was not told
// otherwise, Unicode unless the locale names another encoding.
func (c console) style(tty bool) terminal.Style {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale = os.Getenv(name); locale != "" {
			break
		}
	}
	encoding := strings.ToLower(strings.ReplaceAll(locale, "-", ""))
	return terminal.Style{
		Color:   tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Unicode: locale == "" || strings.Contains(encoding, "utf8"),
		Width:   c.width(),
	}
}

// say writes a line for the user beside the progress.
func (c console) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.err, format+"\n", args...) // a terminal that went away needs no line
}

// oneID takes the id of a discovery as the only argument.
func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return &exitError{exitUsage, errors.New("give the id of one discovery; `crystalyse list` shows them")}
	}
	return nil
}
