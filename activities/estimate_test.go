package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// TestWhatTheOperatorIsShown: a call is named by its tool and by formulas, elements
// or structures; other words of its arguments, and tools that a model made up, are
// not told to the engine.
func TestWhatTheOperatorIsShown(t *testing.T) {
	t.Parallel()
	const id = "st_0123456789abcdef0123456789"
	for _, c := range []struct{ tool, args, want string }{
		{"validate_composition", `{"compositions":["MgO","Ca(OH)2","Li0.5CoO2"]}`, "validate_composition MgO Ca(OH)2 Li0.5CoO2"},
		{"relax_structure", `{"structure_id":"` + id + `"}`, "relax_structure " + id},
		{"filter", `{"elements":["Na","O"],"note":"the Xenotime route"}`, "filter Na O"},
		{"validate_composition", `{"compositions":["MgO","the Xenotime route","Xenotime"]}`, "validate_composition MgO"},
		{"relax_structure", `{"structure_id":"the Xenotime route"}`, "relax_structure"},
		{"memory_save", `{"content":"the Xenotime route","formulas":["MgO"]}`, "memory_save"},
		{"energy", `[]`, "energy"},
	} {
		p := discovery.PlannedCall{Tool: c.tool, Server: "x", Arguments: json.RawMessage(c.args)}
		require.Equal(t, c.want, refs([]discovery.PlannedCall{p})[0].Summary)
	}
	made := refs([]discovery.PlannedCall{{Tool: "the_Xenotime_route", Arguments: json.RawMessage(`{}`), Error: &tool.Error{}}})[0]
	require.Empty(t, made.Tool)
	require.Equal(t, "a call that cannot be made", made.Summary)
}

// TestEstimate: what is asked for decides the guess: compositions, and the
// samples of each.
func TestEstimate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool, server, args string
		long               bool
		want               float64
	}{
		{"validate_composition", "smact", `{"compositions":["MgO","CaO"]}`, false, 5},
		{"relax_structures", "mace", `{"structure_ids":["a","b","c"]}`, true, 180},
		{"generate_crystal_csp", "chemeleon", `{"formula":"MgO","num_samples":30}`, true, 1800},
		{ToolEvaluateCandidates, tool.ServerWorkflow, `{"compositions":["MgO","CaO"],"num_samples":1}`, true, 120},
		{ToolEvaluateCandidates, tool.ServerWorkflow, `{"compositions":["MgO","CaO","SrO"]}`, true, 720}, // four samples without a number
		{ToolEvaluateCandidates, tool.ServerWorkflow, `{"compositions":[]}`, true, 5},
	} {
		p := discovery.PlannedCall{Tool: c.tool, Server: c.server, Long: c.long, Arguments: json.RawMessage(c.args)}
		require.InDelta(t, c.want, estimate(p), 1e-9, c.tool+c.args)
	}
}
