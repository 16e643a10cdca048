package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"crystalyse/internal/embedded"
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	var extra string
	cmd := &cobra.Command{
		Use: "doctor", Short: "What is present, what is missing, and what to do", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if extra != "" {
				return embedded.InstallExtra(cmd.Context(), cfg, embedded.NewLines(cmd.ErrOrStderr()), extra)
			}
			findings := embedded.Doctor(cmd.Context(), cfg)
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(findings)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			marks := map[embedded.Level]string{embedded.OK: "✓", embedded.Note: "·", embedded.Problem: "✗"}
			problems := 0
			for _, f := range findings {
				fmt.Fprintf(w, "%s %s\t%s\n", marks[f.Level], f.What, f.Found)
				if f.Do != "" {
					fmt.Fprintf(w, "  \t→ %s\n", f.Do)
				}
				if f.Level == embedded.Problem {
					problems++
				}
			}
			if err := w.Flush(); err != nil {
				return err
			}
			if problems > 0 {
				return &exitError{exitUnavailable, fmt.Errorf("%d problems; see the arrows above", problems)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&extra, "install", "", "add an extra: "+strings.Join(embedded.Extras(), ", "))
	return cmd
}
