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
	"crystalyse/internal/structure/compact"
)

// heard is what the plan's client saw of a discovery. Fields are read by the
// names that the plan gives them, not by our own types.
type heard struct {
	First  map[string]float64 // type -> seconds from asking
	Events []struct {
		Type string
		Data map[string]any
	}
}

func (h heard) of(typ string) []map[string]any {
	var out []map[string]any
	for _, e := range h.Events {
		if e.Type == typ {
			out = append(out, e.Data)
		}
	}
	return out
}

// planClient is an ordinary Python client of the plan: it connects to a name of
// its own, asks, watches the run to its end, asks what no tool can do, and
// searches the memory.
func planClient(t *testing.T, s *stack) {
	t.Helper()
	const salt, impossible = "What is the crystal structure of KCl?", "What is the space group of st_0123456789abcdef0123456789?"
	python, err := exec.Command(binary, "python", "light", "--state-dir", s.dir, "--env-dir", filepath.Join(embeddedtest.StateDir(t), "envs")).Output()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), strings.TrimSpace(string(python)), "testdata/plan_client.py", strings.Replace(s.addr, "http", "ws", 1), salt, impossible)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(embeddedtest.StateDir(t), "tools", "websockets"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var got struct {
		Seen   []heard
		Answer map[string]any
	}
	require.NoError(t, json.Unmarshal(out, &got))
	require.Len(t, got.Seen, 2)
	story(t, got.Seen[0], salt)
	tasks(t, got.Seen[0])
	frames(t, got.Seen[0])
	refusal(t, got.Seen[1])
	remembered(t, got.Answer)
}

// story requires the plan's events in the plan's order, and tells when each came.
func story(t *testing.T, h heard, query string) {
	t.Helper()
	before := 0.0
	for _, typ := range []string{"reasoning_start", "tool_call_start", "structure_generated", "discovery_complete"} {
		require.Contains(t, h.First, typ)
		require.GreaterOrEqual(t, h.First[typ], before, "%s comes after what leads to it", typ)
		before = h.First[typ]
		t.Logf("%s after %.2f s", typ, before)
	}
	for _, typ := range []string{"reasoning_update", "reasoning_end", "tool_call_progress", "tool_call_result", "energy_calculated", "validation_complete"} {
		require.Contains(t, h.First, typ)
	}
	require.Equal(t, query, h.of("reasoning_start")[0]["query"])
	require.Empty(t, h.of("error"), "nothing went wrong")
	for _, d := range h.of("structure_generated") {
		require.Regexp(t, `^st_[0-9a-f]{26}$`, d["structure_id"])
	}
}

// tasks requires that each has a name, a type and a count, tells how far it is
// while it works, and ends.
func tasks(t *testing.T, h heard) {
	t.Helper()
	total, moved := map[any]float64{}, 0
	for _, e := range h.Events {
		d := e.Data
		switch e.Type {
		case "task_start":
			require.NotEmpty(t, d["task_id"])
			require.NotEmpty(t, d["task_type"])
			require.NotEmpty(t, d["details"])
			total[d["task_id"]] = d["total_steps"].(float64)
			require.Positive(t, d["total_steps"])
		case "task_progress":
			require.Contains(t, total, d["task_id"], "a task that has begun")
			require.InDelta(t, total[d["task_id"]], d["total_steps"], 0)
			progress, done := d["progress"].(float64), d["completed_steps"].(float64)
			require.True(t, progress >= 0 && progress <= 1, "progress %g", progress)
			require.True(t, done >= 0 && done <= total[d["task_id"]], "%g of %g", done, total[d["task_id"]])
			require.NotEmpty(t, d["details"])
			moved++
		case "task_end":
			require.Contains(t, total, d["task_id"])
			require.Equal(t, "completed", d["status"])
			delete(total, d["task_id"])
		}
	}
	require.Positive(t, moved)
	require.Empty(t, total, "tasks without an end")
}

// frames: the relaxation was drawn while it ran, with the real atoms, further
// and further on.
func frames(t *testing.T, h heard) {
	t.Helper()
	steps, lowest, drawn := map[any]float64{}, 0.0, 0
	for _, f := range h.of("structure_updated") {
		if f["compact"] == nil {
			continue
		}
		drawn++
		body, err := base64.StdEncoding.DecodeString(f["compact"].(string))
		require.NoError(t, err)
		atoms, err := compact.Decode(body)
		require.NoError(t, err)
		require.Subset(t, []string{"K", "Cl"}, atoms.Species)
		lowest = min(lowest, f["energy_per_atom"].(float64))
		of := [2]any{f["call_id"], f["structure_id"]}
		last, known := steps[of]
		require.True(t, !known || f["frame"].(float64) > last, "step %v after %v of %v", f["frame"], last, of)
		steps[of] = f["frame"].(float64)
	}
	require.Positive(t, drawn)
	require.Less(t, lowest, -2.0, "eV/atom of a salt that is bound; random cells begin anywhere")
}

// refusal: what a tool cannot do is told as an error that says what may help,
// and the discovery ends all the same.
func refusal(t *testing.T, h heard) {
	t.Helper()
	require.NotEmpty(t, h.of("error"))
	for _, d := range h.of("error") {
		require.Equal(t, "tool_failure", d["error_type"])
		require.NotEmpty(t, d["tool_name"])
		require.Contains(t, d["message"], "st_0123456789abcdef0123456789")
		require.NotEmpty(t, d["recovery_suggestions"])
	}
	require.Len(t, h.of("discovery_complete"), 1)
}

// remembered: the answer of a search is a list, under the plan's name and ours.
func remembered(t *testing.T, answer map[string]any) {
	t.Helper()
	require.Equal(t, answer["data"], answer["results"])
	list, ok := answer["data"].([]any)
	require.True(t, ok, "a list, which may be empty")
	for _, m := range list {
		require.NotEmpty(t, m.(map[string]any)["content"])
	}
}
