package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"crystalyse/internal/value"
)

func ptr[T any](v T) *T { return &v }

var known = map[string]value.Value{
	"t1.tool1.a":     {Key: "t1.tool1.a", Number: ptr(5.6412), Unit: "angstrom"},
	"t1.tool1.valid": {Key: "t1.tool1.valid", Name: "composition_valid", Bool: ptr(true)},
	"t1.tool1.sg":    {Key: "t1.tool1.sg", Number: ptr(225.0)},
}

// typed are texts with numbers that no tool gave, and what must be flagged.
var typed = []struct {
	text string
	want []string
}{
	// Units, in all spellings.
	{"The lattice parameter is 5.64 Å.", []string{"5.64 Å"}},
	{"The lattice parameter is 5.64Å.", []string{"5.64Å"}},
	{"It is 5.64 angstroms long.", []string{"5.64 angstroms"}},
	{"It is 5 Angstrom long.", []string{"5 Angstrom"}},
	{"It is 5 A.", []string{"5 A"}},
	{"a volume of 179 Å^3", []string{"179 Å^3"}},
	{"a volume of 179 Å³ per cell", []string{"179 Å³ per cell"}},
	{"It lies at -3 eV/atom.", []string{"-3 eV/atom"}},
	{"It lies at −3.39 eV per atom.", []string{"−3.39 eV per atom"}},
	{"about 25 meV/atom above the hull", []string{"25 meV/atom"}},
	{"roughly 411 kJ/mol", []string{"411 kJ/mol"}},
	{"roughly 411 kJ mol⁻¹", []string{"411 kJ mol⁻¹"}},
	{"roughly 411 kJ mol-1 of it", []string{"411 kJ mol-1"}},
	{"a 5-eV insulator", []string{"5-eV"}},
	{"an insulator (5 eV)", []string{"5 eV"}},
	{"K = 25 GPa", []string{"25 GPa"}},
	{"124 mAh/g", []string{"124 mAh/g"}},
	{"124 mA h g⁻¹ in theory", []string{"124 mA h g⁻¹"}},
	{"3 V against sodium", []string{"3 V"}},
	{"melts at 1074 K", []string{"1074 K"}},
	{"melts at 801 °C", []string{"801 °C"}},
	{"melts at 801°C", []string{"801°C"}},
	{"melts at 801 degrees Celsius", []string{"801 degrees Celsius"}},
	{"2 g/cm3", []string{"2 g/cm3"}},
	{"2 g cm⁻³", []string{"2 g cm⁻³"}},
	{"10^-4 S/cm", []string{"10^-4 S/cm"}},
	{"10⁻⁴ S cm⁻¹", []string{"10⁻⁴ S cm⁻¹"}},
	{"about 95% of it", []string{"95%"}},
	{"about 95 percent of it", []string{"95 percent"}},
	{"a thermal conductivity of 2 W/mK", []string{"2 W/mK"}},
	{"a phonon at 5 THz", []string{"5 THz"}},
	{"500 cm-1", []string{"500 cm-1"}},
	{"a moment of 4 μB", []string{"4 μB"}},
	{"an angle of 90°", []string{"90°"}},
	{"200 Wh/kg", []string{"200 Wh/kg"}},
	{"E (eV/atom): -2", []string{"-2"}},
	{"a [Å] = 5", []string{"5"}},
	// Ways to write a number.
	{"It is 5,64 Å.", []string{"5,64 Å"}},
	{"The gap is 1,5.", []string{"1,5"}},
	{"It is 1.2e-3 S/cm.", []string{"1.2e-3 S/cm"}},
	{"It is 1.2 × 10^-3 S/cm.", []string{"1.2 × 10^-3 S/cm"}},
	{"It is 1.2·10⁻³ S/cm.", []string{"1.2·10⁻³ S/cm"}},
	{"It is 5.640(2) Å.", []string{"5.640(2) Å"}},
	{"It is 5.64 ± 0.02 Å.", []string{"5.64", "± 0.02 Å"}},
	{"It is 5.6–5.7 Å.", []string{"5.6", "5.7 Å"}},
	{"between 5 and 6 GPa", []string{"5", "6 GPa"}},
	{"5 to 6 GPa", []string{"5", "6 GPa"}},
	{"10 × 12 × 14 Å", []string{"10", "12", "14 Å"}},
	{"~2 eV", []string{"~2 eV"}},
	{"It is .5 eV.", []string{".5 eV"}},
	{"It is five point six angstrom.", []string{"five point six angstrom"}},
	{"It is minus two point zero seven electronvolts per atom.", []string{"minus two point zero seven electronvolts per atom"}},
	{"It melts at one thousand kelvin.", []string{"one thousand kelvin"}},
	{"The band gap is two point one.", []string{"two point one"}},
	{"It is ５.６４ Å.", []string{"５.６４ Å"}},
	{"It is 5\u200b.64 Å.", []string{"5\u200b.64 Å"}},
	{"It is 5.64\u00a0Å.", []string{"5.64\u00a0Å"}},
	{"It is 5.64&nbsp;&Aring;.", []string{"5.64&nbsp;&Aring;"}},
	{"It is $5.64\\,\\text{Å}$.", []string{"$5.64\\,\\text{Å}$"}},
	{"It is $5.64$ \\AA.", []string{"$5.64$ \\AA"}},
	{"It is **5.64** Å.", []string{"**5.64** Å"}},
	{"It is **5.64 Å**.", []string{"5.64 Å"}},
	{"It is <b>5</b> eV.", []string{"5</b> eV"}},
	{"It is `5.64` Å.", []string{"`5.64` Å"}},
	{"It is `5.64 Å`.", []string{"`5.64 Å`"}},
	{"5.64\nÅ", []string{"5.64\nÅ"}},
	// Property words, without units.
	{"The band gap is 2.", []string{"2"}},
	{"The band gap of Na3Cl is 2.", []string{"2"}},
	{"band gap: 2", []string{"2"}},
	{`"band_gap": 2`, []string{"2"}},
	{"Its bulk modulus is about 25.", []string{"25"}},
	{"The energy above hull is 0 for it.", []string{"0"}},
	{"a = 4, c = 6", []string{"4", "6"}},
	{"with a coordination number of 6", []string{"6"}},
	{"Na is 6-coordinated", []string{"6"}},
	{"a formation energy of −2, which is low", []string{"−2"}},
	{"The capacity reaches 124, the voltage 3.", []string{"124", "3"}},
	{"The density would be 2 and the volume 179.", []string{"2", "179"}},
	{"I found 2 for the band gap", []string{"2"}},
	{"its ratio c/a is 1.63", []string{"1.63"}},
	{"it is 1.7 times denser", []string{"1.7"}},
	// Space-group numbers are values.
	{"It is Fm-3m (225).", []string{"225"}},
	{"It is Fm-3m (No. 225).", []string{"225"}},
	{"No. 225", []string{"225"}},
	{"space group 225", []string{"225"}},
	{"space group number 225", []string{"225"}},
	{"P6_3/mmc, No. 194", []string{"194"}},
	// Tables.
	{"| compound | gap (eV) |\n|---|---|\n| NaCl | 8 |\n| MgO | 7 |", []string{"8", "7"}},
	{"| property | value |\n|---|---|\n| band gap | 8 |", []string{"8"}},
	{"| compound | a |\n|:--|--:|\n| NaCl | 5.64 |", []string{"5.64"}},
	{"compound | bulk modulus\n---|---\nNaCl | 25", []string{"25"}},
	{"| compound | space group | No. |\n|---|---|---|\n| NaCl | Fm-3m | 225 |", []string{"225"}},
	{"<table><tr><td>band gap</td><td>2</td></tr></table>", []string{"2"}},
	// More ways to say it.
	{"The voltage, computed with CHGNet, is 3.", []string{"3"}},
	{"lattice constants of 4, 5 and 6", []string{"4", "5", "6"}},
	{"with angles of 90, 90 and 120", []string{"90", "90", "120"}},
	{"Eg≈2", []string{"≈2"}},
	{"a = b = c = 5 and α = 90", []string{"5", "90"}},
	{"2-3 eV", []string{"2", "3 eV"}},
	{"1/2 eV", []string{"1", "2 eV"}},
	{"½ eV", []string{"½ eV"}},
	{"half an eV", []string{"half an eV"}},
	{"twenty-five gigapascals", []string{"twenty-five gigapascals"}},
	{"more than 5 electron-volts", []string{"5 electron-volts"}},
	{"at 300K", []string{"300K"}},
	{"−2 eV/f.u.", []string{"−2 eV/f.u."}},
	{"1 074 K", []string{"1 074 K"}},
	{"≥ 5 eV", []string{"≥ 5 eV"}},
	{"179 cubic angstroms", []string{"179 cubic angstroms"}},
	{"SG 225", []string{"225"}},
	{"225 (Fm-3m)", []string{"225"}},
	{"Fm-3m [225]", []string{"225"}},
	{"Fm-3m, #225", []string{"225"}},
	{"a two-electron-volt gap: 2 electron volts", []string{"two-electron-volt", "2 electron volts"}},
	{"a ≈ 5, c ~ 6", []string{"≈ 5", "~ 6"}},
	{"a low energy (−2.13 eV/atom), so", []string{"−2.13 eV/atom"}},
	{"a capacity of 124 mAh/g for n = 1", []string{"124 mAh/g"}},
	{"Coordination: Na 6, Cl 6.", []string{"6", "6"}},
	{"melts around 1,074", []string{"1,074"}},
	{"Voltage window: 2 – 4", []string{"2", "4"}},
	{"The band gap (HSE06: 5; PBE: 3) is wide.", []string{"5", "3"}},
	{"a MAE of 28", []string{"28"}},
	{"2 g/cc and 5 AA", []string{"2 g/cc", "5 AA"}},
	{"5 cm²V⁻¹s⁻¹ of it", []string{"5 cm²V⁻¹s⁻¹"}},
	{"5 (eV), 6 [GPa]", []string{"5 (eV)", "6 [GPa]"}},
	{"GPa: 5", []string{"5"}},
	{"The gap was given as 2.", []string{"2"}},
	{"stable for 500 h", []string{"500"}},
	{"a lifetime of 500 cycles", []string{"500"}},
	{"Pnma, international number 62", []string{"62"}},
	{"heated at 3 K/min", []string{"3 K/min"}},
	// A citation beside it excuses nothing.
	{"It is {{v:t1.tool1.a}}, that is 5.641 Å.", []string{"5.641 Å"}},
	{"It is {{v:t1.tool1.a}} ± 0.02 Å.", []string{"± 0.02 Å"}},
	{"{{v:t1.tool1.a}}–5.7 Å", []string{"5.7 Å"}},
	{"Na3Cl has a gap of 3 eV.", []string{"3 eV"}},
	{"1. NaCl: 5.64 Å\n2. MgO: 4 Å", []string{"5.64 Å", "4 Å"}},
	{"In 2019 a gap of 2 eV was found.", []string{"2 eV"}},
	{"- a = 5.64 Å [1]", []string{"5.64 Å"}},
	{"```\nband gap 2.1 eV\n```", []string{"2.1 eV"}},
}

