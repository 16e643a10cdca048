package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/id"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

// maxToolMessage is the longest result given to the model, in bytes; a longer
// one has its lists cut, and says so.
const maxToolMessage = 48 << 10

// bind finds the tool a model's call means.
func bind(c llm.ToolCall, callID string, specs []tool.Spec) discovery.PlannedCall {
	p := discovery.PlannedCall{CallID: callID, ModelID: c.ID, Tool: c.Name, Arguments: json.RawMessage(`{}`)}
	known := make([]string, 0, len(specs))
	found := false
	for _, s := range specs {
		known = append(known, s.Name)
		if s.Name == c.Name {
			p.Server, p.Version, p.Long, found = s.Server, s.Version, s.Long, true
		}
	}
	if !found {
		p.Error = &tool.Error{Code: "not_found", Message: fmt.Sprintf("there is no tool %q", c.Name), Field: "name",
			Suggestions: []string{fmt.Sprintf("use one of: %v", known)}}
		return p
	}
	args, err := canonicalObject(c.Arguments)
	if err != nil {
		p.Error = &tool.Error{Code: "invalid_input", Message: "the arguments are not a JSON object: " + err.Error(), Field: "arguments",
			Suggestions: []string{"send one JSON object that fits the tool's schema"}}
		return p
	}
	p.Arguments = args
	return p
}

// canonicalObject gives a JSON object with sorted keys, numbers kept as written.
func canonicalObject(text string) (json.RawMessage, error) {
	if text == "" {
		return json.RawMessage(`{}`), nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("text after the object")
	}
	if m == nil {
		m = map[string]any{}
	}
	return json.Marshal(m)
}

// wellFormed replaces malformed arguments by an empty object in what goes back
// to the provider: some refuse a whole history for one of them. The call itself
// keeps its error and answers with it.
func wellFormed(calls []llm.ToolCall) []llm.ToolCall {
	out := make([]llm.ToolCall, len(calls))
	for i, c := range calls {
		if _, err := canonicalObject(c.Arguments); err != nil {
			c.Arguments = "{}"
		}
		out[i] = c
	}
	return out
}

// resultMessages words the outcomes of the previous turn's calls for the model.
func (a *Activities) resultMessages(ctx context.Context, in TurnInput) ([]llm.Message, error) {
	if in.Turn <= 1 || in.PrevGen == NoResults {
		return nil, nil
	}
	prev, err := a.Turns.Turn(ctx, in.DiscoveryID, in.PrevGen, id.LLMStep(in.Turn-1))
	if err != nil {
		return nil, err
	}
	calls, err := a.Calls.Of(ctx, in.DiscoveryID)
	if err != nil {
		return nil, err
	}
	byID := newestCalls(calls)
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return nil, err
	}
	messages := make([]llm.Message, 0, len(prev.Calls))
	for _, p := range prev.Calls {
		content, err := resultContent(p, byID[p.CallID], discovery.Signal(d.Mode, byID[p.CallID]))
		if err != nil {
			return nil, err
		}
		messages = append(messages, llm.Message{Role: llm.RoleTool, ToolCallID: p.ModelID, Name: p.Tool, Content: content})
	}
	return messages, nil
}

// newestCalls gives each call by its id, as the latest generation has it.
func newestCalls(calls []discovery.Call) map[string]discovery.Call {
	byID := make(map[string]discovery.Call, len(calls))
	for _, c := range calls {
		if have, ok := byID[c.ID]; !ok || c.Gen >= have.Gen {
			byID[c.ID] = c
		}
	}
	return byID
}

// toolMessage is the content of a tool message; value keys are call_id + path.
type toolMessage struct {
	CallID string          `json:"call_id"`
	Tool   string          `json:"tool"`
	Status tool.Status     `json:"status"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *tool.Error     `json:"error,omitempty"`
	Note   string          `json:"note,omitempty"`
}

// resultContent words an outcome; signal is what the rules of the mode say of it.
func resultContent(p discovery.PlannedCall, c discovery.Call, signal string) (string, error) {
	m := toolMessage{CallID: p.CallID, Tool: p.Tool, Status: c.Status, Result: c.Result, Error: c.Error, Note: joined(p.Raised, signal)}
	if c.ID == "" {
		m.Status, m.Error = tool.StatusCancelled, &tool.Error{Code: "cancelled", Message: "the call was not made"}
	}
	body, err := json.Marshal(m)
	if err != nil || len(body) <= maxToolMessage {
		return string(body), err
	}
	cut, err := cutLists(m.Result, 20)
	if err != nil {
		return "", err
	}
	m.Result, m.Note = cut, joined(m.Note, "lists are cut to their first 20 entries; the whole result is stored and every value can be cited by its index")
	if body, err = json.Marshal(m); err == nil && len(body) > maxToolMessage {
		m.Result, m.Note = nil, joined(p.Raised, signal, "the result is too long to show; it is stored")
		body, err = json.Marshal(m)
	}
	return string(body), err
}

// cutLists keeps the first n entries of every list.
func cutLists(doc json.RawMessage, n int) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(cutValue(v, n))
}

func cutValue(v any, n int) any {
	switch t := v.(type) {
	case []any:
		if len(t) > n {
			t = t[:n]
		}
		for i := range t {
			t[i] = cutValue(t[i], n)
		}
		return t
	case map[string]any:
		for k := range t {
			t[k] = cutValue(t[k], n)
		}
	}
	return v
}

func joined(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), ". ")
}
