package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/session"
	"crystalyse/internal/terminal"
)

// listFlags are the flags of lists.
type listFlags struct {
	json  bool
	limit int
}

func (f *listFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print a JSON array")
	cmd.Flags().IntVar(&f.limit, "limit", 20, "how many, newest first, at most 200")
}

func (d *door) listCommand() *cobra.Command {
	var f listFlags
	var sessionID string
	cmd := &cobra.Command{
		Use: "list", Short: "List discoveries, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			ds, _, err := c.List(cmd.Context(), sessionID, client.Page{Limit: f.limit})
			if err != nil {
				return err
			}
			return printList(cmd, f, ds, "nothing was asked yet", func(x discovery.Discovery) []string {
				return []string{x.ID, string(x.Status), ago(x.CreatedAt), x.Query}
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&sessionID, "session", "", "only those of this session")
	return cmd
}

func (d *door) sessionsCommand() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use: "sessions", Short: "List sessions, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			ss, _, err := c.Sessions(cmd.Context(), client.Page{Limit: f.limit})
			if err != nil {
				return err
			}
			return printList(cmd, f, ss, "there are no sessions yet", func(x session.Session) []string {
				return []string{x.ID, ago(x.CreatedAt), x.Title}
			})
		},
	}
	f.register(cmd)
	return cmd
}

// unbounded is wider than any line.
const unbounded = 1 << 20

// printList prints rows whose last column takes what is left of the width.
func printList[T any](cmd *cobra.Command, f listFlags, items []T, none string, row func(T) []string) error {
	con := consoleOf(cmd)
	if f.json {
		raw, err := json.Marshal(append([]T{}, items...))
		if err != nil {
			return fmt.Errorf("encode the list: %w", err)
		}
		return printJSON(con.out, raw)
	}
	if len(items) == 0 {
		con.say("%s; try: crystalyse discover \"What is the crystal structure of NaCl?\"", none)
		return nil
	}
	rows := make([][]string, 0, len(items))
	for _, x := range items {
		rows = append(rows, row(x))
	}
	st := con.style(con.outTTY)
	if !con.outTTY {
		st.Width = unbounded // what is read by a program is not cut for a screen
	}
	return terminal.Table(con.out, rows, st)
}

// ago says roughly when something was.
func ago(t time.Time) string {
	d := time.Since(t)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return t.Local().Format(time.DateOnly)
}

// completionPatience bounds what pressing Tab may take.
const completionPatience = time.Second

// completeIDs offers the ids of recent discoveries, when a stack runs.
func (d *door) completeIDs(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	address, err := d.stack.Locate(cmd)
	if err != nil {
		return nil, none
	}
	parent := cmd.Context()
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithTimeout(parent, completionPatience)
	defer cancel()
	ds, _, err := client.New(client.Options{Base: address, Token: os.Getenv("CRYSTALYSE_TOKEN"), Patience: time.Nanosecond}).List(ctx, "", client.Page{Limit: 50})
	if err != nil {
		return nil, none
	}
	out := []string{}
	for _, x := range ds {
		if strings.HasPrefix(x.ID, typed) {
			out = append(out, x.ID+"\t"+string(x.Status)+": "+terminal.Line(x.Query))
		}
	}
	return out, none
}
