package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheArrangementNamedIsTheOneAnswered: the lattice of rutile is not that of
// the anatase that the potential finds lower.
func TestTheArrangementNamedIsTheOneAnswered(t *testing.T) {
	t.Parallel()
	items := []any{
		map[string]any{"structure_id": "a", "rank": 1.0, "energy_above_best": 0.0, "label": "TiO2 (anatase)", "space_group_number": 141.0},
		map[string]any{"structure_id": "b", "rank": 2.0, "energy_above_best": 0.02, "label": "Marcasite (C18)", "space_group_number": 136.0, "input_structure_id": "st_m"},
		map[string]any{"structure_id": "c", "duplicate_of": "b", "label": "Rutile (C4)", "input_structure_id": "st_known"},
	}
	m := material{formula: "TiO2", id: "a", relaxed: done{callID: "t2.tool1", result: map[string]any{"items": items}}}
	for q, want := range map[string]string{
		"Lattice constants of rutile TiO2":              "b",
		"Lattice constants of anatase TiO2":             "a",
		"What is the bulk modulus of tetragonal TiO2?":  "a",
		"Lattice constants of brookite TiO2":            "a", // none was found: the lowest, and that is said
		"Which is lower, rutile TiO2 or another phase?": "a",
		"Lattice constants of TiO2":                     "a",
	} {
		r := understand(q, "", nil)
		require.Equal(t, want, r.meant(m, nil).id, q)
	}
	r := understand("Lattice constants of rutile TiO2", "", nil)
	require.Contains(t, r.insteadLine(facts{material: r.meant(m, nil)}), "of the **rutile** structure of TiO2, which the question names. By this potential it lies {{v:t2.tool1.items.1.energy_above_best}} above the lowest one found (`TiO2 (anatase)`).")
	require.Contains(t, understand("Lattice constants of brookite TiO2", "", nil).insteadLine(facts{material: m}), "ended up as brookite")

	named := []facts{{material: r.meant(m, nil)}}
	require.NotContains(t, groundState(named), "is the lowest", "the one answered about is not")
	require.Contains(t, groundState([]facts{{material: m}}), "is the lowest")
	named[0].insteadE = undecided / 4
	require.Contains(t, r.insteadLine(named[0]), "so small a difference does not decide")

	known := history{{tool: lookup, status: "ok", result: map[string]any{"items": []any{map[string]any{"formula": "TiO2", "name": "rutile", "structure_id": "st_known"}}}}}
	xrd := understand("XRD pattern of TiO2", "", map[string]bool{"simulate_xrd": true})
	require.Equal(t, "b", xrd.meant(m, known).id, "a pattern is that of the known phase")
	require.Contains(t, xrd.insteadLine(facts{material: xrd.meant(m, known)}), "listed known phase")
}

// TestAKnownPhaseThatIsNotRankedIsTakenOrMissed: the pattern of CsCl is not that
// of the rock salt which the potential finds lower, unless that is said.
func TestAKnownPhaseThatIsNotRankedIsTakenOrMissed(t *testing.T) {
	t.Parallel()
	phases := history{{tool: lookup, status: "ok", result: map[string]any{"items": []any{map[string]any{"formula": "CsCl", "name": "CsCl (cscl)", "structure_id": "st_known"}}}}}
	ask := func(converged bool) (material, string) {
		items := []any{
			map[string]any{"structure_id": "salt", "rank": 1.0, "energy_above_best": 0.0, "label": "Halite (B1)"},
			map[string]any{"structure_id": "cscl", "input_structure_id": "st_known", "converged": converged, "label": "CsCl (cscl)"},
		}
		r := understand("Where are the XRD peaks of CsCl?", "", map[string]bool{"simulate_xrd": true})
		m := r.meant(material{formula: "CsCl", id: "salt", relaxed: done{callID: "t2.tool1", result: map[string]any{"items": items}}}, phases)
		return m, r.insteadLine(facts{material: m})
	}
	m, said := ask(true)
	require.Equal(t, "cscl", m.id)
	require.Contains(t, said, "What follows is of the listed known phase of CsCl (`CsCl (cscl)`), relaxed to the threshold of the first pass only")
	m, said = ask(false)
	require.Equal(t, "salt", m.id)
	require.Contains(t, said, "**What follows is not of the listed known phase of CsCl (`CsCl (cscl)`)**")
}

