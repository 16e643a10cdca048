package activities

import (
	"context"
	"encoding/json"

	"crystalyse/internal/discovery"
)

// demand applies the rules of the mode to what the model plans: the floor of
// samples of a rigorous search, whoever forgets it. It is told with the result.
func (a *Activities) demand(ctx context.Context, in TurnInput, planned []discovery.PlannedCall) error {
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return err
	}
	floor := discovery.SampleFloor(d.Mode, in.Budget, in.Usage)
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
