package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sort"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// SettleCandidatesInput closes a call that fanned out.
type SettleCandidatesInput struct {
	CallInput
	Base      int // candidates are numbered from Base+1
	Evaluated int // those beyond had no budget
	// Status and Error are set when the call was stopped: it keeps what was found.
	Status tool.Status `json:",omitempty"`
	Error  *tool.Error `json:",omitempty"`
}

// Place says where the call stands.
func (in SettleCandidatesInput) Place() Place {
	return SettleInput{CallInput: in.CallInput}.Place()
}

// stopped reports whether the fan-out did not come to its end.
func (in SettleCandidatesInput) stopped() bool { return in.Status != "" }

// candidateResult is one entry of the result. Numbers are given with their keys:
// they are values of the candidate's own calls.
type candidateResult struct {
	Formula   string         `json:"formula"`
	Candidate string         `json:"candidate"`
	Status    string         `json:"status"` // complete | partial | failed | not_evaluated
	Failed    []stageFailure `json:"failed_stages"`
	Structure string         `json:"best_structure_id,omitempty"`
	Values    []citedValue   `json:"values"`
}

type stageFailure struct {
	CallID  string `json:"call_id"`
	Tool    string `json:"tool"`
	Message string `json:"message"`
}

type citedValue struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value any    `json:"value"`
	Unit  string `json:"unit"`
}

// shownValues are those of a candidate that the model is shown; all are stored.
var shownValues = map[string]bool{"energy_above_hull_per_atom": true, "formation_energy_per_atom": true, "composition_valid": true, "energy_per_atom": true, "space_group_number": true}

// SettleCandidates gathers what the candidates found, as the call's result.
func (a *Activities) SettleCandidates(ctx context.Context, in SettleCandidatesInput) (CallResult, error) {
	c, done, err := a.callOf(ctx, in.CallInput)
	if err != nil || done {
		return CallResult{Cached: true}, err
	}
	// The attempt that is shown says what was asked for, too.
	if err := c.start(); err != nil {
		return CallResult{}, err
	}
	if err := discovery.Spell(ctx, a.Said, in.DiscoveryID, spoken(in.Error)...); err != nil {
		return CallResult{}, err
	}
	args, _ := readCandidates(c.planned) // OpenCandidates has refused what cannot be read
	if in.stopped() {
		if err := a.settleStages(ctx, in, len(args.Compositions)); err != nil {
			return CallResult{}, err
		}
	}
	g, err := a.gather(ctx, in)
	if err != nil {
		return CallResult{}, err
	}
	body, err := g.result(args.Compositions, in)
	if err != nil {
		return CallResult{}, err
	}
	c.task = &event.TaskStart{TaskID: c.call.ID, TaskType: "screening", TotalSteps: len(args.Compositions)}
	return c.commit(ctx, tool.Outcome{Status: cmp.Or(in.Status, tool.StatusOK), Error: in.Error, Result: body})
}

// settleStages gives the calls that candidates were stopped in their outcome.
func (a *Activities) settleStages(ctx context.Context, in SettleCandidatesInput, count int) error {
	open, err := a.Steps.Unfinished(ctx, in.DiscoveryID, in.Gen)
	if err != nil {
		return err
	}
	for _, step := range open {
		at, ok := id.ParseStep(step)
		if !ok || at.Candidate <= in.Base || at.Candidate > in.Base+count {
			continue // of another call
		}
		stage := SettleInput{CallInput: in.CallInput, Status: in.Status, Error: in.Error}
		stage.Step = step
		stage.Candidate = &CandidateRef{Call: in.Step, Index: at.Candidate - in.Base - 1, Number: at.Candidate, Stage: at.Turn}
		sctx, err := a.Open(ctx, stage.Place())
		if err == nil {
			_, err = a.Settle(sctx, stage)
		}
		if err != nil {
			return fmt.Errorf("stop %s: %w", step, err)
		}
	}
	return nil
}

// gathered is what the candidates of a call left.
type gathered struct {
	calls  map[string]discovery.Call
	values map[string][]value.Value
}

func (a *Activities) gather(ctx context.Context, in SettleCandidatesInput) (gathered, error) {
	g := gathered{values: map[string][]value.Value{}}
	values, _, err := a.Calls.Made(ctx, in.DiscoveryID)
	if err != nil {
		return g, err
	}
	calls, err := a.Calls.Of(ctx, in.DiscoveryID)
	if err != nil {
		return g, err
	}
	g.calls = newestCalls(calls)
	for _, v := range values {
		if shownValues[v.Name] {
			g.values[v.CallID] = append(g.values[v.CallID], v)
		}
	}
	return g, nil
}

// result lists the candidates, the best first.
func (g gathered) result(compositions []string, in SettleCandidatesInput) (json.RawMessage, error) {
	count := map[string]int{}
	all := make([]candidateResult, 0, len(compositions))
	for i, f := range compositions {
		number := in.Base + i + 1
		r := g.candidate(f, number, i < in.Evaluated && (!in.stopped() || g.begun(number)))
		count[r.Status]++
		all = append(all, r)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].aboveHull() < all[j].aboveHull() })
	return json.Marshal(map[string]any{
		"total": len(all), "complete": count["complete"], "partial": count["partial"], "failed": count["failed"],
		"not_evaluated": count["not_evaluated"], "candidates": all,
	})
}

// begun reports whether any stage of a candidate has an outcome.
func (g gathered) begun(number int) bool {
	_, made := g.calls[id.CandidateStep(number, StageGenerate)]
	return made
}

func (g gathered) candidate(formula string, number int, evaluated bool) candidateResult {
	r := candidateResult{Formula: formula, Candidate: fmt.Sprintf("c%d", number), Status: "not_evaluated", Failed: []stageFailure{}, Values: []citedValue{}}
	if !evaluated {
		return r
	}
	ok := 0
	for stage := StageGenerate; stage <= LastStage; stage++ {
		step := id.CandidateStep(number, stage)
		c, made := g.calls[step]
		switch {
		case made && c.Status == tool.StatusOK:
			ok++
		case made && c.Error != nil:
			r.Failed = append(r.Failed, stageFailure{step, c.Tool, shorten(c.Error.Message, 200)})
		default:
			r.Failed = append(r.Failed, stageFailure{CallID: step, Message: "not made"})
		}
		for _, v := range g.values[step] {
			if len(r.Values) < 12 {
				r.Values = append(r.Values, cited(v))
			}
			if stage >= StageRelax && v.StructureID != "" {
				r.Structure = v.StructureID
			}
		}
	}
	switch ok {
	case LastStage:
		r.Status = "complete"
	case 0:
		r.Status = "failed"
	default:
		r.Status = "partial"
	}
	return r
}

// aboveHull orders candidates: those without a hull energy come last.
func (r candidateResult) aboveHull() float64 {
	for _, v := range r.Values {
		if e, ok := v.Value.(float64); ok && v.Name == "energy_above_hull_per_atom" {
			return e
		}
	}
	return math.Inf(1)
}

func cited(v value.Value) citedValue {
	c := citedValue{Key: v.Key, Name: v.Name, Unit: v.Unit}
	if v.Number != nil {
		c.Value = *v.Number
	} else if v.Bool != nil {
		c.Value = *v.Bool
	}
	return c
}
