package planner

import (
	"encoding/json"
	"fmt"
	"strings"
)

// done is one tool call with its outcome, as the transcript tells it.
type done struct {
	callID, tool, status string
	args                 map[string]any
	result               map[string]any
	err                  string
}

func (d done) ok() bool { return d.status == "ok" }

// cite gives the citation of a path of the result.
func (d done) cite(path string, args ...any) string {
	return "{{v:" + d.callID + "." + fmt.Sprintf(path, args...) + "}}"
}

// items gives the result's list.
func (d done) items() []map[string]any { return objects(d.result["items"]) }

func objects(v any) []map[string]any {
	list, _ := v.([]any)
	var out []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func text(m map[string]any, key string) string { s, _ := m[key].(string); return s }

// history is everything called since the question.
type history []done

// of gives the calls of a tool.
func (h history) of(tool string) history {
	var out history
	for _, d := range h {
		if d.tool == tool {
			out = append(out, d)
		}
	}
	return out
}

// good gives those that succeeded.
func (h history) good() history {
	var out history
	for _, d := range h {
		if d.ok() {
			out = append(out, d)
		}
	}
	return out
}

// failures words what went wrong.
func (h history) failures() []string {
	var out []string
	for _, d := range h {
		if !d.ok() {
			out = append(out, fmt.Sprintf("`%s` failed: %s", d.tool, quoted(d.err)))
		}
	}
	return out
}

// readHistory pairs the calls after the last question with their results.
func readHistory(messages []message) history {
	start := 0
	for i, m := range messages {
		if m.Role == "user" {
			start = i
		}
	}
	args := map[string]toolCall{}
	var h history
	for _, m := range messages[start:] {
		for _, c := range m.ToolCalls {
			args[c.ID] = c
		}
		if m.Role != "tool" {
			continue
		}
		c := args[m.ToolCallID]
		d := done{tool: c.Function.Name}
		// Arguments are our own; a result that does not decode is a failed call.
		_ = json.Unmarshal([]byte(c.Function.Arguments), &d.args)
		var body struct {
			CallID string         `json:"call_id"`
			Status string         `json:"status"`
			Result map[string]any `json:"result"`
			Error  struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if json.Unmarshal([]byte(m.text()), &body) != nil {
			body.Status, body.Error.Message = "failed", "the result could not be read"
		}
		d.callID, d.status, d.result, d.err = body.CallID, body.Status, body.Result, body.Error.Message
		h = append(h, d)
	}
	return h
}

// quoted makes a tool's words safe to repeat: digits in it are its own, so it
// is put as code, where nothing is taken for a result.
func quoted(s string) string {
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "`", "'")), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	if s == "" {
		return "no reason was given"
	}
	return "`" + s + "`"
}
