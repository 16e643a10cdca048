package embedded

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPrintsChangeWithWhatDecides: whatever changes what a server answers
// changes its print, and nothing else does.
func TestPrintsChangeWithWhatDecides(t *testing.T) {
	cfg := stateOf(t)
	cfg.ModelsDir = filepath.Join(cfg.StateDir, "models")
	servers, _, err := Servers(cfg)
	require.NoError(t, err)
	prints, err := Prints(cfg, servers)
	require.NoError(t, err)
	of := func() string {
		t.Helper()
		p, ok := prints("mace")
		require.True(t, ok)
		return p
	}
	seen := map[string]string{of(): "nothing"}
	fresh := func(what string) {
		t.Helper()
		p := of()
		require.NotContains(t, seen, p, what)
		require.Equal(t, p, of(), "asked again, it is the same")
		seen[p] = what
	}
	bounds := filepath.Join(cfg.StateDir, "bounds.toml")
	require.NoError(t, os.WriteFile(bounds, []byte("near = 0.1"), 0o600))
	for name, value := range map[string]string{
		"CRYSTALYSE_DTYPE": "float32", "CRYSTALYSE_DEVICE": "cuda", "CRYSTALYSE_THRESHOLDS": bounds, "CRYSTALYSE_CHEMELEON_CSP": "some.ckpt",
	} {
		t.Setenv(name, value)
		fresh(name)
	}
	require.NoError(t, os.WriteFile(bounds, []byte("near = 0.123"), 0o600))
	fresh("other bounds in the same file")
	require.NoError(t, os.MkdirAll(cfg.ModelsDir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(cfg.ModelsDir, "x.model"), []byte("weights"), 0o600))
	fresh("another model")

	was := of()
	t.Setenv("CRYSTALYSE_LOG_LEVEL", "debug")
	require.Equal(t, was, of())
	_, ok := prints("references")
	require.False(t, ok, "what the network answered proves nothing about today")
	_, ok = prints("of the user")
	require.False(t, ok)
}
