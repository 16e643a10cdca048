package planner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lab plays a conversation with the planner, answering its calls as the servers
// would. It lives in tests only.
type lab struct {
	tools    map[string]bool
	above    float64 // of every candidate, above the hull
	answer   string  // to a question
	notes    map[int]string
	ends     map[string]string // how calls of a tool end; "" is ok
	messages []message
	calls    []call
	turns    int
	n        int
}

func say(role, s string) message {
	body, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return message{Role: role, Content: body}
}

var everyTool = strings.Fields("validate_composition filter_compositions generate_crystal_csp relax_structures relax_structure analyze_space_group analyze_coordination calculate_formation_energy calculate_energy_above_hull simulate_xrd fit_equation_of_state compare_models novelty ask_user remove_ion battery_metrics memory_search memory_save evaluate_candidates")

func newLab(mode, query string, tools ...string) *lab {
	l := &lab{tools: map[string]bool{}, notes: map[int]string{}, above: 0.01, messages: []message{say("system", "# Mode: "+mode), say("user", query)}}
	for _, t := range tools {
		l.tools[t] = true
	}
	return l
}

// run plays until the answer.
func (l *lab) run(t *testing.T) string {
	t.Helper()
	for l.turns = 1; ; l.turns++ {
		require.Less(t, l.turns, 20, "the planner does not come to an end")
		r := plan(l.messages, l.tools)
		calls := wireCalls(r, len(l.messages))
		m := say("assistant", r.text)
		m.ToolCalls = calls
		l.messages = append(l.messages, m)
		for i, c := range r.calls {
			l.calls = append(l.calls, c)
			body, err := json.Marshal(map[string]any{"call_id": fmt.Sprintf("t%d.tool%d", l.turns, i+1), "tool": c.tool, "status": cmp.Or(l.ends[c.tool], "ok"), "result": l.result(c)})
			require.NoError(t, err)
			res := say("tool", string(body))
			res.ToolCallID = calls[i].ID
			l.messages = append(l.messages, res)
		}
		note, steered := l.notes[l.turns]
		if steered {
			l.messages = append(l.messages, say("user", note))
		}
		if len(r.calls) == 0 && !steered {
			return r.text
		}
	}
}

func (l *lab) ids(c call) []string {
	switch v := c.args["structure_ids"].(type) {
	case []any:
		out := make([]string, len(v))
		for i, x := range v {
			out[i] = x.(string)
		}
		return out
	}
	return nil
}

