package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
)

// A command that reads must not install gigabytes because it ran elsewhere.
func TestReadingStartsNothing(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	for _, args := range [][]string{{"sessions"}, {"list"}, {"report", "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ"}, {"cancel", "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ"}} {
		t.Run(args[0], func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			root := newRoot()
			root.SetArgs(append(args, "--state-dir", state))
			err := root.ExecuteContext(t.Context())
			require.Equal(t, fault.CodeUnavailable, fault.CodeOf(err))
			require.ErrorContains(t, err, state)
			require.NoDirExists(t, filepath.Join(state, "envs"))
			require.NoDirExists(t, filepath.Join(state, "logs"))
		})
	}
}
