package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/report"
	"crystalyse/internal/terminal"
)

// output says where a report goes.
type output struct {
	json  bool
	dir   string
	force bool
}

func (o *output) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.json, "json", false, "print only the report object on the standard output")
	cmd.Flags().StringVar(&o.dir, "out", "", "folder for report.md, report.json, events.jsonl and structures/*.cif")
	cmd.Flags().BoolVar(&o.force, "force", false, "write into --out although it is not empty, replacing files of these names")
}

// check finds out now, not after hours of work, whether the folder can be written.
func (o output) check() error {
	if o.dir == "" {
		if o.force {
			return fault.Invalid("--force", "means nothing without --out")
		}
		return nil
	}
	return folder{o.dir, o.force}.check()
}

func (d *door) reportCommand() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use: "report <discovery>", Short: "Print the report of a discovery that is over, or write its files",
		Long: "Print the report of a discovery that is over, or write its files.\n\n" + exitHelp,
		Args: oneID, ValidArgsFunction: d.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			x, err := c.Get(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if !x.Status.Closed() {
				return fault.New(fault.CodeConflict, "%s is %s and has no report yet", x.ID, x.Status).WithHint("crystalyse follow %s", x.ID)
			}
			var events []event.Event
			if o.dir != "" {
				all := func(b client.Batch) error { events = append(events, b.Events...); return nil }
				if err := c.Follow(cmd.Context(), x.ID, 0, client.Follower{Batch: all}); err != nil {
					return err
				}
			}
			return giveOut(cmd.Context(), consoleOf(cmd), c, x.ID, o, events)
		},
	}
	o.register(cmd)
	return cmd
}

// giveOut prints the report of a closed discovery, writes its files, and ends
// with the code of its status.
func giveOut(ctx context.Context, con console, c *client.Client, did string, o output, events []event.Event) error {
	raw, err := c.Report(ctx, did)
	if err != nil {
		return err
	}
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "the report of %s is not what this version expects", did).
			WithHint("crystalyse report --json %s prints it as it is", did)
	}
	x := terminal.Extra{Web: c.Base() + "/s/" + r.SessionID}
	var unwritten error
	if o.dir != "" {
		missing, err := folder{o.dir, o.force}.write(ctx, c, r, events)
		for _, id := range missing {
			con.say("structure %s has no file: the server does not have it any more", id)
		}
		if unwritten = err; err == nil {
			x.Files = o.dir
		}
	}
	// A full disk must not cost the answer: it is printed whatever became of the files.
	if o.json {
		err = printJSON(con.out, raw)
	} else if err = terminal.Report(con.out, r, x, con.style(con.outTTY)); err != nil {
		err = fmt.Errorf("print the report: %w", err)
	}
	if err := errors.Join(unwritten, err); err != nil {
		return err
	}
	return ended(r.Status)
}

// printJSON prints an object for people and programs, numbers as they are.
func printJSON(w io.Writer, raw json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("the object is not JSON: %w", err)
	}
	b.WriteByte('\n')
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write to the standard output: %w", err)
	}
	return nil
}
