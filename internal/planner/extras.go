package planner

import (
	"fmt"
	"strings"
)

// extras words the further properties of a material: bulk modulus, pattern,
// disagreement of potentials. What a tool failed to give is among the failures.
func extras(f facts, h history) string {
	var b strings.Builder
	for _, d := range h.on("fit_equation_of_state", "structure_id", f.id).good() {
		if _, ok := d.result["bulk_modulus"].(float64); ok {
			fmt.Fprintf(&b, "- Bulk modulus of %s: **%s**, from energies at several volumes.\n", f.formula, d.cite("bulk_modulus"))
		}
	}
	for _, d := range h.on("simulate_xrd", "structure_id", f.id).good() {
		b.WriteString(pattern(f.formula, d))
	}
	for _, d := range h.of("compare_models").good() {
		if d.names("structure_id", f.id) || d.names("structure_ids", f.id) {
			b.WriteString(disagreement(f, d))
		}
	}
	return b.String()
}

// strongest is how many reflections are listed.
const strongest = 8

func pattern(formula string, d done) string {
	var rows []string
	for i, p := range objects(d.result["peaks"]) {
		if len(rows) == strongest {
			break
		}
		var hkl []string
		list, _ := p["hkl"].([]any)
		for _, x := range list {
			if s, ok := x.(string); ok {
				hkl = append(hkl, s)
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | `%s` |", d.cite("peaks.%d.two_theta", i), d.cite("peaks.%d.intensity", i), strings.Join(hkl, " ")))
	}
	if len(rows) == 0 {
		return ""
	}
	return fmt.Sprintf("\nSimulated powder pattern of %s (`%s`), its first strong reflections:\n\n| 2θ | intensity | planes |\n|---|---|---|\n%s\n\n", formula, text(d.result, "radiation"), strings.Join(rows, "\n"))
}

// disagreement words how far potentials are apart; the fields are read as the
// tool names them.
func disagreement(f facts, d done) string {
	for _, key := range []string{"spread", "disagreement", "spread_per_atom", "energy_spread_per_atom", "formation_energy_spread_per_atom", "spread_formation_energy_per_atom"} {
		if _, ok := d.result[key].(float64); ok {
			return fmt.Sprintf("- The potentials disagree about %s by %s.\n", f.formula, d.cite("%s", key))
		}
		for i, item := range d.items() {
			if _, ok := item[key].(float64); ok && (text(item, "structure_id") == f.id || text(item, "structure_id") == "") {
				return fmt.Sprintf("- The potentials disagree about %s by %s.\n", f.formula, d.cite("items.%d.%s", i, key))
			}
		}
	}
	if note := text(d.result, "note"); note != "" {
		return "- Disagreement of potentials: " + quoted(note) + ".\n"
	}
	return ""
}
