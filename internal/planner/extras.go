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
			fmt.Fprintf(&b, "- Bulk modulus of %s: **%s**, %s.\n", f.formula, d.cite("bulk_modulus"), f.modulusFrom())
		} else if note := text(d.result, "note"); note != "" {
			fmt.Fprintf(&b, "- No bulk modulus of %s: %s.\n", f.formula, quoted(note))
		}
	}
	for _, d := range h.on("simulate_xrd", "structure_id", f.id).good() {
		b.WriteString(pattern(f.formula, d))
	}
	for _, d := range h.on("compare_models", "structure_ids", f.id).good() {
		b.WriteString(disagreement(f, d))
	}
	b.WriteString(batteryLines(f.material, h))
	return b.String()
}

// modulusFrom says how a bulk modulus was found, and to which side it may be off:
// the softness of such potentials is published (Deng et al., npj Comput. Mater. 11, 9, 2025).
func (f facts) modulusFrom() string {
	s := "from energies at several volumes, at zero temperature"
	if crystalSystem(f.group) != "cubic" {
		s += ", of a cell that keeps its shape: of a crystal that is not cubic this is an upper bound"
	}
	return s + "; potentials of this kind are known to be somewhat too soft"
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

// disagreement words how far potentials are apart.
func disagreement(f facts, d done) string {
	for i, item := range d.items() {
		if _, ok := item["spread"].(float64); ok && text(item, "structure_id") == f.id {
			return fmt.Sprintf("- The %s potentials installed here disagree about the formation energy of %s by %s; that is no error bar.\n", d.cite("n_potentials"), f.formula, d.cite("items.%d.spread", i))
		}
	}
	if note := text(d.result, "note"); note != "" {
		return "- Disagreement of potentials: " + quoted(note) + ".\n"
	}
	return ""
}
