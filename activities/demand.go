package activities

import (
	"context"
	"encoding/json"
	"time"

	"crystalyse/internal/discovery"
)

// demand applies the rules of the mode to what the model plans: the floor of
// samples of a rigorous search, whoever forgets it. It is told with the result.
func (a *Activities) demand(ctx context.Context, in TurnInput, planned []discovery.PlannedCall) error {
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return err
	}
	used := in.Usage
	switch {
	case d.Deadline != nil:
		used.WallS = in.Budget.WallS - time.Until(*d.Deadline).Seconds()
	case d.StartedAt != nil:
		used.WallS = time.Since(*d.StartedAt).Seconds()
	}
	floor := discovery.SampleFloor(d.Mode, in.Budget, used, searches(planned))
	if floor == 0 {
		return nil
	}
	calls, err := a.Calls.Of(ctx, in.DiscoveryID)
	if err != nil {
		return err
	}
	searched := map[string]bool{}
	for _, c := range calls {
		if f, n := searchOf(c.Tool, c.Arguments); n >= floor {
			searched[f] = true
		}
	}
	for i := range planned {
		f, _ := searchOf(planned[i].Tool, planned[i].Arguments)
		planned[i].Raise(floor, f != "" && searched[f])
	}
	return nil
}

// searches counts the compositions that the calls of a turn search: they share
// the time.
func searches(planned []discovery.PlannedCall) int {
	n := 0
	for _, p := range planned {
		var s struct {
			Compositions []string `json:"compositions"`
		}
		switch {
		case p.Tool == "generate_crystal_csp":
			n++
		case p.Tool == ToolEvaluateCandidates && json.Unmarshal(p.Arguments, &s) == nil:
			n += len(s.Compositions)
		}
	}
	return n
}

// searchOf gives the composition a search is for, and its samples.
func searchOf(name string, args json.RawMessage) (formula string, samples int) {
	var s struct {
		Formula    string `json:"formula"`
		NumSamples int    `json:"num_samples"`
	}
	if name != "generate_crystal_csp" || json.Unmarshal(args, &s) != nil {
		return "", 0
	}
	return s.Formula, s.NumSamples
}
