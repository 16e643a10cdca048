package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded/embeddedtest"
)

// planClient is an ordinary Python client of the plan: it connects to a name of
// its own, asks, watches the run to its end and searches the memory.
func planClient(t *testing.T, s *stack) {
	t.Helper()
	python, err := exec.Command(binary, "python", "light", "--state-dir", s.dir, "--env-dir", filepath.Join(embeddedtest.StateDir(t), "envs")).Output()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), strings.TrimSpace(string(python)), "testdata/plan_client.py",
		strings.Replace(s.addr, "http", "ws", 1), "What is the crystal structure of KCl?")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(embeddedtest.StateDir(t), "tools", "websockets"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var seen struct {
		Types    []string
		Memories []struct {
			Content    string
			Metadata   map[string]any
			Similarity *float64
		}
	}
	require.NoError(t, json.Unmarshal(out, &seen))
	for _, typ := range []string{"reasoning_start", "reasoning_update", "tool_call_start", "structure_generated", "tool_call_result", "discovery_complete"} {
		require.Contains(t, seen.Types, typ)
	}
	require.NotNil(t, seen.Memories, "a list, which may be empty")
	for _, m := range seen.Memories {
		require.NotEmpty(t, m.Content)
	}
}
