package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// workTool makes the test binary an MCP server whose one tool does nothing but
// take steps, keep checkpoints and account for both: what is tested is the
// machinery around a calculation, at a moment the test chooses.
//
// A call takes a step every 10 ms. At step hold_at it waits until the file
// <name>.go exists, so that it cannot end before the test lets it.
type workTool struct {
	dir string
	mu  sync.Mutex
	out *json.Encoder

	cancelled sync.Map // request id -> struct{}
}

const workDir = "CRYSTALYSE_TEST_WORK_DIR"

type workCall struct {
	Name   string `json:"name"`
	Steps  int    `json:"steps"`
	HoldAt int    `json:"hold_at"`
}

func serveWork(dir string) {
	w := &workTool{dir: dir, out: json.NewEncoder(os.Stdout)}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var m struct {
			ID     any
			Method string
			Params struct {
				RequestID any `json:"requestId"`
				Name      string
				Arguments workCall
				Meta      map[string]any `json:"_meta"`
			}
		}
		if json.Unmarshal(in.Bytes(), &m) != nil {
			continue
		}
		switch m.Method {
		case "initialize":
			w.say(m.ID, map[string]any{"protocolVersion": "2025-06-18", "capabilities": map[string]any{"tools": map[string]any{}}, "serverInfo": map[string]any{"name": "work", "version": "1"}})
		case "tools/list":
			w.say(m.ID, map[string]any{"tools": []any{w.spec("work"), w.spec("costly")}})
		case "notifications/cancelled":
			w.cancelled.Store(fmt.Sprint(m.Params.RequestID), nil)
		case "tools/call":
			go w.work(m.ID, m.Params.Name, m.Params.Arguments, m.Params.Meta)
		}
	}
}

func (w *workTool) spec(name string) map[string]any {
	integer := map[string]any{"type": "integer"}
	return map[string]any{
		"name": name, "description": "takes steps", "_meta": map[string]any{"crystalyse/long": true},
		"inputSchema":  map[string]any{"type": "object", "required": []string{"name", "steps"}, "properties": map[string]any{"name": map[string]any{"type": "string"}, "steps": integer, "hold_at": integer}},
		"outputSchema": map[string]any{"type": "object", "properties": map[string]any{"e": map[string]any{"type": "number", "unit": "eV/atom", "value": "energy_per_atom"}}},
	}
}

func (w *workTool) say(id, result any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(map[string]any{"jsonrpc": "2.0", "id": id, "result": result})
}

func (w *workTool) log(event string, c workCall, step int) {
	f, err := os.OpenFile(filepath.Join(w.dir, "work.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	body, _ := json.Marshal(worked{event, c.Name, step, os.Getpid()})
	_, _ = f.Write(append(body, '\n'))
}

func (w *workTool) work(id any, tool string, c workCall, meta map[string]any) {
	checkpoint := ""
	if dir, ok := meta["crystalyse/checkpoint_dir"].(string); ok {
		_ = os.MkdirAll(dir, 0o700)
		checkpoint = filepath.Join(dir, "step")
	}
	body, _ := os.ReadFile(checkpoint) // none yet is step 0
	step, _ := strconv.Atoi(strings.TrimSpace(string(body)))
	w.log("start", c, step)
	for step < c.Steps {
		if _, stop := w.cancelled.Load(fmt.Sprint(id)); stop {
			w.log("cancelled", c, step)
			return
		}
		<-time.After(10 * time.Millisecond)
		if _, err := os.Stat(filepath.Join(w.dir, c.Name+".go")); c.HoldAt > 0 && step >= c.HoldAt && err != nil {
			continue
		}
		step++
		w.log("evaluation", c, step)
		_ = os.WriteFile(checkpoint+".new", []byte(strconv.Itoa(step)), 0o600)
		_ = os.Rename(checkpoint+".new", checkpoint)
	}
	w.log("success", c, step)
	w.say(id, map[string]any{"content": []any{}, "structuredContent": map[string]any{"e": -0.5 * float64(c.Steps)}})
}

// worked is a line of the work tool's account.
type worked struct {
	Event, Name string
	Step, PID   int
}

// bench is a place for the work tool, with a model that follows a script.
type bench struct {
	t     *testing.T
	dir   string
	model *httptest.Server
}

// reply is a scripted turn: words, or calls.
type reply struct {
	text  string
	calls []scripted
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
	b := &bench{t: t, dir: t.TempDir()}
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
		stream(w, len(s.results), script(s))
	}))
	t.Cleanup(b.model.Close)
	return b
}

func stream(w http.ResponseWriter, n int, r reply) {
	delta, finish := map[string]any{"content": r.text}, "stop"
	if len(r.calls) > 0 {
		calls := make([]any, len(r.calls))
		for i, c := range r.calls {
			body, _ := json.Marshal(c.args)
			calls[i] = map[string]any{"index": i, "id": fmt.Sprintf("c%d_%d", n, i), "type": "function", "function": map[string]any{"name": c.tool, "arguments": string(body)}}
		}
		delta, finish = map[string]any{"tool_calls": calls}, "tool_calls"
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, c := range []map[string]any{{"delta": delta}, {"delta": map[string]any{}, "finish_reason": finish}} {
		c["index"] = 0
		body, _ := json.Marshal(map[string]any{"choices": []any{c}, "usage": map[string]int{"prompt_tokens": 1, "completion_tokens": 1}})
		fmt.Fprintf(w, "data: %s\n\n", body)
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// up starts a stack with the work tool and the scripted model.
func (b *bench) up(extra ...string) *stack {
	b.t.Helper()
	self, err := os.Executable()
	require.NoError(b.t, err)
	cfg, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"work": map[string]any{
		"command": self, "env": map[string]string{workDir: b.dir}, "crystalyse": map[string]any{"max_inflight": 16},
	}}})
	require.NoError(b.t, err)
	file := filepath.Join(b.dir, "mcp.json")
	require.NoError(b.t, os.WriteFile(file, cfg, 0o600))
	return up(b.t, append([]string{"CRYSTALYSE_MCP_CONFIG=" + file, "OPENAI_BASE_URL=" + b.model.URL + "/v1", "OPENAI_API_KEY=none"}, extra...)...)
}

// release lets a call that holds go on.
func (b *bench) release(name string) {
	b.t.Helper()
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, name+".go"), nil, 0o600))
}

func (b *bench) log() []worked {
	b.t.Helper()
	body, err := os.ReadFile(filepath.Join(b.dir, "work.jsonl"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(b.t, err)
	var out []worked
	for line := range strings.Lines(string(body)) {
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

// reached waits until a call has taken a step.
func (b *bench) reached(name string, step int) {
	b.t.Helper()
	waitFor(b.t, fmt.Sprintf("step %d of %s", step, name), func() bool {
		for _, l := range b.log() {
			if l.Event == "evaluation" && l.Name == name && l.Step >= step {
				return true
			}
		}
		return false
	})
}

// stopped waits until the process that began a call last is gone, or has ended
// the call by itself.
func (b *bench) stopped(name string) {
	b.t.Helper()
	pid := 0
	for _, l := range b.log() {
		if l.Event == "start" && l.Name == name {
			pid = l.PID
		}
	}
	waitFor(b.t, "the process of "+name+" to be gone", func() bool {
		return b.count("cancelled", name) > 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	})
}
