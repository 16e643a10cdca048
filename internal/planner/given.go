package planner

import (
	"fmt"
	"regexp"
	"strings"
)

// givenPattern is a structure that a question names by its id, such as one that
// the user brought as a file.
var givenPattern = regexp.MustCompile(`\bst_[0-9a-f]{26}\b`)

// given works on the structure as it was brought: its symmetry, then relaxed,
// then what the relaxed one is and what it costs to form.
func given(r request, h history) reply {
	if len(h.on("relax_structure", "structure_id", r.given)) == 0 {
		one := map[string]any{"structure_id": r.given}
		return reply{text: "I look at the structure as it was given, and relax its atoms and cell.",
			calls: []call{{"analyze_space_group", one}, {"analyze_coordination", one}, {"relax_structure", one}}}
	}
	relaxed := h.on("relax_structure", "structure_id", r.given).good()
	if len(relaxed) == 0 {
		return givenAnswer(r, h, done{})
	}
	last := relaxed[len(relaxed)-1]
	id := text(last.result, "structure_id")
	var calls []call
	if len(h.on("analyze_space_group", "structure_id", id)) == 0 {
		calls = append(calls, call{"analyze_space_group", map[string]any{"structure_id": id}})
	}
	if r.offered["calculate_formation_energy"] && len(h.on("calculate_formation_energy", "structure_ids", id)) == 0 {
		calls = append(calls, call{"calculate_formation_energy", map[string]any{"structure_ids": []any{id}}})
	}
	if r.hull() && len(h.on("calculate_energy_above_hull", "structure_ids", id)) == 0 {
		calls = append(calls, call{"calculate_energy_above_hull", map[string]any{"structure_ids": []any{id}}})
	}
	if len(calls) > 0 {
		return reply{text: "It is relaxed. " + analysisWords(calls), calls: calls}
	}
	return givenAnswer(r, h, last)
}

func givenAnswer(r request, h history, relaxed done) reply {
	if got := h.where(func(d done) bool { return d.ok() && d.names("structure_id", r.given) }); len(got) == 0 && len(h.failures()) > 0 {
		return reply{text: "Nothing could be computed of this structure: " + strings.Join(h.failures(), "; ") + ". Give the id of a structure of yours, as an earlier answer or your file's upload shows it, or name the compound and I search for it.\n\n{{outcome:declined}}"}
	}
	var b strings.Builder
	before := gather(material{id: r.given}, h)
	if before.symbol != "" {
		fmt.Fprintf(&b, "As given, the structure has space group **%s** (No. %s), conventional cell %s.\n\n", before.symbol, before.number, strings.Join(before.cell, ", "))
	}
	if before.coordinate != "" {
		fmt.Fprintf(&b, "- Coordination: %s.\n", before.coordinate)
	}
	if id := text(relaxed.result, "structure_id"); id != "" {
		after := gather(material{id: id, formula: text(relaxed.result, "formula")}, h)
		fmt.Fprintf(&b, "- Relaxed, atoms and cell: the volume changes by %s, to an energy of %s.\n", relaxed.cite("volume_change_percent"), relaxed.cite("energy_per_atom"))
		if relaxed.result["converged"] == false {
			b.WriteString("- The relaxation did not converge: do not rely on its numbers.\n")
		}
		if after.symbol != "" {
			fmt.Fprintf(&b, "- Then it has space group **%s** (No. %s), conventional cell %s.\n", after.symbol, after.number, strings.Join(after.cell, ", "))
		}
		switch {
		case after.hasEnergy:
			fmt.Fprintf(&b, "- Its formation energy is **%s**.\n", after.formation)
		case after.formation != "":
			fmt.Fprintf(&b, "- Its formation energy is %s, of a structure that is not relaxed: compare it with nothing.\n", after.formation)
		}
		b.WriteString("\n" + verdicts([]facts{after}))
		b.WriteString("**Mind:** energies are at zero temperature, from a machine-learned potential; a negative formation energy is relative to the elements only." + caveats([]facts{after}) + "\n")
	}
	if p, _ := relaxed.result["potential"].(map[string]any); text(p, "name") != "" {
		fmt.Fprintf(&b, "\n**How:** the structure you gave, relaxed by %s. No other structure of this composition was searched for.", text(p, "name"))
	}
	if f := h.failures(); len(f) > 0 {
		b.WriteString("\n\nNot everything worked: " + strings.Join(f, "; ") + ".")
	}
	return reply{text: b.String()}
}