func (l *lab) result(c call) map[string]any {
	switch c.tool {
	case "filter_compositions":
		var items []any
		for i := 1; i <= 9; i++ {
			items = append(items, map[string]any{"formula": fmt.Sprintf("K%dYZrO4", i), "assignment": "K+1"})
		}
		return map[string]any{"items": items, "n_valid": 9}
	case "generate_crystal_csp":
		l.n++
		f := c.args["formula"].(string)
		return map[string]any{"formula": f, "n_kept": 2, "structures": []any{map[string]any{"structure_id": fmt.Sprintf("st_%s_%d_a", f, l.n)}, map[string]any{"structure_id": fmt.Sprintf("st_%s_%d_b", f, l.n)}}}
	case "relax_structures":
		var items []any
		best := ""
		for i, id := range l.ids(c) {
			best = "re_" + id
			items = append(items, map[string]any{"structure_id": best, "formula": strings.Split(id, "_")[1], "energy_per_atom": -3 - float64(i), "rank": i + 1, "energy_above_best": 0.1, "space_group_symbol": "Fm-3m", "label": "rocksalt", "converged": true})
		}
		return map[string]any{"items": items, "best_structure_id": best, "n_converged": 2, "potential": map[string]any{"name": "CHGNet"}}
	case "analyze_space_group":
		return map[string]any{"structure_id": c.args["structure_id"], "space_group_symbol": "Fm-3m", "space_group_number": 225, "symprec": 0.1, "conventional": map[string]any{"lattice_a": 5.6, "lattice_b": 5.6, "lattice_c": 5.6}}
	case "calculate_formation_energy", "calculate_energy_above_hull", "novelty":
		var items []any
		for _, id := range l.ids(c) {
			items = append(items, map[string]any{"structure_id": id, "formation_energy_per_atom": -2.0, "converged": true, "energy_above_hull_per_atom": l.above, "verdict": "words", "wording": "not in the set",
				"hull": map[string]any{"entries": 5}, "decomposition": []any{map[string]any{"formula": "K2O"}}})
		}
		return map[string]any{"items": items, "thresholds": map[string]any{"metastable": 0.1}}
	case "evaluate_candidates":
		var out []any
		for i, f := range c.args["compositions"].([]string) {
			out = append(out, map[string]any{"formula": f, "status": "complete", "values": []any{map[string]any{"key": fmt.Sprintf("c%d.t4.tool1.items.0.energy_above_hull_per_atom", i+1), "name": "energy_above_hull_per_atom"}}})
		}
		return map[string]any{"candidates": out}
	case lookup:
		if fmt.Sprint(c.args["elements"]) == "[Fe Na O P]" {
			return map[string]any{"items": []any{map[string]any{"formula": "NaFePO4", "name": "maricite", "structure_id": "st_known"}}}
		}
		return map[string]any{"items": []any{}}
	case "substitute_elements":
		return map[string]any{"structures": []any{map[string]any{"structure_id": "st_NaVPO4_in_maricite", "formula": "NaVPO4"}}}
	case "remove_ion":
		return map[string]any{"structures": []any{map[string]any{"structure_id": "st_charged"}}, "removed": 1, "kept": 0}
	case "relax_structure":
		return map[string]any{"structure_id": "re_charged", "converged": true}
	case "battery_metrics":
		res := map[string]any{"capacity": map[string]any{"gravimetric_capacity": 154.2, "expression": "26801.4 mAh/mol * n / M", "n": 1.0, "molar_mass": 173.0}}
		if c.args["charged_structure_id"] != nil {
			res["voltage"] = map[string]any{"average_voltage": 3.1, "volume_change_percent": -5.0}
		}
		return res
	case "memory_search":
		return map[string]any{"memories": []any{map[string]any{"memory_id": "01JZZZZZZZZZZZZZZZZZZZZZZZ", "quoted_content": "MgO is on the hull", "context": map[string]any{"values": []any{"01D/t1.tool1.e"}}}}}
	case "fit_equation_of_state":
		return map[string]any{"structure_id": c.args["structure_id"], "bulk_modulus": 160.0}
	case "simulate_xrd":
		return map[string]any{"structure_id": c.args["structure_id"], "radiation": "CuKa", "peaks": []any{map[string]any{"two_theta": 31.7, "intensity": 100.0, "hkl": []any{"2 0 0"}}}}
	case "ask_user":
		return map[string]any{"question": c.args["question"], "answer": l.answer, "answered_by": "user"}
	}
	return map[string]any{"structure_id": c.args["structure_id"], "items": []any{}}
}

// asked gives the arguments of the calls of a tool.
func (l *lab) asked(tool string) []map[string]any {
	var out []map[string]any
	for _, c := range l.calls {
		if c.tool == tool {
			out = append(out, c.args)
		}
	}
	return out
}

func TestStabilityIsAHullWhereThereIsOne(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Is MgO stable?", everyTool...)
	text := l.run(t)
	require.Len(t, l.asked("calculate_energy_above_hull"), 1)
	require.Contains(t, text, "energy_above_hull_per_atom}}")
	require.NotContains(t, text, "No hull was computed")

	without := newLab("creative", "Is MgO stable?", strings.Fields("validate_composition generate_crystal_csp relax_structures analyze_space_group analyze_coordination calculate_formation_energy")...)
	text = without.run(t)
	require.Empty(t, without.asked("calculate_energy_above_hull"))
	require.Contains(t, text, "No hull was computed")
	require.Contains(t, text, "{{assume:stability was asked")
}

