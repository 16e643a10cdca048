package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"crystalyse/internal/embedded"
	"crystalyse/internal/fault"
)

func installCommand() *cobra.Command {
	return &cobra.Command{
		Use: "install", Short: "Install services and Python environments, without starting anything", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			return embedded.Install(cmd.Context(), cfg, embedded.NewLines(cmd.ErrOrStderr()))
		},
	}
}

// pythonCommand is for tests and scripts: it names the interpreter that the MCP
// servers run in.
func pythonCommand() *cobra.Command {
	return &cobra.Command{
		Use: "python ENVIRONMENT", Short: "Print the interpreter of an environment (light or ml)", Args: cobra.ExactArgs(1), Hidden: true,
		ValidArgs: embedded.EnvNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			ok, detail, err := embedded.EnvReady(cfg, args[0])
			if err != nil {
				return err
			}
			if !ok {
				return fault.New(fault.CodeUnavailable, "%s", detail).WithHint("run `crystalyse install`")
			}
			python, err := embedded.Python(cfg, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), python)
			return nil
		},
	}
}
