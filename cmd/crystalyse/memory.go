package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"crystalyse/internal/client"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
	"crystalyse/internal/terminal"
)

const memoryHelp = `What your earlier discoveries left behind: working memories of a session,
short-term ones of the last seven days, and long-term ones. Discoveries are
offered what fits their question.

Forgetting deletes a memory with its vector and its words for good.`

// memoryCommand has the commands about memories below it.
func (d *door) memoryCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "memory", Short: "List, search, correct and forget what is remembered", Long: memoryHelp,
		Example: `  crystalyse memory search "stable sodium cathodes"
  crystalyse memory add "we have no furnace above 900 °C"
  crystalyse memory forget 01K0ABCDEFGHJKMNPQRSTVWXYZ`,
	}
	c.AddCommand(d.memoryListCommand(), d.memorySearchCommand(), d.memoryShowCommand(), d.memoryAddCommand(), d.memoryEditCommand(),
		d.memoryPinCommand("pin", "Keep a memory from fading", true), d.memoryPinCommand("unpin", "Let a memory fade when it is not used", false),
		d.memoryForgetCommand(), d.memoryExportCommand(), d.memoryConsolidateCommand())
	return c
}

func (d *door) memoryListCommand() *cobra.Command {
	var f listFlags
	var kind, sessionID string
	cmd := &cobra.Command{
		Use: "list", Short: "List memories, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			p, err := c.Memories(cmd.Context(), kind, sessionID, client.Page{Limit: f.limit})
			if err != nil {
				return err
			}
			hits := make([]memory.Hit, len(p.Memories))
			for i, m := range p.Memories {
				hits[i].Memory = m
			}
			if err := printMemories(cmd, f.json, p.Memories, hits, "nothing is remembered yet"); err != nil || f.json {
				return err
			}
			consoleOf(cmd).say("%d working, %d short term, %d long term", p.Counts[memory.Working], p.Counts[memory.ShortTerm], p.Counts[memory.LongTerm])
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&kind, "type", "", "only working, short_term or long_term")
	cmd.Flags().StringVar(&sessionID, "session", "", "only those of this session")
	return cmd
}

func (d *door) memorySearchCommand() *cobra.Command {
	s := client.MemorySearch{}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "search <words>", Short: "Find memories by meaning and by words", Args: someWords("say what to look for"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Query = strings.Join(args, " ")
			if s.SessionID != "" {
				s.Scope = "session"
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			found, err := c.SearchMemories(cmd.Context(), s)
			if err != nil {
				return err
			}
			if found.Note != "" {
				consoleOf(cmd).say("%s", found.Note)
			}
			return printMemories(cmd, asJSON, found.Results, found.Results, "nothing fits")
		},
	}
	fl := cmd.Flags()
	fl.BoolVar(&asJSON, "json", false, "print a JSON array")
	fl.IntVar(&s.Limit, "limit", memory.DefaultLimit, fmt.Sprintf("how many, at most %d", memory.MaxLimit))
	fl.StringVar(&s.SessionID, "session", "", "only in this session")
	fl.StringSliceVar(&s.Types, "type", nil, "only of these types: working, short_term, long_term")
	fl.StringSliceVar(&s.Formulas, "formula", nil, "only about one of these formulas")
	fl.StringSliceVar(&s.Elements, "element", nil, "only about all of these elements")
	return cmd
}

// printMemories prints a list, or as JSON what the server gave.
func printMemories[T any](cmd *cobra.Command, asJSON bool, given []T, hits []memory.Hit, none string) error {
	con := consoleOf(cmd)
	if asJSON {
		raw, err := json.Marshal(append([]T{}, given...))
		if err != nil {
			return fmt.Errorf("encode the memories: %w", err)
		}
		return printJSON(con.out, raw)
	}
	if len(hits) == 0 {
		con.say("%s", none)
		return nil
	}
	age := func(m memory.Memory) string { return ago(m.CreatedAt) }
	return terminal.Memories(con.out, hits, age, con.style(con.outTTY))
}

