package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// carbon is a search of carbon whose batch has refined graphite only.
func carbon() history {
	search := done{callID: "t1.tool1", tool: "generate_crystal_csp", status: "ok", args: map[string]any{"formula": "C"},
		result: map[string]any{"structures": []any{map[string]any{"structure_id": "a4"}, map[string]any{"structure_id": "a3"}, map[string]any{"structure_id": "a9"}}}}
	items := []any{
		map[string]any{"structure_id": "graphite", "input_structure_id": "a9", "formula": "C", "rank": 1.0, "energy_above_best": 0.0, "energy_per_atom": -9.18, "converged": true, "label": "graphite"},
		map[string]any{"structure_id": "other", "input_structure_id": "a3", "formula": "C", "energy_per_atom": -8.0, "converged": true, "label": "Magnesium (A3)"},
		map[string]any{"structure_id": "coarse", "input_structure_id": "a4", "formula": "C", "energy_per_atom": -9.05, "converged": true, "label": "diamond (A4)"},
	}
	return history{search, relaxedTo("t2.tool1", "graphite", items, "a4", "a3", "a9")}
}

func relaxedTo(callID, best string, items []any, ids ...string) done {
	return done{callID: callID, tool: "relax_structures", status: "ok", args: map[string]any{"structure_ids": anyList(ids)}, result: map[string]any{"best_structure_id": best, "items": items}}
}

// TestTheArrangementAskedForIsRelaxedAsTightly: the bulk modulus of diamond is not
// that of the graphite which is lower in energy.
func TestTheArrangementAskedForIsRelaxedAsTightly(t *testing.T) {
	t.Parallel()
	r := understand("Bulk modulus of diamond", "", map[string]bool{"fit_equation_of_state": true, "relax_structures": true})
	h := carbon()
	next, ok := stages(r, h)
	require.True(t, ok)
	require.Len(t, next.calls, 1)
	require.Equal(t, []any{"graphite", "coarse"}, next.calls[0].args["structure_ids"], "beside those that are ranked")

	h = append(h, relaxedTo("t3.tool1", "graphite", []any{
		map[string]any{"structure_id": "graphite", "input_structure_id": "graphite", "formula": "C", "rank": 1.0, "energy_above_best": 0.0, "energy_per_atom": -9.18, "converged": true, "label": "graphite"},
		map[string]any{"structure_id": "fine", "input_structure_id": "coarse", "formula": "C", "rank": 2.0, "energy_above_best": 0.12, "energy_per_atom": -9.06, "converged": true, "label": "diamond (A4)"},
	}, "graphite", "coarse"))
	_, again := refineMeant(r, h)
	require.False(t, again)
	best := r.best(h)
	require.Equal(t, "fine", best[0].id)
	require.Contains(t, r.insteadLine(facts{material: best[0]}), "**diamond** structure of C, which the question names. By this potential it lies {{v:t3.tool1.items.1.energy_above_best}} above")
	require.Contains(t, course(facts{material: best[0]}, h), "structures relaxed {{v:t2.tool1.n_members}}, of which converged {{v:t2.tool1.n_converged}}; the lowest and what the question is about then relaxed alike, {{v:t3.tool1.n_members}}")
}

// TestARefinementThatFailedIsNotAskedForAgain, and the answer is of the lowest.
func TestARefinementThatFailedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	r := understand("Bulk modulus of diamond", "", map[string]bool{"fit_equation_of_state": true})
	h := append(carbon(), done{callID: "t3.tool1", tool: "relax_structures", status: "failed", args: map[string]any{"structure_ids": anyList([]string{"graphite", "coarse"})}})
	_, again := refineMeant(r, h)
	require.False(t, again)
	best := r.best(h)
	require.Equal(t, "graphite", best[0].id)
	require.Contains(t, r.insteadLine(facts{material: best[0]}), "so what follows is of the lowest one found")
}

// TestTheKnownPhaseIsRefinedWhereItIsMeasured, though the potential finds another
// one lower.
func TestTheKnownPhaseIsRefinedWhereItIsMeasured(t *testing.T) {
	t.Parallel()
	r := understand("XRD peaks of CsCl", "", map[string]bool{"simulate_xrd": true})
	search := done{callID: "t1.tool1", tool: "generate_crystal_csp", status: "ok", args: map[string]any{"formula": "CsCl"}, result: map[string]any{"structures": []any{map[string]any{"structure_id": "b1"}}}}
	look := done{callID: "t1.tool2", tool: lookup, status: "ok", result: map[string]any{"items": []any{map[string]any{"formula": "CsCl", "name": "cscl", "structure_id": "st_known"}}}}
	first := relaxedTo("t2.tool1", "salt", []any{
		map[string]any{"structure_id": "salt", "input_structure_id": "b1", "formula": "CsCl", "rank": 1.0, "energy_above_best": 0.0, "energy_per_atom": -3.6, "converged": true},
		map[string]any{"structure_id": "coarse", "input_structure_id": "st_known", "formula": "CsCl", "energy_per_atom": -3.5, "converged": true},
	}, "st_known", "b1")
	next, ok := refineMeant(r, history{search, look, first})
	require.True(t, ok)
	require.Equal(t, []any{"salt", "coarse"}, next.calls[0].args["structure_ids"])
	second := relaxedTo("t3.tool1", "salt", []any{
		map[string]any{"structure_id": "salt", "input_structure_id": "salt", "formula": "CsCl", "rank": 1.0, "energy_above_best": 0.0, "energy_per_atom": -3.6, "converged": true},
		map[string]any{"structure_id": "fine", "input_structure_id": "coarse", "formula": "CsCl", "rank": 2.0, "energy_above_best": 0.05, "energy_per_atom": -3.55, "converged": true},
	}, "salt", "coarse")
	best := r.best(history{search, look, first, second})
	require.Equal(t, "fine", best[0].id, "what was made of the known phase in two steps is it still")
	require.Contains(t, r.insteadLine(facts{material: best[0]}), "listed known phase of CsCl (`cscl`). By this potential it lies {{v:t3.tool1.items.1.energy_above_best}} above")
}
