package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/adapter/otlp"
	"crystalyse/internal/config"
	"crystalyse/internal/embedded"
	"crystalyse/internal/fault"
)

const rootHelp = `CrystaLyse asks for materials: an agent reasons, calls real tools (SMACT,
structure search, machine-learned potentials) and reports numbers that each link
to the calculation that made them.

  crystalyse up                  start everything, here, in one folder
  crystalyse discover "..."      ask; starts a stack in the background if none runs
  crystalyse status              what runs
  crystalyse doctor              what is present, what is missing, what to do`

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use: "crystalyse", Short: "Computational materials discovery with durable runs and sourced numbers", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
	}
	config.Register(root.PersistentFlags())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
	root.AddCommand(discoveryCommands(embeddedStack{})...)
	root.AddCommand(upCommand(), downCommand(), statusCommand(), doctorCommand(), configCommand(), gcCommand(),
		apiCommand(), workerCommand(), migrateCommand(), installCommand(), pythonCommand(), tokenCommand())
	orderly(root)
	return root
}

// load reads the configuration of a command.
func load(cmd *cobra.Command) (*config.Config, error) {
	return config.Load(cmd.Flags(), os.Environ())
}

// logger writes JSON lines to the error output; those made inside of a trace
// name it.
func logger(cfg *config.Config, process string) *slog.Logger {
	l := slog.New(otlp.Logs(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.Level()}))).With("process", process)
	slog.SetDefault(l)
	return l
}

// embeddedStack finds the stack of the configured state folder.
type embeddedStack struct{}

// Ensure starts a stack in the background if none runs. Only a question installs
// one: a folder where none was ever has nothing to list, show or steer.
func (embeddedStack) Ensure(cmd *cobra.Command) (string, error) {
	cfg, err := load(cmd)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(cfg.Path("postgres")); cmd.Name() != "discover" && cfg.DatabaseURL == "" && os.IsNotExist(err) {
		return "", fault.New(fault.CodeUnavailable, "no stack was ever started in %s", cfg.StateDir).
			WithHint("run this in the folder of `crystalyse up`, or give it with --state-dir")
	}
	address, _, err := embedded.EnsureRunning(cmd.Context(), cfg, embedded.NewLines(cmd.ErrOrStderr()))
	return address, err
}

// Locate finds the stack that runs, giving a restarting one a moment.
func (embeddedStack) Locate(cmd *cobra.Command) (string, error) {
	cfg, err := load(cmd)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	for {
		info, up, err := embedded.Running(cfg)
		if err != nil || up && info.Ready {
			return info.API, err
		}
		select {
		case <-ctx.Done():
			return "", fault.New(fault.CodeUnavailable, "no stack runs in %s", cfg.StateDir).WithHint("start one with `crystalyse up`")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
