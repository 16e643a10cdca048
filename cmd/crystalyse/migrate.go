package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/fault"
)

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database to this version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if cfg.DatabaseURL == "" {
				return fault.Invalid("DATABASE_URL", "is missing").WithHint("`crystalyse up` migrates its own database; this command is for one of yours")
			}
			from, to, err := postgres.Migrate(cmd.Context(), cfg.DatabaseURL.Reveal())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "schema version %d (was %d)\n", to, from)
			return nil
		},
	}
}
