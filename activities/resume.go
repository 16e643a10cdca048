package activities

import (
	"context"
	"fmt"
	"slices"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

// resume finds where a reopened discovery goes on: after its last committed
// turn, with the calls of that turn. What was computed is not computed again.
func (a *Activities) resume(ctx context.Context, d discovery.Discovery, res *BeginResult) error {
	t, gen, err := a.Turns.LastTurn(ctx, d.ID)
	if fault.Is(err, fault.CodeNotFound) {
		// It failed before its first turn.
		if d.ForkTurn != nil && *d.ForkTurn > 0 {
			err = a.openFork(ctx, d, res)
		} else {
			res.Head, err = a.writeOpening(ctx, d)
		}
		res.Resume = &ResumePoint{Gen: gen + 1, Head: res.Head, PrevGen: NoResults}
		return err
	}
	if err != nil {
		return err
	}
	place, ok := id.ParseStep(t.Step)
	if !ok {
		return fault.New(fault.CodeInternal, "%q is no turn", t.Step)
	}
	res.Head, res.Turn = t.Head, place.Turn
	res.Resume = &ResumePoint{Gen: gen + 1, PrevGen: t.Gen, Head: t.Head, Answered: len(t.Calls) == 0, Usage: d.Usage}
	if res.Resume.Open, err = a.undone(ctx, d.ID, t); err != nil {
		return err
	}
	scope := scopeOf(d, gen+1, event.Outside(fmt.Sprintf("begin.%d", d.Retries)), 0)
	from := id.LLMStep(place.Turn + 1)
	if open := res.Resume.Open; len(open) > 0 {
		from = open[0].CallID
	}
	e, err := scope.New(event.DiscoveryStatus{Status: string(discovery.StatusRunning), Details: "tried again from " + from, Gen: gen + 1})
	if err != nil {
		return err
	}
	return a.Lifecycle.SetStatus(ctx, scope, discovery.StatusChange{Status: discovery.StatusRunning, Usage: d.Usage}, e)
}

// undone gives the calls of a turn that have no result.
func (a *Activities) undone(ctx context.Context, did string, t discovery.Turn) ([]CallRef, error) {
	calls, err := a.Calls.Of(ctx, did)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for _, c := range calls {
		done[c.ID] = done[c.ID] || c.Status == tool.StatusOK || c.Status == tool.StatusToolError
	}
	return slices.DeleteFunc(refs(t.Calls), func(c CallRef) bool { return done[c.CallID] }), nil
}

// openFork begins a fork: the parent's transcript up to the turn with the
// results of its calls, then the edited instruction.
func (a *Activities) openFork(ctx context.Context, d discovery.Discovery, res *BeginResult) error {
	n := *d.ForkTurn
	agent, _, err := a.agent(d.Mode)
	if err != nil {
		return err
	}
	t, err := a.Turns.TurnAt(ctx, d.ID, n)
	if err != nil {
		return err
	}
	messages, err := a.resultMessages(ctx, TurnInput{DiscoveryID: d.ID, Turn: n + 1, PrevGen: t.Gen})
	if err != nil {
		return err
	}
	messages = append(messages, llm.Message{Role: llm.RoleUser, Content: d.Query})
	res.Turn, res.Forked = n, true
	res.Head, err = a.commitOpening(ctx, d, agent, t.Head, messages)
	return err
}
