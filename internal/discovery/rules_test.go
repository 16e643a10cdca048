package discovery_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

func TestSampleFloor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode     discovery.Mode
		wall     float64
		spent    float64
		searches int
		want     int
	}{
		{discovery.ModeCreative, 3600, 0, 1, 0},
		{discovery.ModeAuto, 3600, 0, 1, 0},
		{discovery.ModeRigorous, 0, 0, 5, 30},
		{discovery.ModeRigorous, 3600, 0, 5, 30},
		{discovery.ModeRigorous, 1200, 0, 1, 30},
		{discovery.ModeRigorous, 1200, 0, 5, 12},
		{discovery.ModeRigorous, 300, 0, 0, 15},
		{discovery.ModeRigorous, 300, 240, 1, 3},
		{discovery.ModeRigorous, 300, 400, 1, 0},
	} {
		got := discovery.SampleFloor(c.mode, discovery.Budget{WallS: c.wall}, discovery.Usage{WallS: c.spent}, c.searches)
		require.Equal(t, c.want, got, "%+v", c)
	}
}

func TestRaise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool, args string
		floor      int
		again      bool
		want       string
		told       bool
	}{
		{"generate_crystal_csp", `{"formula":"MgO"}`, 30, false, `{"formula":"MgO","num_samples":30}`, true},
		{"generate_crystal_csp", `{"formula":"MgO","num_samples":5,"z_values":[2]}`, 30, false, `{"formula":"MgO","num_samples":30}`, true},
		{"generate_crystal_csp", `{"formula":"MgO","num_samples":40,"z_values":[1,2]}`, 30, false, `{"formula":"MgO","num_samples":40,"z_values":[1,2]}`, false},
		{"generate_crystal_csp", `{"formula":"MgO","num_samples":5}`, 30, true, `{"formula":"MgO","num_samples":5}`, false},
		{"generate_crystal_csp", `{"formula":"MgO","num_samples":5}`, 0, false, `{"formula":"MgO","num_samples":5}`, false},
		{"evaluate_candidates", `{"compositions":["MgO"]}`, 30, false, `{"compositions":["MgO"],"num_samples":30}`, true},
		{"relax_structures", `{"num_samples":5}`, 30, false, `{"num_samples":5}`, false},
		{"generate_crystal_csp", `[]`, 30, false, `[]`, false},
	} {
		p := discovery.PlannedCall{Tool: c.tool, Arguments: json.RawMessage(c.args)}
		p.Raise(c.floor, c.again)
		require.JSONEq(t, c.want, string(p.Arguments))
		require.Equal(t, c.told, p.Raised != "", c.args)
	}
}

func TestSignal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		mode   discovery.Mode
		tool   string
		result string
		status tool.Status
		words  string
	}{
		{"far", discovery.ModeAuto, "calculate_energy_above_hull", `{"items":[{"energy_above_hull_per_atom":0.3},{"energy_above_hull_per_atom":0.2}],"thresholds":{"metastable":0.1}}`, tool.StatusOK, "far above the hull"},
		{"one is near", discovery.ModeAuto, "calculate_energy_above_hull", `{"items":[{"energy_above_hull_per_atom":0.3},{"energy_above_hull_per_atom":0.02}],"thresholds":{"metastable":0.1}}`, tool.StatusOK, ""},
		{"one is unknown", discovery.ModeAuto, "calculate_energy_above_hull", `{"items":[{"energy_above_hull_per_atom":0.3},{"energy_above_hull_per_atom":null}],"thresholds":{"metastable":0.1}}`, tool.StatusOK, ""},
		{"no thresholds", discovery.ModeAuto, "calculate_energy_above_hull", `{"items":[{"energy_above_hull_per_atom":0.3}]}`, tool.StatusOK, ""},
		{"creative stays", discovery.ModeCreative, "calculate_energy_above_hull", `{"items":[{"energy_above_hull_per_atom":0.3}],"thresholds":{"metastable":0.1}}`, tool.StatusOK, ""},
		{"failed", discovery.ModeAuto, "filter_compositions", `{"n_valid":0}`, tool.StatusToolError, ""},
		{"few", discovery.ModeAuto, "filter_compositions", `{"n_valid":2}`, tool.StatusOK, "too few valid"},
		{"enough", discovery.ModeAuto, "filter_compositions", `{"n_valid":3}`, tool.StatusOK, ""},
		{"guessed", discovery.ModeAuto, "validate_composition", `{"items":[{"valid":false},{"valid":false},{"valid":null},{"valid":true}]}`, tool.StatusOK, "too few of these"},
		{"garbage", discovery.ModeAuto, "validate_composition", `7`, tool.StatusOK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := discovery.Signal(c.mode, discovery.Call{Tool: c.tool, Result: json.RawMessage(c.result), Status: c.status})
			if c.words == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, c.words)
			}
		})
	}
}