func (d *door) memoryShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show <memory>", Short: "Print a memory whole, with what it is about", Args: oneMemory,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			m, err := c.Memory(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			con := consoleOf(cmd)
			if !asJSON {
				return terminal.Memory(con.out, m, ago(m.CreatedAt), con.style(con.outTTY))
			}
			raw, err := json.Marshal(m)
			if err != nil {
				return fmt.Errorf("encode the memory: %w", err)
			}
			return printJSON(con.out, raw)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (d *door) memoryAddCommand() *cobra.Command {
	draft := memory.Draft{}
	var kind string
	cmd := &cobra.Command{
		Use: "add <words>", Short: "Remember something in your own words", Args: someWords("say what to remember"),
		RunE: func(cmd *cobra.Command, args []string) error {
			draft.Content, draft.Type = strings.Join(args, " "), memory.Type(kind)
			if _, err := draft.Normalize(); err != nil { // before a stack is started for it
				return err
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			m, err := c.Remember(cmd.Context(), draft)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), m.ID, "is remembered")
			return err
		},
	}
	cmd.Flags().StringVar(&kind, "type", string(memory.LongTerm), "working, short_term or long_term")
	cmd.Flags().StringVar(&draft.SessionID, "session", "", "the session it belongs to (default the newest)")
	cmd.Flags().BoolVar(&draft.Pinned, "pin", false, "keep it from fading")
	return cmd
}

func (d *door) memoryEditCommand() *cobra.Command {
	return &cobra.Command{
		Use: "edit <memory> <words>", Short: "Put other words in the place of a memory's",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fault.Invalid("content", "is missing").WithHint("give the id of a memory and its new words")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			content := strings.Join(args[1:], " ")
			return d.changeMemory(cmd, args[0], memory.Patch{Content: &content}, "is corrected")
		},
	}
}

func (d *door) memoryPinCommand(name, short string, pinned bool) *cobra.Command {
	return &cobra.Command{
		Use: name + " <memory>", Short: short, Args: oneMemory,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.changeMemory(cmd, args[0], memory.Patch{Pinned: &pinned}, "is "+name+"ned")
		},
	}
}

func (d *door) changeMemory(cmd *cobra.Command, mid string, p memory.Patch, done string) error {
	c, err := d.open(cmd)
	if err != nil {
		return err
	}
	if _, err := c.ChangeMemory(cmd.Context(), mid, p); err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), mid, done)
	return err
}

func (d *door) memoryForgetCommand() *cobra.Command {
	var all, yes bool
	cmd := &cobra.Command{
		Use: "forget <memory>...", Short: "Forget memories for good, or all of them",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) { // looked at here, after --all was read from its variable
				return fault.New(fault.CodeInvalid, "name the memories to forget, or say --all, not both")
			}
			what := strings.Join(args, ", ")
			if all {
				what = "everything that is remembered"
			}
			if !yes && !confirm(cmd, "Forget "+what+" for good? [y/N] ") {
				return &exitError{exitUsage, fault.New(fault.CodeInvalid, "nothing was forgotten").WithHint("say --yes to forget without being asked")}
			}
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			if all {
				n, err := c.ForgetAllMemories(cmd.Context())
				if err != nil {
					return err
				}
				told := fmt.Sprintf("%d memories are forgotten", n)
				if n == 1 {
					told = "1 memory is forgotten"
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), told)
				return err
			}
			for _, mid := range args {
				if err := c.ForgetMemory(cmd.Context(), mid); err != nil {
					return err
				}
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), mid, "is forgotten"); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all of yours")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (d *door) memoryExportCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "export", Short: "Print all memories as JSON, or write them to a file", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			raw, err := c.ExportMemories(cmd.Context())
			if err != nil {
				return err
			}
			if file == "" {
				return printJSON(cmd.OutOrStdout(), raw)
			}
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				return fault.Wrap(fault.CodeInvalid, err, "%s cannot be written", file).WithHint("give another one with --file")
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "written to", file)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the file to write, instead of the standard output")
	return cmd
}

func (d *door) memoryConsolidateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "consolidate", Short: "Turn what was done lately into memories that last, now", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.open(cmd)
			if err != nil {
				return err
			}
			if err := c.Consolidate(cmd.Context()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "it has begun; `crystalyse memory list` shows what comes of it")
			return err
		},
	}
}

// someWords takes at least a word.
func someWords(missing string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if strings.TrimSpace(strings.Join(args, "")) == "" {
			return fault.New(fault.CodeInvalid, "%s", missing)
		}
		return nil
	}
}

// oneMemory takes the id of a memory as the only argument.
func oneMemory(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fault.New(fault.CodeInvalid, "give the id of one memory").WithHint("`crystalyse memory list` shows them")
	}
	return nil
}
