package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/value"
)

// salts are values of two compounds, to be cited rightly and wrongly.
var salts = map[string]value.Value{
	"t1.tool1.a": {Key: "t1.tool1.a", Name: "lattice_a", Number: ptr(5.64), Unit: "angstrom", Formula: "NaCl"},
	"t2.tool1.a": {Key: "t2.tool1.a", Name: "lattice_a", Number: ptr(4.21), Unit: "angstrom", Formula: "MgO"},
	"t3.tool1.v": {Key: "t3.tool1.v", Name: "average_voltage", Number: ptr(3.1), Unit: "V", Formula: "Na2FePO4F"},
}

// Thirty written cases, three of a kind: each text with how many numbers in it
// have no source. Misses and false flags are counted; none is tolerated.
var kinds = []struct {
	kind, text string
	want       int
}{
	{"number", "The lattice parameter of NaCl is 5.64.", 1},
	{"number", "The lattice parameter of NaCl is {{v:t1.tool1.a}}.", 0},
	{"number", "Its band gap is 8.", 1},
	{"unit", "It stores 124 mAh/g at {{v:t3.tool1.v}}.", 1},
	{"unit", "It lies 25 meV/atom above the hull.", 1},
	{"unit", "It was relaxed in 84 steps.", 0},
	{"spelling", "a formation energy of minus two electronvolts per atom", 1},
	{"spelling", "a = ５.６４ Å", 1},
	{"spelling", "Fm-3m, that is No. 225", 1},
	{"locale", "a = 5,64 Å", 1},
	{"locale", "melts at 1 074 K", 1},
	{"locale", "1,074 structures were tried", 0},
	{"table", "| compound | a |\n|---|---|\n| NaCl | 5.64 |\n| MgO | {{v:t2.tool1.a}} |", 1},
	{"table", "| compound | a |\n|---|---|\n| NaCl | {{v:t1.tool1.a}} |\n| MgO | {{v:t2.tool1.a}} |", 0},
	{"table", "| compound | tried | gap (eV) |\n|---|---|---|\n| NaCl | 12 | 8 |", 1},
	{"code block", "```\nvoltage: 3.1 V\n```", 1},
	{"code block", "`5.64 Å`", 1},
	{"code block", "```json\n{\"fmax\": 0.03, \"max_steps\": 500}\n```", 0},
	{"range", "between 5 and 6 GPa", 2},
	{"range", "5.6–5.7 Å", 2},
	{"range", "steps 3 to 5 failed", 0},
	{"in words", "The gap is two point one.", 1},
	{"in words", "It melts at one thousand kelvin.", 1},
	{"in words", "Twelve structures were tried, two converged.", 0},
	{"other structure", "The lattice parameter of MgO is {{v:t1.tool1.a}}.", 1},
	{"other structure", "| compound | a |\n|---|---|\n| MgO | {{v:t1.tool1.a}} |", 1},
	{"other structure", "NaCl has {{v:t1.tool1.a}}, MgO: {{v:t2.tool1.a}}.", 0},
	{"from memory", "NaCl melts at 801 °C (literature).", 1},
	{"from memory", "As is well known, silicon has a gap of 1.1 eV.", 1},
	{"from memory", "NaCl was described in 1913 [1].", 0},
}

func TestThirtyCasesByKind(t *testing.T) {
	t.Parallel()
	require.Len(t, kinds, 30)
	type tally struct{ cases, misses, falseFlags int }
	byKind := map[string]*tally{}
	for _, c := range kinds {
		if byKind[c.kind] == nil {
			byKind[c.kind] = &tally{}
		}
		n := byKind[c.kind]
		n.cases++
		_, got := Render(c.text, "", salts)
		n.misses += max(0, c.want-len(got.Unsourced))
		n.falseFlags += max(0, len(got.Unsourced)-c.want)
		require.Len(t, got.Unsourced, c.want, "%s: %q gave %q", c.kind, c.text, got.Unsourced)
	}
	for kind, n := range byKind {
		t.Logf("%-16s %d cases, %d misses, %d false flags", kind, n.cases, n.misses, n.falseFlags)
		require.Zero(t, n.misses+n.falseFlags, kind)
	}
}

// Right attributions in the words that answers really use are not touched.
func TestRightAttributionsStay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"The lattice parameter of NaCl (rock salt) is {{v:t1.tool1.a}}.",
		"**NaCl**: {{v:t1.tool1.a}}", "Na4Cl4: {{v:t1.tool1.a}}", "NaCl and MgO: {{v:t1.tool1.a}} and {{v:t2.tool1.a}}",
		"NaCl decomposes into Na2O, {{v:t1.tool1.a}} above it.", "Against Na metal, the voltage is {{v:t3.tool1.v}}.",
		"Na₂FePO₄F: {{v:t3.tool1.v}}", "Na<sub>2</sub>FePO<sub>4</sub>F: {{v:t3.tool1.v}}", "In CHGNet: {{v:t1.tool1.a}}", "By PBE: {{v:t1.tool1.a}}",
		"| Na2FePO4F -> NaFePO4F | {{v:t3.tool1.v}} |", "Its lattice parameter is {{v:t2.tool1.a}}.",
	} {
		_, got := Render(text, "", salts)
		require.Empty(t, got.Unsourced, text)
	}
}

func TestCompositionsAreReduced(t *testing.T) {
	t.Parallel()
	require.Equal(t, composition("Ca(OH)2"), composition("Ca2O4H4"))
	require.NotEqual(t, composition("NaCl"), composition("NaCl2"))
	for _, none := range []string{"", "Xx", "Li0.5CoO2", "CuSO4·5H2O", "PBE"} {
		require.Empty(t, composition(none), none)
	}
}
