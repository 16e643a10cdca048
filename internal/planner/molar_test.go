package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAValueThatTheQuestionGivesIsCompared, for each atom, whatever its unit.
func TestAValueThatTheQuestionGivesIsCompared(t *testing.T) {
	t.Parallel()
	f := facts{material: material{formula: "Al2O3"}, molar: "{{v:m}}", molarE: -1664}
	for q, want := range map[string]string{
		"I measured -1676 kJ/mol for alumina. Does your value agree?":           "**Yes**, your value and the computed one agree",
		"I measured −1,676 kJ mol-1 for alumina. Does your value agree?":        "**Yes**",
		"Is an enthalpy of formation of 1676 kJ/mol for Al2O3 right?":           "with the sign turned",
		"My calorimeter measured -3.30 eV/atom for Al2O3, is that consistent?":  "**Only roughly**",
		"The literature says -838 kJ/mol for Al2O3, does yours match?":          "**No**, your value and the computed one are apart by several times",
		"What is the formation energy of Al2O3?":                                "",
		"Formation energy of Al2O3 relaxed with a cutoff that costs 5 eV / mol": "",
	} {
		said := understand(q, "", nil).agreement(f)
		require.Contains(t, said, want, q)
		require.Equal(t, want == "", said == "", q)
	}
	require.Contains(t, understand("I measured -1676 kJ/mol for alumina. Does your value agree?", "", nil).agreement(f), "`-1676 kJ/mol`", "what the user gave is no result")
}

// TestUnequalSitesAreCountedApart: of the oxygen of baddeleyite half has three
// neighbors and half four.
func TestUnequalSitesAreCountedApart(t *testing.T) {
	t.Parallel()
	d := done{callID: "t3.tool2", result: map[string]any{"items": []any{
		map[string]any{"element": "Zr", "coordination_number": 7.0, "coordination_min": 7.0, "coordination_max": 7.0, "neighbors": map[string]any{"O": 7.0}, "bond_length_min": 2.05, "bond_length_max": 2.28},
		map[string]any{"element": "O", "coordination_number": 3.5, "coordination_min": 3.0, "coordination_max": 4.0, "neighbors": map[string]any{"Zr": 3.0, "O": 0.5}, "bond_length_min": 2.188, "bond_length_max": 2.189},
	}}}
	require.Equal(t, "Zr: {{v:t3.tool2.items.0.coordination_number}} O neighbors at {{v:t3.tool2.items.0.bond_length_min}} to {{v:t3.tool2.items.0.bond_length_max}} (mean {{v:t3.tool2.items.0.bond_length_mean}}); "+
		"O: {{v:t3.tool2.items.1.coordination_min}} to {{v:t3.tool2.items.1.coordination_max}} (mean {{v:t3.tool2.items.1.coordination_number}}) neighbors (O and Zr) at {{v:t3.tool2.items.1.bond_length_mean}}", coordination(d))
	one := done{callID: "t3.tool2", result: map[string]any{"items": []any{map[string]any{"element": "Cl", "coordination_number": 1.0, "neighbors": map[string]any{"Cl": 1.0}}}}}
	require.Contains(t, coordination(one), " Cl neighbor at ")
}
