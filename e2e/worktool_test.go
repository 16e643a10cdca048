package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// workTool makes the test binary an MCP server whose tools do nothing but take
// steps, keep checkpoints and account for both: what is tested is the machinery
// around a calculation, at a moment the test chooses.
//
// A call takes a step every 10 ms. At step hold_at it waits until the file
// <name>.go exists, so that it cannot end before the test lets it. Like our own
// servers it obeys the fence: one that sees a newer attempt stops. And it keeps
// its answer before it says it, and gives one that is kept again. While the file
// <name>.mute exists it does not say what it has kept.
type workTool struct {
	dir, server string
	mu          sync.Mutex
	out         *json.Encoder

	cancelled sync.Map // request id -> struct{}
}

// Variables of the server: where it accounts, and under which name it serves.
const (
	workDir    = "CRYSTALYSE_TEST_WORK_DIR"
	workServer = "CRYSTALYSE_TEST_WORK_SERVER"
)

type workCall struct {
	Name   string `json:"name"`
	Steps  int    `json:"steps"`
	HoldAt int    `json:"hold_at"`
	Bytes  int    `json:"bytes"` // of padding in the result
	Crash  bool   `json:"crash"` // the first time, die after the result is known and before it is kept
}

// workMessage is what a client sends.
type workMessage struct {
	ID     any
	Method string
	Params workParams
}

type workParams struct {
	RequestID any `json:"requestId"`
	Name      string
	Arguments json.RawMessage
	Meta      map[string]any `json:"_meta"`
}

func serveWork(dir string) {
	w := &workTool{dir: dir, server: os.Getenv(workServer), out: json.NewEncoder(os.Stdout)}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var m workMessage
		if json.Unmarshal(in.Bytes(), &m) != nil {
			continue
		}
		switch m.Method {
		case "initialize":
			w.say(m.ID, map[string]any{"protocolVersion": "2025-06-18", "capabilities": map[string]any{"tools": map[string]any{}}, "serverInfo": map[string]any{"name": w.server, "version": "1"}})
		case "tools/list":
			w.say(m.ID, map[string]any{"tools": w.specs()})
		case "notifications/cancelled":
			w.cancelled.Store(fmt.Sprint(m.Params.RequestID), nil)
		case "tools/call":
			go w.call(m)
		}
	}
}

func (w *workTool) specs() []any {
	if stage, ok := stageTools[w.server]; ok {
		return stage.specs()
	}
	return []any{w.spec("work"), w.spec("costly")}
}

func (w *workTool) call(m workMessage) {
	if _, ok := stageTools[w.server]; ok {
		w.stage(m)
		return
	}
	var c workCall
	if err := json.Unmarshal(m.Params.Arguments, &c); err != nil {
		panic(err)
	}
	w.work(m, c)
}

func (w *workTool) spec(name string) map[string]any {
	integer := map[string]any{"type": "integer"}
	return map[string]any{
		"name": name, "description": "takes steps", "_meta": map[string]any{"crystalyse/long": true},
		"inputSchema": map[string]any{"type": "object", "required": []string{"name", "steps"}, "properties": map[string]any{
			"name": map[string]any{"type": "string"}, "steps": integer, "hold_at": integer, "bytes": integer, "crash": map[string]any{"type": "boolean"}}},
		"outputSchema": map[string]any{"type": "object", "properties": map[string]any{"e": map[string]any{"type": "number", "unit": "eV/atom", "value": "energy_per_atom"}}},
	}
}

func (w *workTool) say(id, result any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(map[string]any{"jsonrpc": "2.0", "id": id, "result": result})
}

// fail answers with a typed error, as our own servers do.
func (w *workTool) fail(id any, code, message string) {
	w.say(id, map[string]any{"isError": true, "content": []any{}, "structuredContent": map[string]any{"error": map[string]any{"code": code, "message": message}}})
}

func (w *workTool) progress(token any, step, total int) {
	if token == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(map[string]any{"jsonrpc": "2.0", "method": "notifications/progress", "params": map[string]any{"progressToken": token, "progress": step, "total": total}})
}

func (w *workTool) log(event, name string, step int) {
	f, err := os.OpenFile(filepath.Join(w.dir, "work.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	body, _ := json.Marshal(worked{event, name, step, os.Getpid(), time.Now().UnixMilli()})
	_, _ = f.Write(append(body, '\n'))
}

// released reports whether the test lets a held call go on.
func (w *workTool) released(name string) bool {
	_, err := os.Stat(filepath.Join(w.dir, name+".go"))
	return err == nil
}

func (w *workTool) work(m workMessage, c workCall) {
	k := openKept(m.Params)
	if answer := k.claim(); answer != nil {
		w.log("answered_again", c.Name, k.step())
		w.answer(m.ID, answer)
		return
	}
	step := k.step()
	w.log("start", c.Name, step)
	for n := 0; step < c.Steps; n++ {
		if _, stop := w.cancelled.Load(fmt.Sprint(m.ID)); stop {
			w.log("cancelled", c.Name, step)
			return
		}
		if k.stale() {
			w.stale(m.ID, c.Name, step)
			return
		}
		<-time.After(10 * time.Millisecond)
		if n%20 == 0 {
			w.progress(m.Params.Meta["progressToken"], step, c.Steps)
		}
		if c.HoldAt > 0 && step >= c.HoldAt && !w.released(c.Name) {
			continue
		}
		step++
		w.log("evaluation", c.Name, step)
		k.keep(step)
	}
	if c.Crash && !w.released(c.Name) {
		_ = os.WriteFile(filepath.Join(w.dir, c.Name+".go"), nil, 0o600)
		w.log("crash", c.Name, step)
		fmt.Fprintln(os.Stderr, "RuntimeError: at", c.Name)
		os.Exit(1)
	}
	result := map[string]any{"e": -0.5 * float64(c.Steps)}
	if c.Bytes > 0 {
		result["padding"] = strings.Repeat("x", c.Bytes)
	}
	w.ends(m.ID, k, c.Name, step, result)
}

// ends keeps an answer, accounts for it and says it.
func (w *workTool) ends(id any, k kept, name string, step int, result map[string]any) {
	answer, first, ok := k.answer(result)
	switch {
	case !ok:
		w.stale(id, name, step)
		return
	case first:
		w.log("success", name, step)
	default:
		w.log("answered_again", name, step)
	}
	if _, err := os.Stat(filepath.Join(w.dir, name+".mute")); err == nil {
		return // as if it hung now: the answer is kept, and never said
	}
	w.answer(id, answer)
}

func (w *workTool) answer(id any, result json.RawMessage) {
	w.say(id, map[string]any{"content": []any{}, "structuredContent": result})
}

func (w *workTool) stale(id any, name string, step int) {
	w.log("stale", name, step)
	w.fail(id, "stale_fence", "a newer attempt has taken over")
}

// worked is a line of the work tool's account.
type worked struct {
	Event, Name string
	Step, PID   int
	At          int64 // ms
}
