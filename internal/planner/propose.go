package planner

import (
	"fmt"
	"strings"
)

// proposals searches a chemical system for charge-balanced compositions and
// computes the simplest of them.
func proposals(r request, h history) reply {
	filters := h.of("filter_compositions")
	if len(filters) == 0 {
		return reply{
			text:  "I list the compositions of " + strings.Join(r.system, "–") + " whose charges balance with usual oxidation states, then compute the simplest of them.",
			calls: []call{{"filter_compositions", map[string]any{"elements": r.system, "max_results": 30}}},
		}
	}
	d := filters[0]
	if !d.ok() || len(d.items()) == 0 {
		why := "no charge-balanced composition was found"
		if !d.ok() {
			why = quoted(d.err)
		}
		return reply{text: "There is nothing to propose in " + strings.Join(r.system, "–") + ": " + why + ". That is a result, too: try another combination of elements.\n\n{{outcome:answered}}"}
	}
	if !r.propose && r.wants[wantValidity] {
		return reply{text: listing(d, r)}
	}
	chosen := choose(d, r)
	if next, ok := search(request{subject: subject{formulas: chosen}, wants: r.wants}, chosen, perProposal(r), h); ok {
		return next
	}
	if next, ok := relax(chosen, h); ok {
		return next
	}
	best := found(chosen, h)
	if len(best) == 0 {
		return reply{text: "None of the candidates gave a usable structure: " + strings.Join(h.failures(), "; ") + ".\n\n" + listing(d, r)}
	}
	if next, ok := analyze(best, h); ok {
		return next
	}
	return reply{text: proposalAnswer(r, d, best, h)}
}

func perProposal(r request) int {
	if r.rigorous {
		return 12
	}
	return 6
}

// choose takes the simplest compositions: the list has the most usual oxidation
// states first, and small cells can be searched better.
func choose(d done, r request) []string {
	n := r.count
	if n == 0 {
		n = defaultProposals
	}
	n = min(n, maxProposals)
	var out []string
	for _, item := range d.items() {
		if len(out) < n {
			out = append(out, text(item, "formula"))
		}
	}
	return out
}

func listing(d done, r request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s charge-balanced compositions were found in %s. Those with the most usual oxidation states:\n\n| formula | oxidation states |\n|---|---|\n", d.cite("n_valid"), strings.Join(r.system, "–"))
	for i, item := range d.items() {
		if i == 15 {
			break
		}
		fmt.Fprintf(&b, "| %s | `%s` |\n", text(item, "formula"), text(item, "assignment"))
	}
	b.WriteString("\nCharge-balanced is not stable: these are candidates, nothing more.")
	return b.String() + rest(r)
}

func proposalAnswer(r request, d done, best []material, h history) string {
	var all []facts
	for _, m := range best {
		all = append(all, gather(m, h))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s compositions of %s are charge-balanced; the simplest were searched. ", d.cite("n_valid"), strings.Join(r.system, "–"))
	table(&b, all)
	b.WriteString("**Stability stays unknown:** that a compound is favorable against its elements does not show that it is favorable against the other compounds of the system; that needs a hull, which comes with a later release. Novelty was not checked against a database.\n\n")
	method(&b, r, all, h)
	if r.count > maxProposals {
		b.WriteString("\n\n{{assume:fewer candidates than asked for were computed, to stay within a sensible budget}}")
	}
	return b.String()
}

// cathode proposes hosts for an ion; what a battery needs beyond structure and
// energy only the battery tools give.
func cathode(r request, h history) reply {
	named := len(r.metals) > 0 && len(r.framework) > 0
	r.system = r.chemistry(r.without)
	r.propose = true
	if r.count == 0 {
		r.count = 2
	}
	out := proposals(r, h)
	if len(out.calls) > 0 {
		if len(h) == 0 {
			out.text = "A host for " + r.ion + " ions needs a metal that can change its charge, and a framework. I look at " + strings.Join(r.system, "–") + ". " + out.text
		}
		return out
	}
	if len(r.missing) == 0 {
		out.text += "\n\nCapacity and voltage are not given: they need the tool `battery_metrics`, which is not available here."
	}
	if !r.stated {
		out.text += "\n\n{{assume:the question names no working ion, so " + r.ion + " was taken}}"
	}
	if !named {
		out.text += "\n\n{{assume:the chemistry " + strings.Join(r.system, "–") + " was chosen because the question left it open}}"
	}
	return out
}

// perovskite is a question for perovskites whose elements are left open.
func (r request) perovskite() bool {
	if len(r.formulas) > 0 || len(r.system) > 1 || !r.propose {
		return false
	}
	for _, t := range r.types {
		if strings.HasPrefix(t, "perovskite") {
			return true
		}
	}
	return false
}

// perovskites computes halide perovskites ABX3 of the metals that the question
// leaves: the family of absorbers. What it absorbs no tool gives.
func perovskites(r request, h history) reply {
	halogen := "I"
	for _, e := range r.elements {
		if strings.Contains(" F Cl Br I ", " "+e+" ") {
			halogen = e
		}
	}
	for _, metal := range []string{"Sn", "Ge", "Pb"} {
		if !contains(r.without, metal) && len(r.formulas) < 2 {
			r.formulas = append(r.formulas, "Cs"+metal+halogen+"3")
		}
	}
	r.polymorph, r.open = true, "the question leaves the elements of the perovskite open, so the cesium halides "+list(r.formulas)+" were taken"
	return compounds(r, h)
}
