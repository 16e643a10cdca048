package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/config"
	"crystalyse/internal/embedded"
)

func gcCommand() *cobra.Command {
	var dry bool
	var older time.Duration
	cmd := &cobra.Command{
		Use: "gc", Short: "Free disk space: old checkpoints, unused environments and servers", Args: cobra.NoArgs,
		Long: `Free disk space. Removes checkpoints of calculations that nothing open can use
any more, exports, environments and unpacked servers of other versions. With
--dry-run it only says what it would remove. Structures, trajectories and
reports are never removed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			keep, dropped, err := inDatabase(cmd.Context(), cfg, time.Now().Add(-older), dry)
			if err != nil {
				return err
			}
			freed, err := embedded.Collect(cmd.Context(), cfg, embedded.GC{OlderThan: older, DryRun: dry, KeepCheckpoints: keep}, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			word := "freed"
			if dry {
				word = "would free"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %.2f GB\n", word, float64(freed+dropped)/1e9)
			return nil
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be removed")
	cmd.Flags().DurationVar(&older, "older-than", 7*24*time.Hour, "age of checkpoints and exports to remove")
	return cmd
}

// inDatabase gives the checkpoints that open discoveries may still need, and
// drops those that are kept in the database and nobody needs. Nothing when the
// database does not run, and then age alone decides.
func inDatabase(ctx context.Context, cfg *config.Config, before time.Time, dry bool) (keep map[string]bool, dropped int64, err error) {
	if cfg.DatabaseURL == "" {
		return nil, 0, nil
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return nil, 0, err
	}
	defer db.Close()
	if keep, err = db.OpenKeys(ctx); err != nil {
		return nil, 0, err
	}
	dropped, err = db.DropCheckpoints(ctx, before, dry)
	return keep, dropped, err
}
