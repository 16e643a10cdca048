package planner

import (
	"fmt"
	"strings"
)

// validity answers whether compositions are charge-balanced.
func validity(r request, h history) reply {
	checks := h.where(func(d done) bool { return d.tool == "validate_composition" && d.covers("compositions", r.formulas) })
	if len(checks) == 0 {
		all := append(append([]string{}, r.formulas...), r.broken...)
		if len(all) > maxCompositions {
			all = all[:maxCompositions]
		}
		return reply{
			text:  "I check whether the charges of these compositions can balance, all in one call: " + list(all) + ".",
			calls: []call{{"validate_composition", map[string]any{"compositions": all}}},
		}
	}
	d := checks[len(checks)-1]
	if !d.ok() {
		return reply{text: "The check did not work, so I have no answer: " + strings.Join(h.failures(), "; ") + ".\n\n{{outcome:declined}}"}
	}
	var b strings.Builder
	if items := d.items(); len(items) == 1 {
		b.WriteString(balanceOf(items[0]) + "\n\n")
	} else {
		fmt.Fprintf(&b, "Charge-balanced: %s. Not charge-balanced: %s.\n\n", d.cite("n_valid"), d.cite("n_invalid"))
	}
	b.WriteString("| formula | verdict | balancing oxidation states, or why not |\n|---|---|---|\n")
	mixed := false
	for i, item := range d.items() {
		b.WriteString(validityRow(d, i, item))
		mixed = mixed || item["mixed_valence"] == true
	}
	b.WriteString("\n")
	if mixed {
		b.WriteString("Those marked as mixed-valence balance only when one element occurs in two oxidation states at the same time.\n\n")
	}
	b.WriteString("The check is SMACT's charge balance with its ICSD oxidation states and the Pauling test. Valid means that charges can balance; it does not mean that the compound is stable or exists. Elements and intermetallics are outside of what the test can say.")
	b.WriteString(rest(r))
	return reply{text: b.String()}
}

// balanceOf answers about one composition in a sentence.
func balanceOf(item map[string]any) string {
	name := "**" + text(item, "input") + "**"
	switch valid, checked := item["valid"].(bool); {
	case checked && valid && item["mixed_valence"] == true:
		return name + " is charge-balanced, with one element in two oxidation states at once: `" + text(item, "assignment") + "`."
	case checked && valid:
		return name + " is charge-balanced: `" + text(item, "assignment") + "`."
	case checked:
		return name + " is not charge-balanced."
	case text(item, "error") == "":
		return "Charge balance does not apply to " + name + ": it is an element or an intermetallic."
	}
	return name + " could not be read."
}

func validityRow(d done, i int, item map[string]any) string {
	formula := text(item, "input")
	verdict := "no formula"
	why := "`" + strings.ReplaceAll(text(item, "error"), "|", "/") + "`"
	switch v := item["valid"].(type) {
	case bool:
		verdict = d.cite("items.%d.valid", i)
		why = "no combination of the known oxidation states adds up to zero"
		if v {
			why = "`" + text(item, "assignment") + "`"
		}
		if item["mixed_valence"] == true {
			verdict += " (mixed valence)"
		}
	default:
		if text(item, "error") == "" {
			verdict, why = "not applicable", "an element or an intermetallic: there are no charges to balance"
		}
	}
	return fmt.Sprintf("| %s | %s | %s |\n", formula, verdict, why)
}

// rest declines by name what was asked beside the question that was answered.
func rest(r request) string {
	if r.cut {
		r.cut = false
		return rest(r) + "\n\n{{assume:the question is long; only its beginning was read}}"
	}
	if m := methods(r.missing); m != "" {
		return "\n\nNot answered, because no tool here gives it: " + m
	}
	return ""
}
