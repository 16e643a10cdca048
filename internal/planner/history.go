package planner

import (
	"encoding/json"
	"fmt"
	"slices"
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

// names reports whether an argument is this id or formula, or a list that holds it.
func (d done) names(arg, value string) bool {
	switch v := d.args[arg].(type) {
	case string:
		return v == value
	case []any:
		return slices.Contains(v, any(value))
	}
	return false
}

// covers reports whether an argument's list holds all of the values.
func (d done) covers(arg string, values []string) bool {
	for _, v := range values[:min(len(values), maxCompositions)] {
		if !d.names(arg, v) {
			return false
		}
	}
	return true
}

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

func text(m map[string]any, key string) string    { s, _ := m[key].(string); return s }
func number(m map[string]any, key string) float64 { v, _ := m[key].(float64); return v }

// history is everything called so far.
type history []done

func (h history) where(keep func(done) bool) history {
	var out history
	for _, d := range h {
		if keep(d) {
			out = append(out, d)
		}
	}
	return out
}

// of gives the calls of a tool.
func (h history) of(tool string) history {
	return h.where(func(d done) bool { return d.tool == tool })
}

// on gives the calls of a tool whose argument names a value.
func (h history) on(tool, arg, value string) history {
	return h.where(func(d done) bool { return d.tool == tool && d.names(arg, value) })
}

// good gives those that succeeded.
func (h history) good() history { return h.where(done.ok) }

// failures words what went wrong, each kind once.
func (h history) failures() []string {
	var out []string
	for _, d := range h {
		if !d.ok() {
			out = append(out, fmt.Sprintf("`%s` failed: %s", d.tool, quoted(d.err)))
		}
	}
	return distinct(out)
}

// readHistory pairs all calls with their results. What an earlier question of
// the same conversation computed is there to be used again.
func readHistory(messages []message) history {
	args := map[string]toolCall{}
	var h history
	for _, m := range messages {
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
