package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/embedded"
	"crystalyse/internal/tool"
)

const upHelp = `Install what is missing into the state folder and start everything: PostgreSQL
with pgvector, Redis, Temporal with its UI, the worker with the MCP servers, the
API. Light tools answer while the ml environment (several GB) still installs.

When ready it prints one line:  ready http://127.0.0.1:8000
Ctrl-C stops all of it; the next start goes on with what was running.`

func upCommand() *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "Start everything and keep it running", Long: upHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			// A mistake in the user's file is told now, not by a worker that dies later.
			if cfg.MCPConfig != "" {
				if _, err := tool.LoadConfig(cfg.MCPConfig); err != nil {
					return err
				}
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			lines := embedded.NewLines(cmd.OutOrStdout())
			return embedded.Up(ctx, cfg, lines, logger(cfg, "up"), func(i embedded.Info) {
				out := cmd.OutOrStdout()
				if cfg.HasModel() {
					fmt.Fprintf(out, "language model: %s\n", cfg.Model)
				} else {
					fmt.Fprintln(out, "no language model configured: the built-in planner answers (set OPENAI_API_KEY or OPENAI_BASE_URL)")
				}
				if i.TemporalUI != "" {
					fmt.Fprintf(out, "temporal ui %s\n", i.TemporalUI)
				}
				fmt.Fprintf(out, "ready %s\n", i.API)
			})
		},
	}
}

func downCommand() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Stop the stack of the state folder", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Minute)
			defer cancel()
			was, err := embedded.Down(ctx, cfg)
			if err != nil {
				return err
			}
			if was {
				fmt.Fprintln(cmd.OutOrStdout(), "stopped")
			} else {
				fmt.Fprintf(cmd.OutOrStdout(), "nothing runs in %s\n", cfg.StateDir)
			}
			return nil
		},
	}
}

const statusHelp = `What runs, where, and whether it is healthy.

Exit codes: 0 when all that a discovery needs is healthy, 8 when a part is down.
With --json a single part that is down is told by the object alone; the code is
8 where no stack runs at all.`

func statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "What runs, where, and whether it is healthy", Args: cobra.NoArgs, Long: statusHelp,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			s, err := embedded.ReadStatus(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				if err := enc.Encode(s); err != nil || s.Running {
					return err
				}
				return &exitError{code: exitUnavailable} // the object says why
			}
			if err := printStatus(cmd, s); err != nil {
				return err
			}
			if down := s.Down(); len(down) > 0 {
				return &exitError{code: exitUnavailable}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printStatus(cmd *cobra.Command, s embedded.Status) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	for _, p := range []struct {
		name string
		part embedded.Part
	}{{"api", s.API}, {"worker", s.Worker}, {"postgres", s.Postgres}, {"redis", s.Redis}, {"temporal", s.Temporal}, {"temporal ui", s.TemporalUI}, {"embedding", s.Embedding}} {
		state := "down"
		if p.part.Healthy {
			state = "healthy"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.name, state, p.part.Address)
	}
	for _, name := range embedded.EnvNames {
		e := s.Envs[name]
		fmt.Fprintf(w, "environment %s\t%s\t%s\n", name, e.State, e.Detail)
	}
	var servers map[string]struct {
		State, Detail string
		Tools         int
	}
	if json.Unmarshal(s.MCP, &servers) == nil {
		for _, name := range sortedNames(servers) {
			fmt.Fprintf(w, "mcp %s\t%s\t%d tools %s\n", name, servers[name].State, servers[name].Tools, servers[name].Detail)
		}
	}
	return w.Flush()
}
