package llm

import (
	"context"
	"encoding/json"
	"time"
)

// Probed is what a trial turn told of a model.
type Probed struct {
	Model   string  `json:"model"`     // as the provider names it
	Tools   bool    `json:"tools"`     // whether it called the tool it was given
	Seconds float64 `json:"seconds"`   // until the reply was whole
	Tokens  int64   `json:"tokens_in"` // of the trial
}

// probeTool is called by every model that can call tools.
var probeTool = Tool{
	Name: "ready", Description: "Call this tool once, with ok set to true, to say that you are ready.",
	Parameters: json.RawMessage(`{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]}`),
}

const probeTokens = 512

// Probe asks a model for one small turn with a tool, as a discovery does. The
// error is the model's own *Error.
func Probe(ctx context.Context, m Model) (Probed, error) {
	start := time.Now()
	turn, err := m.Turn(ctx, Request{
		Messages:  []Message{{Role: RoleUser, Content: "This is a test of the connection. Call the tool ready."}},
		Tools:     []Tool{probeTool},
		MaxTokens: probeTokens,
	}, func(string) {})
	if err != nil {
		return Probed{}, err
	}
	p := Probed{Model: turn.Model, Seconds: time.Since(start).Round(time.Millisecond).Seconds(), Tokens: turn.Usage.TokensIn}
	for _, c := range turn.ToolCalls {
		p.Tools = p.Tools || c.Name == probeTool.Name
	}
	return p, nil
}