// TestTheVerdictAnswersTheQuestion: yes, no or unknown in the first words, and
// nothing behind it that says otherwise.
func TestTheVerdictAnswersTheQuestion(t *testing.T) {
	t.Parallel()
	hull := func(item map[string]any) verdict {
		item["hull"] = map[string]any{"entries": 5.0, "missing": item["missing"], "competing": item["competing"]}
		d := done{callID: "t3.tool1", result: map[string]any{"potential": map[string]any{"name": "CHGNet"}, "thresholds": map[string]any{"on_hull": 0.002, "metastable": 0.1}}}
		return readVerdict(d, 0, item, "MgO")
	}
	other, self := []any{map[string]any{"formula": "Mg"}}, []any{map[string]any{"formula": "MgO"}}
	for name, c := range map[string]struct {
		item map[string]any
		want string
	}{
		"on":        {map[string]any{"energy_above_hull_per_atom": 1e-6, "threshold": 0.002, "decomposition": self}, "**MgO is on the hull of these {{v:t3.tool1.items.0.hull.entries}} phases with CHGNet**"},
		"above":     {map[string]any{"energy_above_hull_per_atom": 0.2, "threshold": 0.1, "decomposition": other}, "**MgO is not on the hull of these {{v:t3.tool1.items.0.hull.entries}} phases with CHGNet**: it lies {{v:t3.tool1.items.0.energy_above_hull_per_atom}} above it and would decompose into Mg. That is more than"},
		"undecided": {map[string]any{"energy_above_hull_per_atom": 0.02, "model_error": 0.06, "decomposition": other}, "less than the potential's own error"},
		"missing":   {map[string]any{"energy_above_partial_hull_per_atom": 0.02, "decomposition": other, "missing": []any{"MgO2: known (P), no cell in the list"}}, "is **unknown**: known phases of its system have no energy here (`MgO2`)"},
		"many":      {map[string]any{"energy_above_partial_hull_per_atom": 0.02, "decomposition": other, "missing": []any{"A: x", "B: x", "C: x", "D: x", "E: x", "F: x", "G: x", "H: x", "I: x"}}, "is **unknown**: known phases of its system have no energy here (`A, B, C, D, E, F, G, H and others`)"},
		"a lower known phase": {map[string]any{"energy_above_hull_per_atom": 0.02, "decomposition": self, "competing": []any{map[string]any{"kind": "known", "formula": "MgO", "phase": "rocksalt", "on_hull": true}}},
			"The compound is on that hull, this structure is not."},
	} {
		require.Contains(t, hull(c.item).sentence("MgO"), c.want, name)
	}
	require.NotContains(t, hull(map[string]any{"energy_above_hull_per_atom": 1e-6, "threshold": 0.002, "decomposition": self, "competing": []any{map[string]any{"kind": "known", "formula": "MgO", "on_hull": true}}}).sentence("MgO"), "not its lowest",
		"noise is no lower phase")
}

func TestPolymorphsAreOrdered(t *testing.T) {
	t.Parallel()
	items := []any{
		map[string]any{"structure_id": "a", "rank": 1.0, "energy_above_best": 0.0, "label": "TiO2 (anatase)", "space_group_number": 141.0},
		map[string]any{"structure_id": "b", "rank": 2.0, "energy_above_best": 0.02, "label": "Marcasite (C18)", "space_group_number": 136.0},
		map[string]any{"structure_id": "c", "duplicate_of": "b", "label": "Rutile (C4)"},
	}
	f := facts{material: material{formula: "TiO2", relaxed: done{callID: "t2.tool1", result: map[string]any{"items": items}}}}
	r := understand("Which is more stable, rutile or anatase TiO2?", "", nil)
	text := r.versus(f)
	require.Contains(t, text, "anatase is lower in energy than rutile for TiO2")
	require.Contains(t, text, "rutile lies {{v:t2.tool1.items.1.energy_above_best}} above the lowest structure found", "a structure that relaxed into another counts as that")
	f.hull = verdict{modelErr: "{{v:e}}", errE: 0.06}
	require.Contains(t, r.versus(f), "does not decide the question")
	require.Contains(t, understand("Is TiO2 cubic or tetragonal in its ground state?", "", nil).versus(f), "No structure of the search ended up as cubic")
}

func TestFurtherProperties(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Bulk modulus and XRD pattern of NaCl, please", everyTool...)
	text := l.run(t)
	require.Contains(t, text, ".bulk_modulus}}")
	require.Contains(t, text, "peaks.0.two_theta}}")
	l = newLab("creative", "Bulk modulus of NaCl", "validate_composition")
	require.Contains(t, l.run(t), "fit_equation_of_state is not available")
}

