package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/transcript"
)

// LLMTurn asks the model for one turn: it appends the results of the previous
// turn's calls to the transcript, streams the reply, and commits both with
// their events. A turn already committed is returned, not asked again.
func (a *Activities) LLMTurn(ctx context.Context, in TurnInput) (TurnResult, error) {
	rec, err := recorder(ctx)
	if err != nil {
		return TurnResult{}, err
	}
	if t, err := a.Turns.Turn(ctx, in.DiscoveryID, in.Gen, in.Step); err == nil {
		return turnResult(t), nil
	} else if !fault.Is(err, fault.CodeNotFound) {
		return TurnResult{}, err
	}
	hb := startHeartbeat(ctx)
	defer hb.close()
	ctx, cancel := stopWithWorker(ctx)
	defer cancel(nil)

	ctx = memory.For(ctx, rec.Scope().UserID)
	req, entries, err := a.turnRequest(ctx, in, rec.Scope())
	if err != nil {
		return TurnResult{}, err
	}
	model, err := a.model(ctx, rec.Scope().UserID)
	if err != nil {
		return TurnResult{}, err
	}
	who := model.Identity()
	start := event.ReasoningStart{Turn: in.Turn, Speaker: who.Model, Provider: who.Provider}
	if in.Turn == 1 || in.PrevGen == NoResults || len(in.Notes) > 0 {
		start.Query = lastUser(req.Messages)
	}
	if err := rec.Emit(ctx, start); err != nil {
		return TurnResult{}, err
	}
	rec.Live(event.UsageUpdate{Usage: in.Usage})
	text := newLiveText(rec, in.Turn)
	reply, condensed, err := a.ask(ctx, rec, model, req, func(piece string) {
		hb.set(map[string]int{"characters": text.add(piece)})
	})
	text.close()
	if err != nil {
		if errors.Is(context.Cause(ctx), errWorkerStopping) {
			return TurnResult{}, fault.Wrap(fault.CodeUnavailable, err, "the worker stopped during the turn")
		}
		return TurnResult{}, err
	}
	if condensed != nil {
		if entries, err = chain(in, rec.Scope(), "", condensed); err != nil {
			return TurnResult{}, err
		}
	}
	return a.commitTurn(ctx, rec, in, reply, entries)
}

// chain makes entries of messages, each the child of the one before.
func chain(in TurnInput, scope event.Scope, parent string, ms []llm.Message) ([]transcript.Entry, error) {
	entries := make([]transcript.Entry, 0, len(ms)+1)
	for _, m := range ms {
		e, err := transcript.NewEntry(in.DiscoveryID, scope.UserID, parent, in.Step, m, llm.Usage{})
		if err != nil {
			return nil, err
		}
		entries, parent = append(entries, e), e.ID
	}
	return entries, nil
}

// turnRequest loads the transcript and adds the results of the calls of the
// previous turn, in the order the model asked for them.
func (a *Activities) turnRequest(ctx context.Context, in TurnInput, scope event.Scope) (llm.Request, []transcript.Entry, error) {
	earlier, err := a.Turns.Load(ctx, in.Head)
	if err != nil {
		return llm.Request{}, nil, err
	}
	req := llm.Request{}
	for _, e := range earlier {
		req.Messages = append(req.Messages, e.Message)
	}
	results, err := a.resultMessages(ctx, in)
	if err != nil {
		return llm.Request{}, nil, err
	}
	for _, n := range in.Notes {
		if err := discovery.Spell(ctx, a.Said, in.DiscoveryID, &n.Text); err != nil {
			return llm.Request{}, nil, err
		}
		results = append(results, llm.Message{Role: llm.RoleUser, Content: n.Text})
	}
	entries, err := chain(in, scope, in.Head, results)
	if err != nil {
		return llm.Request{}, nil, err
	}
	req.Messages = withLimits(append(req.Messages, results...), in.Budget)
	specs, err := a.specs(ctx)
	if err != nil {
		return llm.Request{}, nil, err
	}
	for _, s := range specs {
		req.Tools = append(req.Tools, llm.Tool{Name: s.Name, Description: s.Description, Parameters: s.InputSchema})
	}
	return req, entries, nil
}

