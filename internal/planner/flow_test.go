package planner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
		"a proposal below": {map[string]any{"energy_above_partial_hull_per_atom": 0.02, "missing": []any{"MgO2: x"}, "decomposition": []any{map[string]any{"formula": "Mg3O2", "structure_id": "st_p"}},
			"competing": []any{map[string]any{"kind": "candidate", "structure_id": "st_p"}}}, "there it would decompose into Mg3O2 (of these Mg3O2 a candidate of this search itself, not a known phase)"},
		"a lower known phase": {map[string]any{"energy_above_hull_per_atom": 0.02, "decomposition": self, "competing": []any{map[string]any{"kind": "known", "formula": "MgO", "phase": "rocksalt", "on_hull": true}}},
			"The compound is on that hull, this structure is not."},
	} {
		require.Contains(t, hull(c.item).sentence("MgO"), c.want, name)
	}
	require.NotContains(t, hull(map[string]any{"energy_above_hull_per_atom": 1e-6, "threshold": 0.002, "decomposition": self, "competing": []any{map[string]any{"kind": "known", "formula": "MgO", "on_hull": true}}}).sentence("MgO"), "not its lowest",
		"noise is no lower phase")
	require.True(t, hull(map[string]any{"energy_above_partial_hull_per_atom": 0.2, "missing": []any{"MgO2: x"}}).far, "of an incomplete hull it is a lower bound")
	require.False(t, hull(map[string]any{"energy_above_partial_hull_per_atom": 0.02, "missing": []any{"MgO2: x"}}).far)
	require.Equal(t, []string{"Li5FeO4", "LiFeO2 - its ordered tetragonal form (gamma)", "FeS - troilite, the ground state", "Fe3O4 (magnetite)"}, phasesMissing([]any{
		"Li5FeO4: known (Villars and Cenzual), no cell in the list", "LiFeO2: known (its ordered tetragonal form (gamma): Cox et al., Acta Cryst. 16 (1963) 11), no cell in the list",
		"FeS: known (troilite, the ground state: Evans, Science 167 (1970) 621), no cell in the list", "Fe3O4 (magnetite): its relaxation did not converge"}), "of a compound that is there in another form, which one is not")
	for by, said := range map[float64]bool{0.0001: false, 0.1: true} {
		on := hull(map[string]any{"energy_above_hull_per_atom": 0.0, "threshold": 0.002, "energy_below_competing_per_atom": by, "decomposition": self})
		require.Equal(t, said, strings.Contains(on.sentence("MgO"), "without it, the hull would lie"), "its twin among the known phases takes nothing from it")
	}
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
	require.Contains(t, understand("Is TiO2 cubic or tetragonal in its ground state?", "", nil).versus(f), "No structure of the search for TiO2 ended up as cubic")
}

// TestCrystalSystemsByName: rhombohedral is a lattice, which not every trigonal
// structure has.
func TestCrystalSystemsByName(t *testing.T) {
	t.Parallel()
	quartz, corundum := map[string]any{"space_group_number": 152.0}, map[string]any{"space_group_number": 167.0}
	require.True(t, isKind(quartz, "trigonal"))
	require.False(t, isKind(quartz, "rhombohedral"))
	require.True(t, isKind(corundum, "trigonal"))
	require.True(t, isKind(corundum, "rhombohedral"))
	require.False(t, isKind(corundum, "hexagonal"))
	require.False(t, isKind(map[string]any{"space_group_number": 225.0}, "rhombohedral"))
	require.True(t, isKind(map[string]any{"label": "Rhombohedral BN"}, "rhombohedral"), "by its label before it is relaxed")
}

func TestFurtherProperties(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "Bulk modulus and XRD pattern of NaCl, please", everyTool...)
	text := l.run(t)
	require.Contains(t, text, ".bulk_modulus}}**, from energies at several volumes, at zero temperature; potentials of this kind are known to be somewhat too soft")
	require.Contains(t, facts{group: 166}.modulusFrom(), "not cubic this is an upper bound")
	require.NotContains(t, facts{group: 225}.modulusFrom(), "upper bound")
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