// TestAKnownPhaseAboveTheLowestIsTold: the potential puts CaZrO3 as ilmenite a
// millielectronvolt below the perovskite that is made.
func TestAKnownPhaseAboveTheLowestIsTold(t *testing.T) {
	t.Parallel()
	h := history{{tool: lookup, status: "ok", result: map[string]any{"items": []any{map[string]any{"formula": "CaZrO3", "name": "gdfeo3", "structure_id": "st_known"}}}}}
	items := []any{
		map[string]any{"structure_id": "ilmenite", "rank": 1.0, "energy_above_best": 0.0},
		map[string]any{"structure_id": "perovskite", "input_structure_id": "st_known", "rank": 2.0, "energy_above_best": 0.001},
	}
	f := facts{material: material{formula: "CaZrO3", id: "ilmenite", relaxed: done{callID: "t2.tool1", result: map[string]any{"items": items}}}}
	require.Contains(t, f.knownAbove(h), "The listed known phase of CaZrO3 (`gdfeo3`) lies {{v:t2.tool1.items.1.energy_above_best}} above this structure by this potential: so small a difference does not decide between the two")
	items[1].(map[string]any)["energy_above_best"] = 0.1
	require.Contains(t, f.knownAbove(h), "above this structure by this potential; it is what has been made")
	items[1].(map[string]any)["energy_above_best"] = 0.001
	f.hull = verdict{modelErr: "{{v:e}}", errE: 0.061}
	require.Contains(t, f.knownAbove(h), "less than its published mean error of {{v:e}}, so it does not tell which of the two is the ground state")
	f.bestItem = 1
	require.Empty(t, f.knownAbove(h), "the known phase is the answer itself")
	require.Empty(t, facts{material: material{formula: "CaZrO3", relaxed: f.relaxed}}.knownAbove(nil), "none is listed")
}

// TestAnOrthorhombicCellHasItsAxesByLength: a, b and c of CaTiO3 as it is computed
// are those of Pbnm, though its symbol is Pnma.
func TestAnOrthorhombicCellHasItsAxesByLength(t *testing.T) {
	t.Parallel()
	require.Contains(t, settingOf([]facts{{group: 221}, {group: 62}}), "need not be those of the setting")
	require.Empty(t, settingOf([]facts{{group: 221}, {group: 14}, {}}))
}

// TestACompoundIsWrittenAsTheQuestionDoes, and is no other phase than itself on
// its hull for that.
func TestACompoundIsWrittenAsTheQuestionDoes(t *testing.T) {
	t.Parallel()
	require.Equal(t, "NiAl", gather(material{asked: "NiAl", formula: "AlNi"}, nil).formula)
	require.Equal(t, "AlNi", gather(material{asked: "Ni2Al2", formula: "AlNi"}, nil).formula, "of another formula unit")
	own := verdict{known: true, above: "{{v:a}}", e: 0.05, products: []string{"AlNi"}}
	require.NotContains(t, own.sentence("NiAl"), "decompose")
	own.products = []string{"AlNi", "Ni3Al"}
	require.Contains(t, own.sentence("NiAl"), "would decompose into AlNi and Ni3Al")
}

// TestTheKnownPhasesStandBesideASearch of a compound as it is: a search of few
// cells finds Si3N4 as spinel, and its list has the cells of alpha and beta.
func TestTheKnownPhasesStandBesideASearch(t *testing.T) {
	t.Parallel()
	for q, beside := range map[string]bool{
		"Formation enthalpy of silicon nitride":          true,
		"What is the crystal structure of Si3N4?":        true,
		"Tell me about tungsten carbide":                 true,
		"Predict the formation enthalpy of Si3N4":        true,
		"I search for the lattice constant of Si3N4":     true,
		"Search for structures of Si3N4":                 false,
		"Crystal structure prediction of Si3N4":          false,
		"Predict the structure of Si3N4":                 false,
		"Three new stable compounds of K, Zr and O":      false,
		"Run a structure search for Si3N4, from scratch": false,
	} {
		l := newLab("auto", q, append(everyTool, lookup)...)
		l.run(t)
		asked := len(l.asked(lookup)) > 0
		require.Equal(t, beside, asked, q)
	}
	require.Contains(t, positive([]facts{{material: material{formula: "WC"}, hasEnergy: true, energy: 0.01}}), "of WC is positive")
	require.Empty(t, positive([]facts{{hasEnergy: true, energy: -1}, {energy: 1}}), "nothing, where none converged")
}
