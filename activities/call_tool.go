package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
)

// CallTool runs one tool call to its typed outcome and commits it. A result
// computed once is reused by its idempotency key; a long call that was cut off
// goes on from its checkpoint.
func (a *Activities) CallTool(ctx context.Context, in CallInput) (CallResult, error) {
	rec, err := recorder(ctx)
	if err != nil {
		return CallResult{}, err
	}
	planned, err := a.planned(ctx, in)
	if err != nil {
		return CallResult{}, err
	}
	c := &callRun{a: a, rec: rec, in: in, planned: planned, call: newCall(rec.Scope(), in, planned)}
	if done, err := c.already(ctx); err != nil || done != nil {
		return deref(done), err
	}
	hb := startHeartbeat(ctx)
	defer hb.close()
	c.hb = hb

	if err := c.start(); err != nil {
		return CallResult{}, err
	}
	res, err := c.perform(ctx)
	if err != nil {
		// Viewers are told of the failure, and before that of what failed.
		if terr := c.announce(detached(ctx)); terr != nil {
			a.Log.InfoContext(ctx, "a call that failed could not be announced", "call", c.call.ID, "error", terr)
		}
	}
	return res, err
}

// perform takes a call that has begun to its outcome.
func (c *callRun) perform(ctx context.Context) (CallResult, error) {
	if refused, err := c.refusal(ctx); err != nil {
		return CallResult{}, err
	} else if refused != nil {
		return c.commit(ctx, tool.Outcome{Status: tool.StatusToolError, Error: refused})
	}
	c.call.Computation = c.a.computation(c.planned, c.records)
	if done, err := c.reuse(ctx); err != nil || done != nil {
		return deref(done), err
	}
	return c.run(ctx)
}

// SkipTool records that the user gave a failed call up: the model is told.
func (a *Activities) SkipTool(ctx context.Context, in CallInput) (CallResult, error) {
	rec, err := recorder(ctx)
	if err != nil {
		return CallResult{}, err
	}
	planned, err := a.planned(ctx, in)
	if err != nil {
		return CallResult{}, err
	}
	c := &callRun{a: a, rec: rec, in: in, planned: planned, call: newCall(rec.Scope(), in, planned)}
	return c.commit(ctx, tool.Outcome{Status: tool.StatusFailed, Error: &tool.Error{
		Code: "skipped", Message: in.Reason, Suggestions: []string{"go on without this result, and say that it is missing"},
	}})
}

// planned loads the call as its turn planned it.
func (a *Activities) planned(ctx context.Context, in CallInput) (discovery.PlannedCall, error) {
	if in.Candidate != nil {
		return a.plannedStage(ctx, in)
	}
	t, err := a.Turns.Turn(ctx, in.DiscoveryID, in.TurnGen, id.LLMStep(in.Turn))
	if err != nil {
		return discovery.PlannedCall{}, err
	}
	for _, p := range t.Calls {
		if p.CallID == in.Step {
			return p, nil
		}
	}
	return discovery.PlannedCall{}, fault.New(fault.CodeInternal, "turn %d has no call %s", in.Turn, in.Step)
}

// idempotencyKey names a computation: the same discovery, branch, call,
// arguments and tool version give the same key whatever attempt or run asks.
func idempotencyKey(in CallInput, p discovery.PlannedCall) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00%d\x00%s\x00%s\x00%s\x00%s\x00%s", in.DiscoveryID, in.Branch, in.Turn, in.Step, p.Server, p.Tool, p.Version, p.Arguments)
	return hex.EncodeToString(h.Sum(nil))[:40]
}

func newCall(s event.Scope, in CallInput, p discovery.PlannedCall) discovery.Call {
	return discovery.Call{
		ID: in.Step, DiscoveryID: in.DiscoveryID, UserID: s.UserID, IdempotencyKey: idempotencyKey(in, p), Gen: in.Gen,
		Tool: p.Tool, Server: p.Server, ToolVersion: p.Version, Arguments: p.Arguments, Attempts: s.Attempt, StartedAt: time.Now().UTC(),
	}
}