func TestAutoEscalatesOnItsSignal(t *testing.T) {
	t.Parallel()
	l := newLab("auto", "Three new stable K-Y-Zr-O quaternaries", everyTool...)
	l.above = 0.4
	text := l.run(t)
	require.Contains(t, text, "all far above the hull, so the search was made larger")
	samples, formulas := map[float64]bool{}, map[string]bool{}
	for _, a := range l.asked("generate_crystal_csp") {
		samples[float64(a["num_samples"].(int))], formulas[a["formula"].(string)] = true, true
	}
	require.True(t, samples[rigorousSamples] && len(samples) == 2, "first a small search, then one that meets the floor")
	require.Greater(t, len(formulas), 3, "the next compositions are taken, too")

	for mode, above := range map[string]float64{"auto": 0.02, "creative": 0.4} {
		l = newLab(mode, "Three new stable K-Y-Zr-O quaternaries", everyTool...)
		l.above = above
		require.NotContains(t, l.run(t), "made larger", mode)
		require.Len(t, l.asked("generate_crystal_csp"), 3)
	}
}

func TestRigorousMeetsItsFloor(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"Structure of NaCl", "Compare NaFePO4, NaMnPO4 and NaVPO4", "Propose new compounds in K-Y-Zr-O"} {
		l := newLab("rigorous", q, everyTool...)
		l.run(t)
		for _, a := range l.asked("generate_crystal_csp") {
			require.GreaterOrEqual(t, a["num_samples"], rigorousSamples)
		}
		require.NotEmpty(t, l.asked("calculate_energy_above_hull"))
		require.NotEmpty(t, l.asked("compare_models"))
	}
}

func TestAnUnclearNameIsAsked(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "formation energy of iron oxide", everyTool...)
	l.answer = "FeO please"
	text := l.run(t)
	require.Equal(t, []any{"FeO"}, []any{l.asked("generate_crystal_csp")[0]["formula"]})
	require.Contains(t, text, "FeO")
	l.answer = "whatever"
	l.messages, l.calls = l.messages[:2], nil
	require.Contains(t, l.run(t), "stands for several compounds")
}

func TestSteering(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, note string
		at         int
		check      func(t *testing.T, l *lab, text string)
	}{
		{"another compound", "also KCl please", 1, func(t *testing.T, l *lab, text string) {
			require.Contains(t, text, "| NaCl |")
			require.Contains(t, text, "| KCl |")
			require.Len(t, l.asked("generate_crystal_csp"), 2, "what was searched is not searched again")
		}},
		{"instead", "use LiF instead", 2, func(t *testing.T, l *lab, text string) {
			require.Contains(t, text, "**LiF**")
			require.NotContains(t, text, "NaCl")
		}},
		{"a new question", "What is the crystal structure of MgO?", 2, func(t *testing.T, l *lab, text string) {
			require.Contains(t, text, "**MgO**")
		}},
		{"another property", "and the bulk modulus too", 1, func(t *testing.T, l *lab, text string) { require.Contains(t, text, "bulk_modulus}}") }},
		{"after the answer", "also the xrd pattern", 4, func(t *testing.T, l *lab, text string) { require.Contains(t, text, "two_theta}}") }},
		{"more", "more samples please", 2, func(t *testing.T, l *lab, text string) {
			require.Len(t, l.asked("generate_crystal_csp"), 2)
			require.GreaterOrEqual(t, l.asked("generate_crystal_csp")[1]["num_samples"], rigorousSamples)
			require.Equal(t, 1, l.asked("generate_crystal_csp")[1]["seed"])
		}},
		{"stop", "that's enough", 1, func(t *testing.T, l *lab, text string) {
			require.Empty(t, l.asked("relax_structures"))
			require.Contains(t, text, "You asked me to stop before a structure was computed")
		}},
		{"not understood", "tell it with more feeling", 2, func(t *testing.T, l *lab, text string) {
			require.Contains(t, text, "**NaCl**")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab("creative", "What is the structure of NaCl?", everyTool...)
			l.notes[c.at] = c.note
			text := l.run(t)
			c.check(t, l, text)
			answered := 0
			for i, m := range l.messages {
				if m.Role == "user" && i > 1 {
					next := l.messages[i+1].text()
					require.Regexp(t, `^(?:As you asked|I stop here|I take this|You wrote .*I have no rule)`, next)
					answered++
				}
			}
			require.Equal(t, 1, answered)
		})
	}
}

