package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// charges of the anions of the families, to add up by.
var anionCharge = map[string]int{"O2": 4, "S2": 4, "O4": 8, "PO4": 3, "PO4F": 4, "P2O7": 4, "(PO4)3": 9, "SiO4": 4, "SO4F": 3, "(SO4)3": 6, "BO3": 3, "F3": 3}

func TestHostsAreChargeBalancedBeforeAndAfter(t *testing.T) {
	t.Parallel()
	for _, f := range families {
		require.Equal(t, anionCharge[f.anions], f.charge, f.name)
		require.True(t, f.balances(1), "%s of a monovalent ion", f.name)
		require.False(t, family{ions: 1, metals: 1, charge: 1, from: 1, to: 2}.balances(1), "Na2FePO and the like balance no charge")
		full := float64(f.charge-f.ions) / float64(f.metals)
		h := host{family: f, ion: "Na", metal: "V", formula: written("Na", f.ions) + written("V", f.metals) + f.anions}
		require.LessOrEqual(t, full+float64(electrons(h.formula, "Na"))/float64(f.metals), float64(f.to), h.formula)
	}
}

func TestHostsAreOfKnownKinds(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][]string{
		"A new Na-ion cathode with capacity and voltage":       {"NaFePO4", "NaVPO4"}, // one to measure by, one that is not known
		"A new cathode for Na without cobalt":                  {"NaFePO4", "NaVPO4"},
		"Three new Na-ion cathodes":                            {"NaVPO4", "Na2NiPO4F", "Na2CoP2O7"},
		"One new Na-ion cathode":                               {"NaFePO4", "NaVPO4"},
		"Two new manganese phosphate cathodes for sodium":      {"NaMnPO4", "Na2MnP2O7"}, // both are known
		"A new layered oxide cathode for sodium":               {"NaFeO2", "NaMnO2"},     // all are known
		"A new Na-ion cathode of iron":                         {"NaFePO4", "NaFeSO4F"},
		"Three Na-ion cathodes":                                {"NaFePO4", "NaFeO2", "NaFeF3"},
		"Suggest an iron fluorophosphate cathode for Na":       {"Na2FePO4F"},
		"A cobalt-free layered oxide cathode for Li-ion cells": {"LiFeO2", "LiMn2O4"},
		"Propose a Mn phosphate cathode for sodium":            {"NaMnPO4"},
		"A magnesium battery cathode":                          {"MgMn2O4", "MgV2O4"},
		"A sodium anode material":                              {"NaTiO2", "NaVO2"},
		"Find me a cathode better than LiFePO4":                {"LiMnPO4", "LiFeO2"},
		"Design a potassium-ion battery cathode without Fe":    {"KMnPO4", "KMnO2"},
	} {
		r := understand(q, "", map[string]bool{})
		var got []string
		fresh := false
		for _, h := range r.choice() {
			fresh = fresh || !isKnown(h.formula)
			got = append(got, h.formula)
		}
		require.Equal(t, want, got, q)
		if strictlyNew.MatchString(q) && len(r.framework) == 0 {
			require.True(t, fresh, "%s: nothing new", q)
		}
	}
}

func TestACathodeIsComputedInKnownCells(t *testing.T) {
	t.Parallel()
	l := newLab("creative", "A new Na-ion cathode of vanadium phosphate with capacity and voltage", append(everyTool, lookup, "substitute_elements")...)
	text := l.run(t)
	require.Empty(t, l.asked("filter_compositions"))
	require.Equal(t, map[string]string{"Fe": "V"}, l.asked("substitute_elements")[0]["replacements"])
	require.Contains(t, l.asked("relax_structures")[0]["structure_ids"], "st_NaVPO4_in_maricite")
	require.Contains(t, text, "| **NaVPO4** | phosphate (olivine or maricite type) | `V2+/V3+` |")
	require.Contains(t, text, "voltage.average_voltage}}")
	require.Contains(t, text, "`26801.4 mAh/mol * n / M`", "the expression is shown")
}

// TestWhatIsOnlyNamedIsKnownToo: a compound without a cell here is no new one.
func TestWhatIsOnlyNamedIsKnownToo(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(named()), 500)
	require.False(t, isListed("NaCoPO4"))
	require.True(t, isKnown("NaCoPO4"))
	require.True(t, isKnown("PO4FeNa"))
	require.True(t, isKnown("Na2FePO4F"))
	require.False(t, isKnown("NaVPO4"))
	r := understand("A new layered oxide cathode for sodium", "", map[string]bool{})
	r.chosen = r.choice()
	require.Contains(t, r.chosenFor(), "every simple host of the kind asked for is a known compound")
}

// TestAHostComesWithWhatSpeaksAgainstIt: maricite hardly cycles, and divalent
// vanadium is hard to have.
func TestAHostComesWithWhatSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	in := func(label string) material {
		return material{formula: "NaVPO4", relaxed: done{result: map[string]any{"items": []any{map[string]any{"label": label}}}}}
	}
	vanadium, iron := families[0].host("Na", "V"), families[0].host("Na", "Fe")
	require.Contains(t, vanadium.doubts(in("olivine")), "`V2+` is strongly reducing")
	require.NotContains(t, vanadium.doubts(in("olivine")), "maricite arrangement")
	require.Contains(t, iron.doubts(in("in the cell of NaFePO4 (maricite)")), "sodium has no open path")
	require.Empty(t, families[1].host("Na", "Ti").doubts(in("nafeo2")), "trivalent titanium is common")
	require.Empty(t, families[0].host("Li", "Fe").doubts(in("maricite")))
}

// TestWhereTheLowestCameFrom reads as the end of a sentence, whatever its label.
func TestWhereTheLowestCameFrom(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		"NaFePO4 (olivine)":                "from `NaFePO4 (olivine)`",
		"in the cell of NaFePO4 (olivine)": "in the cell of `NaFePO4 (olivine)`",
		"random in space group 99":         "from a random cell in space group `99`",
		"":                                 "from `random cell`",
	} {
		item := map[string]any{"label": label, "rank": 1.0}
		f := facts{material: material{relaxed: done{result: map[string]any{"items": []any{item}}}}}
		require.Equal(t, want, f.cameFrom(), label)
	}
}
