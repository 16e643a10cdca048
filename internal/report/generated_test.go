package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The generator makes sentences that nobody wrote with the scanner in mind: a
// frame, a formula, a property, a number in one of many spellings, a unit.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) formula() string {
	return g.pick("NaCl", "CaF2", "Na2FePO4F", "K2Y2Zr4O13", "CsPbI3", "Ca(OH)2", "LiMn2O4", "Al2O3", "Fe3O4", "Li0.5CoO2", "MgO", "Cs2AgBiBr6", "Na₃V₂(PO₄)₃", "UO2", "VO2", "K2O")
}

func (g generator) group() string {
	return g.pick("Fm-3m", "P6_3/mmc", "Pnma", "I4/mcm", "R-3c", "P2_1/c", "P-1", "Fd-3m", "F-43m", "C2/m", "Pbca", "Im-3m", "P4_2/mnm", "Pa-3")
}

// quantity gives a property with a number and a unit, in some spelling.
func (g generator) quantity() (name, number, unit string) {
	kinds := [][3]string{
		{"band gap", "0.1 9", "eV|electronvolts|electron volts|meV"},
		{"formation energy", "-5 -0.5", "eV/atom|eV per atom|meV/atom|kJ/mol|kJ mol⁻¹|eV/f.u."},
		{"lattice parameter", "3 12", "Å|angstrom|angstroms|Angstroms|pm|nm"},
		{"cell volume", "40 900", "Å³|Å^3|Å3|cubic angstroms"},
		{"bulk modulus", "10 400", "GPa|gigapascals|kbar"},
		{"gravimetric capacity", "80 300", "mAh/g|mAh g⁻¹|mA h g-1"},
		{"average voltage", "1 5", "V|volts|mV"},
		{"melting point", "300 3000", "K|°C|kelvin|degrees Celsius"},
		{"density", "1 12", "g/cm3|g/cm³|g cm⁻³|g/cm^3"},
		{"ionic conductivity", "0.001 2", "S/cm|mS/cm|S cm⁻¹|S/m"},
		{"efficiency", "1 40", "%|percent"},
		{"thermal conductivity", "0.5 40", "W/mK|W/(m·K)|W m-1 K-1"},
	}
	k := kinds[g.IntN(len(kinds))]
	var lo, hi float64
	_, _ = fmt.Sscanf(k[1], "%g %g", &lo, &hi)
	return k[0], g.spell(lo + g.Float64()*(hi-lo)), g.pick(strings.Split(k[2], "|")...)
}

func (g generator) spell(f float64) string {
	sign := ""
	if f < 0 {
		sign, f = g.pick("-", "−"), -f
	}
	s := ""
	switch g.IntN(7) {
	case 0:
		s = fmt.Sprintf("%.0f", f+1)
	case 1:
		s = fmt.Sprintf("%.1f", f)
	case 2:
		s = strings.Replace(fmt.Sprintf("%.2f", f), ".", ",", 1)
	case 3:
		s = fmt.Sprintf("%.3f", f)
	case 4:
		s = fmt.Sprintf("%.2f(%d)", f, 1+g.IntN(9))
	case 5:
		s = fmt.Sprintf("%.2e", f)
	case 6:
		s = fmt.Sprintf("%.1f × 10^%d", 1+f/1000, -3+g.IntN(6))
	}
	return sign + s
}

// typed makes a sentence with one claim; it holds no other number.
func (g generator) typed() string {
	name, number, unit := g.quantity()
	joint := g.pick(" ", "\u00a0", "\u2009", " ")
	if unit == "%" || strings.HasPrefix(unit, "°") || unit == "Å" {
		joint = g.pick(" ", "")
	}
	n := number + joint + unit
	switch g.IntN(12) {
	case 0:
		n = "**" + n + "**"
	case 1:
		n = "*" + number + "*" + joint + unit
	case 2:
		n = "about " + n
	}
	f := g.formula()
	return g.pick(
		fmt.Sprintf("The %s of %s is %s.", name, f, n),
		fmt.Sprintf("%s has a %s of %s in %s.", f, name, n, g.group()),
		fmt.Sprintf("- %s: %s", name, n),
		fmt.Sprintf("| material | %s |\n|---|---|\n| %s | %s |", name, f, n),
		fmt.Sprintf("For %s one finds %s (%s).", f, n, name),
		fmt.Sprintf("I would expect %s for %s.", n, f),
		fmt.Sprintf("## %s\n\n%s (%s)", f, n, g.pick("literature", "estimate", "from memory")),
		fmt.Sprintf("The %s (%s) makes %s a poor choice.", name, n, f),
		fmt.Sprintf("1. %s, %s: %s", f, name, n),
		fmt.Sprintf("The %s is {{v:t1.tool1.a}}, close to the known %s.", name, n),
	)
}

// innocent makes a sentence with digits that claim nothing.
func (g generator) innocent() string {
	n := 1 + g.IntN(60)
	thing := g.pick("structures", "compositions", "candidates", "prototypes", "random cells", "polymorphs", "samples", "reference phases")
	f, f2, name := g.formula(), g.formula(), ""
	name, _, _ = g.quantity()
	return g.pick(
		fmt.Sprintf("The %s of %s is {{v:t1.tool1.a}}.", name, f),
		fmt.Sprintf("%d %s of %s were tried.", n, thing, f),
		fmt.Sprintf("The %s was computed for %d %s.", name, n, thing),
		fmt.Sprintf("%s and %s share the space group %s.", f, f2, g.group()),
		fmt.Sprintf("%d. %s\n%d. %s", n, f, n+1, f2),
		fmt.Sprintf("As published in %d, %s is a salt [%d].", 1950+g.IntN(80), f, n),
		fmt.Sprintf("See section %d.%d, Table %d and Fig. %d.", n%9+1, n%7, n%5+1, n%6+1),
		fmt.Sprintf("Step t%d.tool%d gave the structure st_%026x.", n, n%5+1, g.Uint64()),
		fmt.Sprintf("The (%d%d%d) surface of %s ends on O.", g.IntN(3), g.IntN(3), 1+g.IntN(3), f),
		fmt.Sprintf("Fe%d+ and O2- balance in %s.", 2+g.IntN(2), f),
		fmt.Sprintf("| # | material | tried | %s |\n|---|---|---|---|\n| %d | %s | %d | {{v:t1.tool1.a}} |", name, n%9, f, n),
		fmt.Sprintf("CHGNet 0.%d.%d and MACE-MP-%d do not give a %s.", n%9, n%5, n%2, name),
		fmt.Sprintf("Call `relax_structure(max_steps=%d)` for the %s of %s.", n, name, f),
		fmt.Sprintf("%d of %d %s converged; the %s of the best is {{v:t1.tool1.a}}.", n, n+3, thing, name),
		fmt.Sprintf("%s → %d Na + Cl2 is unbalanced.", f, n%5+2),
		fmt.Sprintf("A %dx%dx%d supercell of %s.", n%4+1, n%4+1, n%3+1, f),
	)
}

// Neither a typed number that passes nor a name that is struck is tolerated in
// 500 generated texts.
func TestGenerated(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(3, 14))}
	misses, falseFlags := 0, 0
	for range 250 {
		text := g.typed()
		if got := flags(text, ""); len(got) != 1 {
			misses++
			t.Errorf("miss: %q flagged %q", text, got)
		}
		text = g.innocent()
		if got := flags(text, ""); len(got) > 0 {
			falseFlags++
			t.Errorf("false flag: %q flagged %q", text, got)
		}
	}
	t.Logf("%d misses, %d false flags in 500 texts", misses, falseFlags)
}
