package planner

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/prompt"
)

func limited(mode, query string, wallS float64) *lab {
	l := newLab(mode, query, append(everyTool, lookup, "substitute_elements")...)
	l.messages[0] = say("system", "# Mode: "+mode+"\n\n"+prompt.Budget(discovery.Budget{WallS: wallS, ToolCalls: 60}))
	return l
}

// TestAShortBudgetIsShared: every composition gets a search that the time allows,
// in small cells, and the answer says so.
func TestAShortBudgetIsShared(t *testing.T) {
	t.Parallel()
	l := limited("rigorous", "Five new stable K-Y-Zr-O quaternaries", 1200)
	text := l.run(t)
	require.Len(t, l.asked("generate_crystal_csp"), 5)
	for _, a := range l.asked("generate_crystal_csp") {
		require.Equal(t, 12, a["num_samples"])
		require.LessOrEqual(t, a["max_atoms"], 40)
	}
	for _, a := range l.asked("relax_structures") {
		require.Equal(t, 0.1, a["fmax"])
		require.Equal(t, 3, a["keep_best"], "the best are relaxed to the usual threshold all the same")
	}
	require.Contains(t, text, "The wall time allows fewer samples")
	require.Contains(t, text, ".n_tried}}")
	require.Contains(t, text, "`Zr: said of it`", "what the tools say of such energies is repeated")

	l = limited("rigorous", "Five new stable K-Y-Zr-O quaternaries", 4*3600)
	require.NotContains(t, l.run(t), "The wall time allows fewer samples")
	require.Equal(t, rigorousSamples, l.asked("generate_crystal_csp")[0]["num_samples"])
	require.Nil(t, l.asked("generate_crystal_csp")[0]["max_atoms"])
}

// TestARaisedLimitIsSearched: limits that are told anew on the way, raised, make
// the search as large as they allow; what was told last holds.
func TestARaisedLimitIsSearched(t *testing.T) {
	t.Parallel()
	l := limited("rigorous", "Five new stable K-Y-Zr-O quaternaries", 1200)
	l.run(t)
	short := len(l.asked("generate_crystal_csp"))
	answer := l.messages[len(l.messages)-1]
	l.messages = append(l.messages[:1:1], append([]message{say("system", prompt.Budget(discovery.Budget{WallS: 4 * 3600}))}, l.messages[1:len(l.messages)-1]...)...)
	text := l.run(t)
	searches := l.asked("generate_crystal_csp")
	require.Len(t, searches, 2*short)
	for _, a := range searches[short:] {
		require.Equal(t, rigorousSamples, a["num_samples"])
		require.Nil(t, a["max_atoms"])
	}
	require.Contains(t, answer.text(), "The wall time allows fewer samples")
	require.NotContains(t, text, "The wall time allows fewer samples")
}

// TestALongBudgetPressesNobody: a search that is wanted over the floor is no sign
// of too little time.
func TestALongBudgetPressesNobody(t *testing.T) {
	t.Parallel()
	l := limited("rigorous", "What is the crystal structure of MgO?", 4*3600)
	require.NotContains(t, l.run(t), "The wall time allows fewer samples")
	require.GreaterOrEqual(t, l.asked("generate_crystal_csp")[0]["num_samples"], rigorousSamples)
	require.Nil(t, l.asked("generate_crystal_csp")[0]["max_atoms"])
}

// TestTheVoltageComesBeforeTheHull: what the question is about is not left to
// what time a hull leaves.
func TestTheVoltageComesBeforeTheHull(t *testing.T) {
	t.Parallel()
	l := limited("auto", "A new Na-ion cathode with capacity and voltage", 1200)
	text := l.run(t)
	at := func(tool, arg string) int {
		return slices.IndexFunc(l.calls, func(c call) bool { return c.tool == tool && (arg == "" || c.args[arg] != nil) })
	}
	require.Less(t, at("battery_metrics", "charged_structure_id"), at("calculate_energy_above_hull", ""))
	require.Positive(t, at("battery_metrics", "charged_structure_id"))
	require.Contains(t, text, "voltage.average_voltage}}")
	require.Equal(t, 0.05, l.asked("relax_structure")[0]["fmax"])
	for _, a := range l.asked("generate_crystal_csp") {
		require.LessOrEqual(t, a["max_atoms"], 20)
	}
}

func TestOnlyWhatTheMetalsPayForIsTakenOut(t *testing.T) {
	t.Parallel()
	m := material{formula: "Na2FePO4F", id: "st_a"}
	d := done{result: map[string]any{"structures": []any{
		map[string]any{"structure_id": "st_all", "formula": "FePO4F"}, map[string]any{"structure_id": "st_half", "formula": "NaFePO4F"},
	}}}
	require.Equal(t, []string{"st_half"}, chargedIDs(m, "Na", d))
	require.Empty(t, chargedIDs(m, "Na", done{result: map[string]any{"structures": []any{map[string]any{"structure_id": "st_all", "formula": "FePO4F"}}}}))
	d.tool, d.status, d.args = "remove_ion", "ok", map[string]any{"structure_id": "st_a"}
	require.Empty(t, noEndMember(m, "Na", history{d}))
	require.Equal(t, []string{"st_x"}, chargedIDs(material{formula: "LiFePO4"}, "Li", done{result: map[string]any{"structures": []any{map[string]any{"structure_id": "st_x", "formula": "FePO4"}}}}))
}