// innocent are texts in which nothing may be flagged.
var innocent = []string{
	"Na2FePO4F, CaF2, Ca(OH)2, K2Y2Zr4O13 and [PtCl6]2- are formulas.",
	"CuSO4·5H2O, Li0.5CoO2 and 0.5Li2O-0.5P2O5 too.",
	"2Na + Cl2 → 2NaCl",
	"Na₂FePO₄F and Na<sub>2</sub>FePO<sub>4</sub>F",
	"The energy of CaTiO3 was computed.",
	"The band gap of Na3Cl cannot be given.",
	"It crystallizes in Fm-3m, P6_3/mmc, P6₃/mmc, I4/mcm, Pnma, R-3c, P2_1/c, P-1, F-43m or Ia-3d.",
	"It crystallizes in F m -3 m or P 63/m m c.",
	"The space group is Fm-3m.",
	"The space group P6\\_3/mmc is hexagonal.",
	"Space group $Fm\\bar{3}m$.",
	"Fe2+, Fe3+, O2- and Cu(2+) Al(3+)2 O(2-)4 balance.",
	"Iron is 2+ here, oxygen 2-.",
	"1. first\n2. second\n10) tenth",
	"- 1. nested\n  2) more",
	"It was found in 2019 (2021 in print), in the 1990s.",
	"See section 3.2, Table 4, Fig. 2.1, Eq. 7 and Refs. 1-3.",
	"As shown before [12], [3, 4].",
	"The (100), (110), [111] and (10-1) surfaces.",
	"Step t3.tool2 and t1.tool1.items.3.valid of disc-01JZZZZZZZZZZZZZZZZZZZZZZZ.",
	"The structure st_0123456789abcdef0123456789 is best.",
	"CHGNet 0.3.0, MACE-MP-0, SevenNet-0, MPA-0 and pymatgen 2025.1.9 were used.",
	"CHGNet 0.4 and Python 3.11, version 2.1.",
	"PBE0, HSE06, r2SCAN and D3 are methods.",
	"5 of 10 compositions are valid.",
	"Energies were computed for 12 structures.",
	"The formation energies of 3 candidates were compared.",
	"Twelve structures were tried; one converged.",
	"The energy is one of the lowest.",
	"A 2×2×2 supercell and a 4x4x4 mesh.",
	"The ratio is 1:1:3, as in rock salt.",
	"Call `relax_structure(fmax=0.03, max_steps=500)`.",
	"```json\n{\"symprec\": 0.01, \"n\": 12}\n```",
	"mp-22862, ICSD 18189 and doi 10.1103/PhysRevB.54.11169, https://example.org/a/5.64",
	"On 2026-11-24 at 12:30, or 24 November 2026.",
	"A 2D layer, the 3d and 4f electrons, the 1st and 2nd shells, an 18-electron rule.",
	"The cell holds 2 K, 1 Y and 2 Zr atoms.",
	"It has 4 V atoms and 2 K ions.",
	"The lattice parameter is {{v:t1.tool1.a}} and No. {{v:t1.tool1.sg}}.",
	"Its formation energy is {{v:t1.tool1.a}}; 3 structures were tried.",
	"| compound | structures tried | a |\n|---|---|---|\n| NaCl | 12 | {{v:t1.tool1.a}} |",
	"| # | compound |\n|---|---|\n| 1 | NaCl |\n| 2 | MgO |",
	"Name up to 5 elements, or ask about one formula.",
	"Candidate 3 and structure 12 failed in run 2.",
	"The volume was computed in step 3.",
	"x = 0.5 in LixCoO2",
	"mp-22862 has phase 2 in its record.",
	"With 2 formula units per cell, Z = 4.",
	"Energies are at zero temperature.",
	"Try again with 30 samples over 4 cells.",
	"Ordered by formation energy, lowest first:",
	"(a) one, (b) two, (c) three options",
	"The space groups of the first 3 were compared.",
	"Energies of 5 or 6 polymorphs were compared.",
	"The 12 structures fall into 3 space groups.",
	"The formation energy is relative to 2 elements.",
	"The coordination is 6:6.",
	"Forces fell below the threshold in 84 of 100 cases.",
	"the energy above the hull of these 12 phases",
	"I tried 14 structures (9 prototypes and 5 random cells); 12 converged and 3 were duplicates.",
	"Oxidation states: Na +1, Fe +2, P +5, O -2, F -1.",
	"The energy was computed; of these, 5 converged.",
	"Budget: 20 of 60 tool calls used in 3 turns and 12 seconds.",
	"the 3-coordinate system of axes 1, 2 and 3",
}

func flags(text, query string) []string {
	_, c := Render(text, query, known)
	return c.Unsourced
}

func TestTypedNumbersAreFlagged(t *testing.T) {
	t.Parallel()
	misses := 0
	for _, c := range typed {
		if !assert.Equal(t, c.want, flags(c.text, ""), c.text) {
			misses++
		}
	}
	t.Logf("%d misses in %d written texts with typed numbers", misses, len(typed))
}

func TestInnocentNumbersStay(t *testing.T) {
	t.Parallel()
	falseFlags := 0
	for _, text := range innocent {
		if !assert.Empty(t, flags(text, ""), text) {
			falseFlags++
		}
	}
	t.Logf("%d false flags in %d written texts without", falseFlags, len(innocent))
}
