package planner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/report"
)

// TestAUnitThatNoResultHasIsNotPassedOver: what was computed in Å is not printed
// in nm, and that is said, in words that the check of numbers lets pass.
func TestAUnitThatNoResultHasIsNotPassedOver(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{
		"Lattice constant of AlAs in nm":                                      "nm, where Å stands here",
		"Formation enthalpy of Si3N4 in kcal/mol":                             "kcal, where kJ stands here",
		"Density of tantalum carbide in kg/m^3":                               "kg/m³, where g/cm³ stands here",
		"wurtzite or zincblende: which does InN prefer, and by how many meV?": "meV, where eV stands here",
		"Bulk modulus of NiAl in Mbar":                                        "Mbar, where GPa stands here",
		"Lattice constant of AlAs in bohr?":                                   "bohr, where Å stands here",
		"What is the lattice constant of NaNbO3 in Å?":                        "",
		"Structure of Fe2O3, each Fe with five Bohr magnetons":                "",
	} {
		said := newLab("auto", q, everyTool...).run(t)
		require.Equal(t, want != "", strings.Contains(said, "You ask for"), q)
		require.Contains(t, said, want, q)
		_, checked := report.Render(understand(q, "", nil).unitsLine(), "", nil)
		require.Empty(t, checked.Unsourced, q)
	}
	for _, c := range conversions {
		_, checked := report.Render(request{said: c.asked}.unitsLine(), "", nil)
		require.Empty(t, checked.Unsourced, c.asked)
	}
}

// TestACubicMeterIsNoCrystal: the density asked for is not that of a cubic cell.
func TestACubicMeterIsNoCrystal(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][]string{
		"Density of LiFePO4 in kg per cubic meter":               nil,
		"Volume of MgO in cubic Å?":                              nil,
		"Is ZrO2 cubic, and how many kg is a cubic meter of it?": {"cubic"},
	} {
		require.Equal(t, want, understand(q, "", nil).types, q)
	}
}

// TestAFollowUpMayNameAUnit, alone or with what else it asks for.
func TestAFollowUpMayNameAUnit(t *testing.T) {
	t.Parallel()
	first := understand("Structure and formation energy of NiAl", "", map[string]bool{"fit_equation_of_state": true})
	r, said := first.steered("And what is the bulk modulus of it, in Mbar?", "")
	require.Equal(t, []string{"NiAl"}, r.formulas)
	require.True(t, r.wants[wantBulk])
	require.Contains(t, said, "also the bulk modulus")
	require.Contains(t, r.unitsLine(), "Mbar, where GPa stands here")
	r, said = first.steered("And in kJ/mol?", "")
	require.NotContains(t, said, "no rule")
	require.NotEmpty(t, r.molarLine(facts{material: material{formula: "NiAl"}, molar: "{{v:m}}"}))
}

// TestWhatIsComparedIsAnswered: which is denser, which has the shorter bonds; each
// compound as the mineral that names it.
func TestWhatIsComparedIsAnswered(t *testing.T) {
	t.Parallel()
	l := newLab("auto", "Which is denser, fluorite or sellaite?", everyTool...)
	said := l.run(t)
	require.Contains(t, said, "Density by the relaxed cells, densest first: ")
	require.NotContains(t, said, "MgF2 ended up as fluorite", "that is the other compound")

	r := understand("Is quartz denser than rutile?", "", nil)
	require.Equal(t, "quartz", r.kindMeant("SiO2"))
	require.Equal(t, "rutile", r.kindMeant("TiO2"))
	require.Equal(t, []string{"rutile"}, understand("Which is denser, rutile TiO2 or rutile SnO2?", "", nil).kindsOf("SnO2"))
	heavy, light := facts{material: material{formula: "TiO2"}, density: "{{v:t}}", dense: 4.2}, facts{material: material{formula: "SiO2"}, density: "{{v:s}}", dense: 2.6}
	require.Contains(t, r.besideTable([]facts{light, heavy}), "densest first: TiO2 {{v:t}} and SiO2 {{v:s}}.")

	_, checked := report.Render(strings.NewReplacer("{{v:t}}", "", "{{v:s}}", "").Replace(r.besideTable([]facts{light, heavy})), "", nil)
	require.Empty(t, checked.Unsourced)

	light.coordinate = "Si: {{v:n}} O neighbors at {{v:l}}"
	require.Contains(t, understand("Which has the shorter bonds, SiO2 or TiO2?", "", nil).besideTable([]facts{light}), "- Coordination in SiO2: Si: {{v:n}} O neighbors")
}

// TestAVolumeOnChargingNeedsBothEnds: it is a question for the host without its ions.
func TestAVolumeOnChargingNeedsBothEnds(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"Volume change of LiFePO4 when all the lithium is taken out?", "How much does NaCoO2 shrink on desodiation?", "Lattice of LiCoO2 after removing the lithium", "By how much does LiFePO4 shrink when you extract the lithium?"} {
		l := newLab("auto", q, everyTool...)
		require.Contains(t, l.run(t), "its volume changes by {{v:", q)
		require.NotEmpty(t, l.asked("remove_ion"), q)
	}
	require.Contains(t, newLab("auto", "What happens to LiMn2O4 when half the Li is removed?", everyTool...).run(t), "{{assume:all ions that the metals can pay for are taken out of the host, not a part")
	require.Empty(t, understand("Average voltage of LiCoO2", "", map[string]bool{"battery_metrics": true}).readings)
	for _, q := range []string{"What is the half-cell voltage of LiFePO4?", "Voltage of LiCoO2 as part of a battery, within 10%"} {
		require.Empty(t, understand(q, "", map[string]bool{"battery_metrics": true}).readings, q)
	}
	require.False(t, understand("Take Li, Mn and O: which ternary phases are stable?", "", map[string]bool{"battery_metrics": true}).wants[wantVoltage])
	require.Contains(t, changes(-6), "shrinks")
	require.Contains(t, changes(2), "grows")
}

// TestACompoundAloneIsEnough: what there is to say of it, and that this was chosen.
func TestACompoundAloneIsEnough(t *testing.T) {
	t.Parallel()
	said := newLab("auto", "Tell me about tungsten carbide", everyTool...).run(t)
	require.Contains(t, said, "{{assume:the question named no property")
	require.NotContains(t, newLab("auto", "Tell me about gold", everyTool...).run(t), "comes out in")
	require.Contains(t, newLab("auto", "Ist MgO stabil?", append(everyTool, lookup)...).run(t), "**Stability**")
}

// TestATableDoesNotGoOnWithTheListAbove it.
func TestATableDoesNotGoOnWithTheListAbove(t *testing.T) {
	t.Parallel()
	said := newLab("auto", "Average voltage of LiCoO2", everyTool...).run(t)
	require.Contains(t, said, "\n\nStructures of LiCoO2, by energy")
}
