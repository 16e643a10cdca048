package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
		first, err := a.beginLate(ctx, d)
		switch {
		case err != nil:
		case d.ForkTurn != nil && *d.ForkTurn > 0:
			err = a.openFork(ctx, d, first, res)
		default:
			res.Head, err = a.writeOpening(ctx, d, first)
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

// fanOuts gives the calls of done turns that fanned out: the numbers of their
// candidates are taken, and values are cited by them. Those that are open get
// theirs when they go on: after these, as the first time.
func (a *Activities) fanOuts(ctx context.Context, did string, begun BeginResult) ([]FanOut, error) {
	var out []FanOut
	next := 0
	for n := 1; n <= begun.Turn; n++ {
		t, err := a.Turns.TurnAt(ctx, did, n)
		if err != nil {
			return nil, err
		}
		for _, p := range t.Calls {
			open := begun.Resume != nil && slices.ContainsFunc(begun.Resume.Open, func(c CallRef) bool { return c.CallID == p.CallID })
			args, refused := readCandidates(p)
			if p.Tool != ToolEvaluateCandidates || open || refused != nil {
				continue
			}
			f := FanOut{Call: p.CallID, Base: next, Count: len(args.Compositions)}
			c, err := a.Calls.Newest(ctx, did, p.CallID)
			if err != nil {
				return nil, err
			}
			if first := firstCandidate(c.Result); first > 0 {
				f.Base = first - 1
			}
			out, next = append(out, f), max(next, f.Base+f.Count)
		}
	}
	return out, nil
}

// firstCandidate gives the lowest number among the candidates of a result; 0
// when it has none.
func firstCandidate(result json.RawMessage) int {
	var r struct {
		Candidates []struct {
			Candidate string `json:"candidate"`
		} `json:"candidates"`
	}
	if json.Unmarshal(result, &r) != nil {
		return 0 // it was given up, and has none
	}
	first := 0
	for _, c := range r.Candidates {
		if n, err := strconv.Atoi(strings.TrimPrefix(c.Candidate, "c")); err == nil && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}

// openFork begins a fork: the parent's transcript up to the turn with the
// results of its calls, then the edited instruction.
func (a *Activities) openFork(ctx context.Context, d discovery.Discovery, first *beginning, res *BeginResult) error {
	n := *d.ForkTurn
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
	res.Head, err = a.commitOpening(ctx, d, first.scope, t.Head, messages)
	return err
}
