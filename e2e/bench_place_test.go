package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bench is a place for the work tool, with a model that follows a script.
type bench struct {
	t       *testing.T
	dir     string
	model   *httptest.Server
	servers map[string]map[string]string // of the work tool: name -> its environment
	holding sync.Map                     // names of the replies that have begun and wait
}

// reply is a scripted turn: words, or calls. One that holds says half of its
// words, and the rest when it is released. A wire answers in its stead.
type reply struct {
	text  string
	calls []scripted
	hold  string
	wire  http.HandlerFunc
}

type scripted struct {
	tool string
	args map[string]any
}

func work(name string, steps, holdAt int) scripted {
	return scripted{"work", map[string]any{"name": name, "steps": steps, "hold_at": holdAt}}
}

// said is what the model is given: the results of its calls and the user's words.
type said struct{ results, users []string }

func newBench(t *testing.T, script func(said) reply) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), servers: map[string]map[string]string{"work": {}}}
	b.model = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/chat/completions") {
			http.NotFound(w, r) // it embeds nothing
			return
		}
		var req struct {
			Messages []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var s said
		for _, m := range req.Messages {
			switch m.Role {
			case "tool":
				s.results = append(s.results, m.Content)
			case "user":
				s.users = append(s.users, m.Content)
			}
		}
		if answer := script(s); answer.wire != nil {
			answer.wire(w, r)
		} else {
			b.stream(w, r, len(s.results), answer)
		}
	}))
	t.Cleanup(b.model.Close)
	return b
}

// candidates lets the work tool stand for the servers of evaluate_candidates,
// with relaxations of so many milliseconds.
func (b *bench) candidates(relaxMS int) *bench {
	for name := range stageTools {
		b.servers[name] = map[string]string{workRelax: fmt.Sprint(relaxMS)}
	}
	return b
}

func (b *bench) stream(w http.ResponseWriter, r *http.Request, n int, a reply) {
	w.Header().Set("Content-Type", "text/event-stream")
	if a.hold != "" {
		half := len(a.text) / 2
		chunk(w, map[string]any{"delta": map[string]any{"content": a.text[:half]}})
		a.text = a.text[half:]
		b.holding.Store(a.hold, nil)
		for !b.released(a.hold) {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	delta, finish := map[string]any{"content": a.text}, "stop"
	if len(a.calls) > 0 {
		calls := make([]any, len(a.calls))
		for i, c := range a.calls {
			body, _ := json.Marshal(c.args)
			calls[i] = map[string]any{"index": i, "id": fmt.Sprintf("c%d_%d", n, i), "type": "function", "function": map[string]any{"name": c.tool, "arguments": string(body)}}
		}
		delta, finish = map[string]any{"content": a.text, "tool_calls": calls}, "tool_calls"
	}
	chunk(w, map[string]any{"delta": delta})
	chunk(w, map[string]any{"delta": map[string]any{}, "finish_reason": finish})
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// chunk sends one piece of a reply.
func chunk(w http.ResponseWriter, choice map[string]any) {
	choice["index"] = 0
	body, _ := json.Marshal(map[string]any{"choices": []any{choice}, "usage": map[string]int{"prompt_tokens": 1, "completion_tokens": 1}})
	fmt.Fprintf(w, "data: %s\n\n", body)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// up starts a stack with the work tool and the scripted model.
func (b *bench) up(extra ...string) *stack {
	b.t.Helper()
	self, err := os.Executable()
	require.NoError(b.t, err)
	servers := map[string]any{}
	for name, env := range b.servers {
		all := map[string]string{workDir: b.dir, workServer: name}
		for k, v := range env {
			all[k] = v
		}
		servers[name] = map[string]any{"command": self, "env": all, "crystalyse": map[string]any{"max_inflight": 16}}
	}
	cfg, err := json.Marshal(map[string]any{"mcpServers": servers})
	require.NoError(b.t, err)
	file := filepath.Join(b.dir, "mcp.json")
	require.NoError(b.t, os.WriteFile(file, cfg, 0o600))
	return up(b.t, append([]string{"CRYSTALYSE_MCP_CONFIG=" + file, "OPENAI_BASE_URL=" + b.model.URL + "/v1", "OPENAI_API_KEY=none"}, extra...)...)
}

// release lets a call or a reply that holds go on.
func (b *bench) release(name string) {
	b.t.Helper()
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, name+".go"), nil, 0o600))
}

func (b *bench) released(name string) bool {
	_, err := os.Stat(filepath.Join(b.dir, name+".go"))
	return err == nil
}

// speaking waits until a reply that holds has said its first half.
func (b *bench) speaking(name string) {
	b.t.Helper()
	waitFor(b.t, "the reply "+name, func() bool { _, ok := b.holding.Load(name); return ok })
}

func (b *bench) log() []worked {
	b.t.Helper()
	var out []worked
	for line := range wholeLines(b.t, filepath.Join(b.dir, "work.jsonl")) {
		var l worked
		require.NoError(b.t, json.Unmarshal([]byte(line), &l))
		out = append(out, l)
	}
	return out
}

// count counts the lines of an event of a call.
func (b *bench) count(event, name string) int {
	n := 0
	for _, l := range b.log() {
		if l.Event == event && (name == "" || l.Name == name) {
			n++
		}
	}
	return n
}

// succeeded counts the successes of a call. A tool that dies between the keeping
// of its answer and the account of it is heard of when the answer is given again.
func (b *bench) succeeded(name string) int {
	if n := b.count("success", name); n > 0 {
		return n
	}
	return min(1, b.count("answered_again", name))
}

// story tells what happened to a call, step by step left out.
func (b *bench) story(name string) string {
	var s strings.Builder
	for _, l := range b.log() {
		if l.Name == name && l.Event != "evaluation" {
			fmt.Fprintf(&s, "%s at step %d by process %d at %d ms; ", l.Event, l.Step, l.PID, l.At)
		}
	}
	return s.String()
}

// last gives the newest line of an event of a call.
func (b *bench) last(event, name string) (line worked) {
	for _, l := range b.log() {
		if l.Event == event && l.Name == name {
			line = l
		}
	}
	return line
}

// reached waits until a call has taken a step.
func (b *bench) reached(name string, step int) {
	b.t.Helper()
	waitFor(b.t, fmt.Sprintf("step %d of %s", step, name), func() bool { return b.last("evaluation", name).Step >= step })
}

// stopped waits until the process that began a call last is gone, or has ended
// the call by itself.
func (b *bench) stopped(name string) {
	b.t.Helper()
	pid := b.last("start", name).PID
	waitFor(b.t, "the process of "+name+" to be gone", func() bool {
		return b.count("cancelled", name) > 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	})
}
