package mcp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain makes the test binary an MCP server when told so: the processes of
// these tests are real ones, misbehaving on purpose.
func TestMain(m *testing.M) {
	if how := os.Getenv("FAKE_SERVER"); how != "" {
		fake(how)
		return
	}
	os.Exit(m.Run())
}

var out = json.NewEncoder(os.Stdout)

func say(id any, result any) {
	_ = out.Encode(map[string]any{"jsonrpc": "2.0", "id": id, "result": result})
}

func fake(how string) {
	switch how {
	case "dies at once":
		fmt.Fprintln(os.Stderr, "no license found")
		os.Exit(3)
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
	case "garbage":
		fmt.Println("Loading model...\x00\xff not json")
	case "flood":
		go func() {
			for {
				fmt.Fprintln(os.Stderr, strings.Repeat("noise ", 1000))
			}
		}()
	}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if how == "ignores SIGTERM" {
				select {}
			}
			return
		}
		var m struct {
			ID     any
			Method string
			Params struct {
				Name      string
				Arguments map[string]any
				Meta      map[string]any `json:"_meta"`
			}
		}
		if json.Unmarshal([]byte(line), &m) != nil {
			continue
		}
		switch m.Method {
		case "initialize":
			say(m.ID, map[string]any{"protocolVersion": "2025-06-18", "capabilities": map[string]any{"tools": map[string]any{}}, "serverInfo": map[string]any{"name": "fake", "version": "7"}})
		case "tools/list":
			say(m.ID, map[string]any{"tools": []any{map[string]any{
				"name": "work", "description": "works", "_meta": map[string]any{"crystalyse/long": true},
				"inputSchema":  map[string]any{"type": "object", "properties": map[string]any{"n": map[string]any{"type": "integer"}}, "required": []string{"n"}},
				"outputSchema": map[string]any{"type": "object", "properties": map[string]any{"e": map[string]any{"type": "number"}}, "required": []string{"e"}}}}})
		case "tools/call":
			answer(how, m.ID, m.Params.Meta)
		}
	}
}

func answer(how string, id any, meta map[string]any) {
	progress := func(text string) {
		_ = out.Encode(map[string]any{"jsonrpc": "2.0", "method": "notifications/progress", "params": map[string]any{"progressToken": meta["progressToken"], "progress": 1, "total": 2, "message": text}})
	}
	result := func(structured any, isError bool) {
		say(id, map[string]any{"content": []any{map[string]any{"type": "text", "text": "x"}}, "structuredContent": structured, "isError": isError})
	}
	switch how {
	case "crashes":
		progress("step=1")
		os.Exit(1)
	case "hangs", "ignores SIGTERM":
		progress("step=1")
	case "grandchild":
		cmd := exec.Command("sleep", "1000")
		if cmd.Start() == nil {
			progress(fmt.Sprintf("pid=%d", cmd.Process.Pid))
		}
	case "huge":
		result(map[string]any{"e": 1, "text": strings.Repeat("x", 20<<20)}, false)
	case "endless line":
		for range 50 {
			_, _ = os.Stdout.WriteString(strings.Repeat("x", 1<<20))
		}
		select {}
	case "lies":
		result(map[string]any{"e": "a string"}, false)
	case "refuses":
		result(map[string]any{"error": map[string]any{"code": "unsupported", "message": "no", "field": "n", "suggestions": []string{"try"}}}, true)
	case "env":
		result(map[string]any{"e": 1, "env": os.Environ()}, false)
	case "dies later":
		result(map[string]any{"e": 1, "pid": os.Getpid()}, false)
		os.Exit(0)
	case "deaf later": // it is there, and what is said to it goes nowhere
		_ = os.Stdin.Close()
		result(map[string]any{"e": 1, "pid": os.Getpid()}, false)
		time.Sleep(time.Hour)
	case "storm":
		for i := range 5000 {
			progress(fmt.Sprintf("step=%d", i))
		}
		result(map[string]any{"e": 1}, false)
	default:
		progress("relax NaCl step=12 fmax=0.1234 energy=-3.5")
		result(map[string]any{"e": -1.5, "meta": meta}, false)
	}
}