func TestBatteries(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "What is the gravimetric capacity of Na2FePO4F?", everyTool...)
	text := l.run(t)
	require.Equal(t, []map[string]any{{"formula": "Na2FePO4F", "ion": "Na", "n": 1}}, l.asked("battery_metrics"))
	require.Contains(t, text, "capacity.gravimetric_capacity}}")
	require.Contains(t, text, "{{assume:at most one electron")

	l = newLab("creative", "Average voltage of LiFePO4 as a cathode?", everyTool...)
	text = l.run(t)
	require.Equal(t, "Li", l.asked("remove_ion")[0]["element"])
	require.Equal(t, "st_charged", l.asked("relax_structure")[0]["structure_id"])
	require.Equal(t, "re_charged", l.asked("battery_metrics")[0]["charged_structure_id"])
	require.Contains(t, text, "voltage.average_voltage}}")

	l = newLab("creative", "A new K-ion cathode with capacity and voltage", everyTool...)
	text = l.run(t)
	require.Contains(t, text, "voltage.average_voltage}}")
	require.NotContains(t, text, "not available")

	l = newLab("creative", "capacity of MgO", everyTool...)
	l.run(t)
	l = newLab("creative", "battery capacity of TiO2", everyTool...)
	require.Contains(t, l.run(t), "a compound that holds the working ion")
}

func TestElectronsOfAFormula(t *testing.T) {
	t.Parallel()
	for f, want := range map[string]int{"Na2FePO4F": 1, "LiFePO4": 1, "LiMn2O4": 1, "Na3V2(PO4)3": 2, "Li2MnO3": 1, "Na3PS4": 3, "LiTi2(PO4)3": 1} {
		ion := "Na"
		if strings.HasPrefix(f, "Li") {
			ion = "Li"
		}
		require.Equal(t, want, electrons(f, ion), f)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "What did we find about MgO earlier?", everyTool...)
	text := l.run(t)
	require.Equal(t, []string{"MgO"}, l.asked("memory_search")[0]["formulas"])
	require.Contains(t, text, "`{{memory:01JZZZZZZZZZZZZZZZZZZZZZZZ}}` {{v:01D/t1.tool1.e}}")
	require.NotContains(t, text, "MgO is on the hull", "the words are put in when it is read, while they are remembered")
	l = newLab("creative", "Remember that we avoid cobalt oxides", everyTool...)
	l.run(t)
	require.Equal(t, "we avoid cobalt oxides", l.asked("memory_save")[0]["content"])
}

func TestManyCandidatesAreScreened(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Suggest 8 new compounds in the K-Y-Zr-O system", everyTool...)
	text := l.run(t)
	require.Len(t, l.asked("evaluate_candidates")[0]["compositions"], 8)
	require.Empty(t, l.asked("generate_crystal_csp"))
	require.Contains(t, text, "{{v:c8.t4.tool1.items.0.energy_above_hull_per_atom}}")
}

// TestAStoppedScreeningTellsWhatItFound, and that it was stopped.
func TestAStoppedScreeningTellsWhatItFound(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Suggest 8 new compounds in the K-Y-Zr-O system", everyTool...)
	l.ends = map[string]string{"evaluate_candidates": "cancelled"}
	text := l.run(t)
	require.Len(t, l.asked("evaluate_candidates"), 1)
	require.Contains(t, text, "was stopped")
	require.Contains(t, text, "{{v:c8.t4.tool1.items.0.energy_above_hull_per_atom}}")
}

func TestALongQuestionIsCutAndSaid(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Validate MgO and CaO. "+strings.Repeat("and so on ", 1500), everyTool...)
	require.Contains(t, l.run(t), "only its beginning was read")
}