// commitTurn stores the reply, what it asks for and the events that tell of it.
func (a *Activities) commitTurn(ctx context.Context, rec *Recorder, in TurnInput, reply llm.Turn, entries []transcript.Entry) (TurnResult, error) {
	scope := rec.Scope()
	parent := in.Head
	if n := len(entries); n > 0 {
		parent = entries[n-1].ID
	}
	planned, err := a.plan(ctx, in.Turn, reply.ToolCalls)
	if err == nil {
		err = a.demand(ctx, in, planned)
	}
	if err != nil {
		return TurnResult{}, err
	}
	msg := llm.Message{Role: llm.RoleAssistant, Content: reply.Text, ToolCalls: wellFormed(reply.ToolCalls)}
	entry, err := transcript.NewEntry(in.DiscoveryID, scope.UserID, parent, in.Step, msg, reply.Usage)
	if err != nil {
		return TurnResult{}, err
	}
	t := discovery.Turn{
		Step: in.Step, Gen: in.Gen, Head: entry.ID, FinishReason: reply.FinishReason, Calls: planned,
		Usage: discovery.Usage{TokensIn: reply.Usage.TokensIn, TokensOut: reply.Usage.TokensOut},
	}
	plans := make([]event.ToolPlan, len(planned))
	for i, p := range planned {
		plans[i] = event.ToolPlan{CallID: p.CallID, Tool: p.Tool}
	}
	events, err := rec.Make(event.ReasoningEnd{Turn: in.Turn, Text: reply.Text, FinishReason: reply.FinishReason, ToolCalls: plans, Usage: t.Usage})
	if err != nil {
		return TurnResult{}, err
	}
	if err := a.Turns.CommitTurn(ctx, scope, t, append(entries, entry), events...); err != nil {
		return TurnResult{}, err
	}
	a.logTurn(ctx, scope, reply.Text)
	return turnResult(t), nil
}

func turnResult(t discovery.Turn) TurnResult {
	r := TurnResult{Head: t.Head, FinishReason: t.FinishReason, TokensIn: t.Usage.TokensIn, TokensOut: t.Usage.TokensOut}
	r.Calls = refs(t.Calls)
	return r
}

// refs gives calls without their arguments, and without a name that the model
// made up: what a run is told stays in the engine's history.
func refs(calls []discovery.PlannedCall) []CallRef {
	out := make([]CallRef, 0, len(calls))
	for _, c := range calls {
		if c.Server == "" {
			c.Tool = ""
		}
		out = append(out, CallRef{CallID: c.CallID, Tool: c.Tool, Server: c.Server, Long: c.Long, Summary: summaryOf(c), EstimateS: estimate(c)})
	}
	return out
}

// subject is what the operator is shown of a call's arguments: a formula, an
// element or the id of a structure. Anything else may be words.
var subject = regexp.MustCompile(`^(?:(?:[A-Z][a-z]?|[()\[\]])[0-9.]*)+$|^st_[0-9a-f]{26}$`)

// summaryOf names a call for the operator: the tool and what it works on.
func summaryOf(c discovery.PlannedCall) string {
	var args map[string]any
	_ = json.Unmarshal(c.Arguments, &args) // arguments that do not decode just have no subject
	parts := []string{cmp.Or(c.Tool, "a call that cannot be made")}
	for _, k := range []string{"formula", "compositions", "elements", "structure_id", "structure_ids"} {
		list, ok := args[k].([]any)
		if s, one := args[k].(string); one {
			list, ok = []any{s}, true
		}
		if !ok {
			continue
		}
		for _, x := range list {
			if s, ok := x.(string); ok && subject.MatchString(s) {
				parts = append(parts, s)
			}
		}
		break
	}
	return shorten(strings.Join(parts, " "), 60)
}

// plan binds the model's calls to tools. A call that cannot be run keeps the
// error, which becomes its result: the model can mend it.
func (a *Activities) plan(ctx context.Context, turn int, calls []llm.ToolCall) ([]discovery.PlannedCall, error) {
	specs, err := a.specs(ctx)
	if err != nil {
		return nil, err
	}
	planned := make([]discovery.PlannedCall, 0, len(calls))
	for i, c := range calls {
		planned = append(planned, bind(c, id.ToolStep(turn, i+1), specs))
	}
	return planned, nil
}

func lastUser(ms []llm.Message) string {
	for i := len(ms) - 1; i >= 0; i-- {
		if ms[i].Role == llm.RoleUser {
			return ms[i].Content
		}
	}
	return ""
}
