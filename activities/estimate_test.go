package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

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
