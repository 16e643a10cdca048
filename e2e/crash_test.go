package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/report"
)

// The crash test relaxes this cell: iodine with displaced atoms, soft enough for
// some hundred optimizer steps.
const (
	interval = 5
	steps    = 200
)

// script is a language model that reads a structure, relaxes it and reports: the
// real endpoint's wire, without its freedom.
func script(t *testing.T, poscar string) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Messages []struct {
				Role, Content string
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var results []string
		for _, m := range req.Messages {
			if m.Role == "tool" {
				results = append(results, m.Content)
			}
		}
		delta := map[string]any{}
		call := func(name string, args map[string]any) {
			body, _ := json.Marshal(args)
			delta["tool_calls"] = []any{map[string]any{"index": 0, "id": fmt.Sprint("c", len(results)), "type": "function", "function": map[string]any{"name": name, "arguments": string(body)}}}
		}
		switch len(results) {
		case 0:
			call("parse_structure", map[string]any{"content": poscar, "format": "poscar"})
		case 1:
			var parsed struct {
				Result struct {
					Structures []struct {
						ID string `json:"structure_id"`
					}
				}
			}
			if json.Unmarshal([]byte(results[0]), &parsed) != nil || len(parsed.Result.Structures) == 0 {
				delta["content"] = "the structure could not be read"
				break
			}
			call("relax_structure", map[string]any{"structure_id": parsed.Result.Structures[0].ID, "fmax": 0.001, "max_steps": steps + 20, "checkpoint_interval": interval})
		default:
			delta["content"] = "The relaxed energy is {{v:t2.tool1.energy_per_atom}} after {{v:t2.tool1.steps}} steps."
		}
		finish := "stop"
		if delta["tool_calls"] != nil {
			finish = "tool_calls"
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, c := range []map[string]any{{"delta": delta}, {"delta": map[string]any{}, "finish_reason": finish}} {
			c["index"] = 0
			body, _ := json.Marshal(map[string]any{"choices": []any{c}, "usage": map[string]int{"prompt_tokens": 1, "completion_tokens": 1}})
			fmt.Fprintf(w, "data: %s\n\n", body)
		}
		fmt.Fprint(w, "data: [DONE]\n\n")
	}))
	t.Cleanup(srv.Close)
	return srv
}

// logged is a line of the tool's own account.
type logged struct {
	Event, Tool, Key string
	Step             int
}

func toolLog(t *testing.T, dir string) []logged {
	t.Helper()
	var out []logged
	for line := range wholeLines(t, filepath.Join(dir, "tools.jsonl")) {
		var l logged
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		out = append(out, l)
	}
	return out
}

// wholeLines gives the lines of a file that somebody writes. Of the last one only
// a part may be there yet.
func wholeLines(t *testing.T, file string) iter.Seq[string] {
	t.Helper()
	body, err := os.ReadFile(file)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return strings.Lines(string(body[:bytes.LastIndexByte(body, '\n')+1]))
}

func count(ls []logged, event string) int {
	n := 0
	for _, l := range ls {
		if l.Event == event && l.Tool == "relax_structure" {
			n++
		}
	}
	return n
}

// TestWorkerKilled: kill -9 of the worker three times in the middle of a long
// relaxation. The discovery completes without help, loses at most a checkpoint
// interval a kill, ends at the same energy, and no tool succeeds twice.
func TestWorkerKilled(t *testing.T) {
	poscar, err := os.ReadFile("testdata/soft.vasp")
	require.NoError(t, err)
	model := script(t, string(poscar))

	calm := up(t, "OPENAI_BASE_URL="+model.URL+"/v1", "OPENAI_API_KEY=none")
	want, code := calm.discover("relax it")
	require.Zero(t, code, want.Summary)
	base := toolLog(t, calm.dir)
	require.GreaterOrEqual(t, count(base, "evaluation"), steps, "the relaxation is too short for this test")
	calm.stop()

	s := up(t, "OPENAI_BASE_URL="+model.URL+"/v1", "OPENAI_API_KEY=none")
	done := make(chan report.Report, 1)
	go func() {
		r, _ := s.discover("relax it")
		done <- r
	}()
	pid := s.status().Worker.PID
	for kill := 1; kill <= 3; kill++ {
		waitFor(t, fmt.Sprintf("%d steps", 50*kill), func() bool { return lastStep(toolLog(t, s.dir)) >= 50*kill })
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		killed := pid
		waitFor(t, "the next worker", func() bool { pid = s.status().Worker.PID; return pid != 0 && pid != killed })
	}
	select {
	case got := <-done:
		require.Equal(t, discovery.StatusCompleted, got.Status, got.Summary)
		require.InDelta(t, named(want, "energy_per_atom")[0], named(got, "energy_per_atom")[0], 1e-4)
	case <-time.After(20 * time.Minute):
		t.Fatal("the discovery does not end")
	}
	ls := toolLog(t, s.dir)
	require.Equal(t, 1, count(ls, "success"), "a tool ran twice to success")
	require.LessOrEqual(t, count(ls, "evaluation"), count(base, "evaluation")+3*(interval+1))
	require.GreaterOrEqual(t, count(ls, "resume"), 3)
	t.Logf("evaluations: %d uninterrupted, %d with three kills", count(base, "evaluation"), count(ls, "evaluation"))
}

// lastStep is the furthest step of which a checkpoint was kept.
func lastStep(ls []logged) int {
	last := 0
	for _, l := range ls {
		if l.Event == "checkpoint" {
			last = max(last, l.Step)
		}
	}
	return last
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, patience, 20*time.Millisecond, what)
}

// patience is how long a test waits for what must come: longer than a machine with
// much else to do takes.
const patience = 5 * time.Minute

// TestParentKilled: kill -9 of `up` leaves nothing that blocks the next start,
// and what was running goes on.
func TestParentKilled(t *testing.T) {
	s := up(t)
	require.NoError(t, s.cmd.Process.Kill())
	_ = s.cmd.Wait() // killed: its status says only that
	s.start()
	r, code := s.discover("Validate MgO")
	require.Zero(t, code)
	require.True(t, strings.Contains(r.Summary, "MgO"))
}
