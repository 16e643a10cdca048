package e2e

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/structure/compact"
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
		Frames   []event.StructureUpdated
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
	// The relaxation was drawn while it ran: frames of the real atoms, further and
	// further on.
	require.NotEmpty(t, seen.Frames)
	steps, lowest := map[string]int{}, 0.0
	for _, f := range seen.Frames {
		body, err := base64.StdEncoding.DecodeString(f.Compact)
		require.NoError(t, err)
		drawn, err := compact.Decode(body)
		require.NoError(t, err)
		require.Subset(t, []string{"K", "Cl"}, drawn.Species)
		lowest = min(lowest, f.Energy)
		last, known := steps[f.CallID+f.StructureID]
		require.True(t, !known || f.Frame > last, "step %d after %d of %s", f.Frame, last, f.CallID)
		steps[f.CallID+f.StructureID] = f.Frame
	}
	require.Less(t, lowest, -2.0, "eV/atom of a salt that is bound; random cells begin anywhere")
	require.NotNil(t, seen.Memories, "a list, which may be empty")
	for _, m := range seen.Memories {
		require.NotEmpty(t, m.Content)
	}
}
