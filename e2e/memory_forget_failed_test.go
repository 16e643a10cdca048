package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
)

// unlucky is a model that hands the words of a memory to a tool, which dies of
// them, and to one that nobody has; then its provider refuses to go on, quoting
// them.
func unlucky(s said) reply {
	if len(s.results) == 0 {
		return reply{text: "I compute " + dead, calls: []scripted{
			{"work", map[string]any{"name": dead, "steps": 3, "crash": true}},
			{dead, map[string]any{"formula": dead}},
		}}
	}
	return reply{wire: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": "these words are not taken: " + dead, "code": "invalid_value"}})
		_, _ = w.Write(body)
	}}
}

// TestForgettingWhatFailed: what a server writes when it dies, and what a provider
// says when it refuses, may quote a memory. The user reads it; the engine never
// has it, and it is forgotten with the memory.
func TestForgettingWhatFailed(t *testing.T) {
	b := newBench(t, unlucky)
	s := b.up()
	d := s.ask("What of MgO?", discovery.Budget{})
	s.stands(d.ID, "what the provider said is not shown", func(st discovery.RunState) bool {
		return len(st.Pending) == 1 && st.Pending[0].Kind == "failure" && strings.Contains(st.Pending[0].Text, "Xenotime")
	})
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateFinishNow})
	r := s.ends(d.ID)
	require.Contains(t, fmt.Sprint(r), "Xenotime", "or this test proves nothing")
	var told []string
	for _, e := range s.events(d.ID) {
		if e.Type == "error" && strings.Contains(string(e.Data), "Xenotime") {
			told = append(told, string(e.Data))
		}
	}
	require.Contains(t, fmt.Sprint(told), "RuntimeError: at", "what the server wrote is told")
	require.Contains(t, fmt.Sprint(told), "these words are not taken", "and what the provider said")
	c := s.engine(t)
	for _, e := range s.history(t, c, d.ID) {
		require.NotContains(t, e.String(), "Xenotime")
	}
	_, body := s.call("GET", "/tools", "")
	require.NotContains(t, body, "Xenotime", "what a server wrote in one user's call is not for all")

	mid := s.keep(dead)
	require.Contains(t, s.tablesWith("xenotim"), "said")
	s.forget(mid)
	require.Empty(t, s.tablesWith("xenotim"))
	require.Empty(t, s.redisWith("Xenotime"))
	waitFor(t, "files to be without it", func() bool { return len(besideOfServers(filesWith(t, s.dir, "Xenotime"))) == 0 })
}

// besideOfServers leaves out what servers wrote to their own logs: those are not
// searched (docs/operations.md).
func besideOfServers(files []string) []string {
	var out []string
	for _, f := range files {
		if !strings.Contains(f, "/logs/mcp-") {
			out = append(out, f)
		}
	}
	return out
}
