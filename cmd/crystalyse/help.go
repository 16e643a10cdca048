package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// usage is cobra's, but for the settings: there are dozens, the same for every
// command, and a page of them hides the three lines that somebody looks for.
const usage = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{else if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$all := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $all}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}

{{if .Groups}}Parts and settings:{{else}}Commands:{{end}}{{range .Commands}}{{if and (eq .GroupID "") (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if and .HasParent .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}

Settings such as --state-dir and --port go with every command: "crystalyse help flags" lists them.{{if .HasAvailableSubCommands}}
Use "{{.CommandPath}} [command] --help" for more of a command.{{end}}
`

// flagsTopic is the page of settings.
func flagsTopic(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "flags", Short: "The settings that go with every command",
		Long: "The settings that go with every command. Order: flag, variable (in brackets), file (--config),\ndefault. `crystalyse config` shows what holds now, and where it comes from.\n\n" +
			strings.TrimRight(root.PersistentFlags().FlagUsagesWrapped(110), "\n"),
	}
}

// groups are the commands of the root by what one wants of them; the rest are
// parts of the stack and settings.
var groups = []struct {
	id, title string
	commands  []string
}{
	{"ask", "Ask and read:", []string{"discover", "follow", "report", "list", "sessions", "memory", "delete"}},
	{"steer", "Steer a discovery:", []string{"state", "pause", "resume", "steer", "approve", "answer", "budget", "cancel", "drop", "retry", "skip", "finish", "fork"}},
	{"stack", "The stack:", []string{"up", "down", "status", "doctor", "config", "gc"}},
}

func group(root *cobra.Command) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range root.Commands() {
			if slices.Contains(g.commands, c.Name()) {
				c.GroupID = g.id
			}
		}
	}
}

// orderly gives a tree of commands its help, and its exit code for wrong usage
// wherever a command is given words it does not take.
func orderly(root *cobra.Command) {
	root.SetUsageTemplate(usage)
	root.AddCommand(flagsTopic(root))
	group(root)
	onlyCommands(root)
	for _, c := range root.Commands() {
		if c.HasSubCommands() && !c.Runnable() {
			onlyCommands(c)
		}
	}
	wrongUsage(root)
}

// onlyCommands is for a command that does nothing but have others below it.
func onlyCommands(c *cobra.Command) {
	c.SuggestionsMinimumDistance = 2
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("there is no command %q", strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())+" "+args[0]))
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return errors.New(text + " (`" + cmd.CommandPath() + " --help` lists all)")
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

func wrongUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			var coded *exitError
			if err == nil || errors.As(err, &coded) {
				return err
			}
			return &exitError{exitUsage, err}
		}
	}
	for _, sub := range c.Commands() {
		wrongUsage(sub)
	}
}
