package planner

import (
	"slices"
	"strings"
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

// TestAShortSearchGoesOnInRounds: unrelaxed energies choose, a first pass, then
// the best further, all compositions alike; the answer shows several structures
// of each, and every round's counts.
func TestAShortSearchGoesOnInRounds(t *testing.T) {
	t.Parallel()
	for _, cut := range []int{0, 4} {
		l := limited("rigorous", "Five new stable K-Y-Zr-O quaternaries", 1200)
		l.tools[screener], l.cut = true, cut
		text := l.run(t)
		for _, a := range l.asked("generate_crystal_csp") {
			require.Equal(t, rigorousSamples, a["num_samples"])
		}
		screens, rounds := l.asked(screener), l.asked("relax_structures")
		require.Len(t, screens, 5)
		require.Equal(t, screenKept, screens[0]["keep"])
		require.Len(t, rounds, 10, "what has converged is not relaxed a third time")
		for i, a := range rounds[:5] {
			require.Equal(t, []any{firstFmax, firstSteps, nil}, []any{a["fmax"], a["max_steps"], a["keep_best"]})
			given := screens[i]["structure_ids"].([]any)
			require.Equal(t, []any{given[1], given[0]}, a["structure_ids"], "in the order of their unrelaxed energies")
			next := rounds[5+i]
			require.Equal(t, []any{"re_" + given[0].(string), "re_" + given[1].(string)}, next["structure_ids"], "the lowest first")
			require.Equal(t, []any{roundFmax, roundSteps, nil}, []any{next["fmax"], next["max_steps"], next["keep_best"]})
		}
		require.Equal(t, 5, strings.Count(text, ", by energy above the best one:"))
		require.Contains(t, text, ".energy_per_atom}} | {{v:")
		require.Equal(t, cut > 0, strings.Contains(text, "The time left out most of the structures"))
		require.Contains(t, text, "| K1YZrO4 | {{v:t2.tool2.n_tried}} | {{v:t2.tool2.n_kept}} | {{v:t4.tool1.n_members}} | {{v:t4.tool1.n_cut}} | {{v:t5.tool1.n_members}} | {{v:t5.tool1.n_converged}} |")
		require.Contains(t, text, "- K1YZrO4, K2YZrO4, K3YZrO4, K4YZrO4 and K5YZrO4: `not in the set`", "what is said of all is said once")
	}
}

// TestUnconvergedStructuresAreShownButNotRanked: they stand below the others,
// without a difference, whatever their energy.
func TestUnconvergedStructuresAreShownButNotRanked(t *testing.T) {
	t.Parallel()
	item := func(id string, e float64, more map[string]any) any {
		m := map[string]any{"structure_id": id, "input_structure_id": "in_" + id, "energy_per_atom": e, "space_group_symbol": id}
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	relaxed := done{callID: "t3.tool1", tool: "relax_structures", status: "ok", args: map[string]any{"structure_ids": []any{"in_a"}}, result: map[string]any{"items": []any{
		item("open", -9, nil),
		item("twin", -8, map[string]any{"converged": true, "duplicate_of": "best"}),
		item("best", -8, map[string]any{"converged": true, "rank": 1, "energy_above_best": 0.0}),
	}}}
	search := done{tool: "generate_crystal_csp", result: map[string]any{"structures": []any{map[string]any{"structure_id": "in_a"}}}}
	var b strings.Builder
	polymorphs(&b, facts{material: material{formula: "MgO", search: search, relaxed: relaxed}}, history{search, relaxed}, 4)
	require.Contains(t, b.String(), "| best | `random cell` | {{v:t3.tool1.items.2.energy_per_atom}} | {{v:t3.tool1.items.2.energy_above_best}} |\n| open | `random cell` | {{v:t3.tool1.items.0.energy_per_atom}} | not converged, not ranked |")
	require.NotContains(t, b.String(), "twin")
}

// TestRoundsComeToAnEnd: what does not converge is relaxed further only as often
// as there is time for.
func TestRoundsComeToAnEnd(t *testing.T) {
	t.Parallel()
	round := func(from, to string, cut, converged bool) done {
		d := done{tool: "relax_structures", status: "ok", args: map[string]any{"structure_ids": []any{from}}}
		d.result = map[string]any{"n_cut": 0.0, "items": []any{map[string]any{"structure_id": to, "energy_per_atom": -1.0, "converged": converged}}}
		if cut {
			d.result["n_cut"] = 1.0
		}
		return d
	}
	r := request{}
	r.formulas = []string{"MgO"}
	search := done{tool: "generate_crystal_csp", status: "ok", args: map[string]any{"formula": "MgO"}, result: map[string]any{"structures": []any{map[string]any{"structure_id": "a"}}}}
	h := history{search, round("a", "b", false, true)}
	_, more := anotherRound(r, h)
	require.True(t, more, "the first pass has a loose threshold")
	h = append(h, round("b", "c", false, false))
	_, more = anotherRound(r, h)
	require.True(t, more)
	_, more = anotherRound(r, append(h[:2:2], round("b", "c", false, true)))
	require.False(t, more)
	for i, id := 0, "c"; i < roundsAfter; i++ {
		h = append(h, round(id, id+"c", false, false))
		id += "c"
	}
	_, more = anotherRound(r, h)
	require.False(t, more)
	late := history{search, round("a", "b", true, true), round("b", "c", false, false), round("c", "d", false, false)}
	_, more = anotherRound(r, late)
	require.False(t, more)
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
