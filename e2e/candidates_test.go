package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// TestCandidates takes three compositions through all stages with the real
// tools: structures, relaxation, charges, hull. One of them is no compound: it is
// kept with what went wrong, and disturbs no other.
func TestCandidates(t *testing.T) {
	t.Parallel()
	const hull = "c1.t4.tool1.items.0.energy_above_hull_per_atom"
	b := newBench(t, func(s said) reply {
		if len(s.results) == 0 {
			return reply{calls: []scripted{{"evaluate_candidates", map[string]any{"compositions": []string{"MgO", "CaO", "Xx2O"}, "num_samples": 1}}}}
		}
		return reply{text: "MgO lies {{v:" + hull + "}} above the hull."}
	})
	s := b.up()
	d := s.ask("screen three oxides", discovery.Budget{WallS: 3600})
	r := s.endsWithin(d.ID, 25*time.Minute)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	status := map[string]tool.Status{}
	for _, c := range r.Calls {
		status[c.ID] = c.Status
	}
	for _, step := range []string{"t1.tool1", "c1.t1.tool1", "c1.t2.tool1", "c1.t3.tool1", "c1.t4.tool1", "c2.t4.tool1"} {
		require.Equal(t, tool.StatusOK, status[step], step)
	}
	require.Equal(t, tool.StatusToolError, status["c3.t1.tool1"], "Xx is no element")
	require.Len(t, status, 1+3*4)

	var got struct {
		Total, Complete, Failed int
		Candidates              []struct {
			Formula, Status string
			Best            string `json:"best_structure_id"`
			Values          []struct{ Key, Name, Unit string }
		}
	}
	require.NoError(t, json.Unmarshal(resultOf(t, s.events(d.ID), "t1.tool1"), &got))
	require.Equal(t, []int{3, 2, 1}, []int{got.Total, got.Complete, got.Failed})
	require.Equal(t, "Xx2O", got.Candidates[2].Formula, "what has no energy comes last")
	require.NotEmpty(t, got.Candidates[0].Best)
	for _, v := range got.Candidates[0].Values {
		if v.Name == "energy_above_hull_per_atom" {
			require.Equal(t, "eV/atom", v.Unit)
		}
	}
	above := named(r, "energy_above_hull_per_atom")
	require.NotEmpty(t, above)
	require.GreaterOrEqual(t, above[0], 0.0)
	require.Equal(t, r.Validation.ValuesTotal, r.Validation.ValuesResolved)
	require.Empty(t, r.Validation.Unsourced)
	require.Equal(t, 1+3*4, r.Usage.ToolCalls, "each stage is a call, also one that finds nothing to work on")
}

// resultOf gives the result that viewers had of a call.
func resultOf(t *testing.T, es []event.Event, callID string) json.RawMessage {
	t.Helper()
	for _, e := range es {
		if e.Type != event.TypeToolCallResult {
			continue
		}
		p, err := event.Decode(e)
		require.NoError(t, err)
		if res := p.(event.ToolCallResult); res.CallID == callID {
			body, err := json.Marshal(res.Result)
			require.NoError(t, err)
			return body
		}
	}
	t.Fatalf("%s has no result", callID)
	return nil
}
