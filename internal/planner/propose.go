package planner

import (
	"fmt"
	"slices"
	"strings"
)

// proposals searches a chemical system for charge-balanced compositions and
// computes the simplest of them.
func proposals(r request, h history) reply {
	d, ok := r.listedIn(h)
	if !ok {
		return reply{
			text:  "I list the compositions of " + r.systemName() + " whose charges balance with usual oxidation states, then compute the simplest of them.",
			calls: []call{{"filter_compositions", map[string]any{"elements": r.system, "max_results": max(30, min(r.count, maxScreened))}}},
		}
	}
	if !d.ok() || len(d.items()) == 0 {
		return r.emptySystem(d, h)
	}
	if !r.propose && r.wants[wantValidity] {
		return reply{text: listing(d, r)}
	}
	if r.count > maxProposals && r.offered["evaluate_candidates"] && r.offered["calculate_energy_above_hull"] {
		return screening(r, d, h)
	}
	r.inventing = true
	signal := r.escalate(d, h)
	r.formulas = choose(d, r)
	if !r.finish {
		if next, ok := stages(r, h); ok {
			if signal != "" && len(next.calls) > 0 && next.calls[len(next.calls)-1].tool == "generate_crystal_csp" {
				next.text = signal + " " + next.text
			}
			return next
		}
	}
	best := found(r.formulas, h)
	if len(best) == 0 {
		return reply{text: nothing(r, h) + "\n\n" + listing(d, r)}
	}
	return reply{text: proposalAnswer(r, d, best, h, signal)}
}

func (r request) systemName() string { return strings.Join(r.system, "–") }

// listedIn finds the list of compositions of this system, the widest first.
func (r request) listedIn(h history) (done, bool) {
	all := h.where(func(d done) bool {
		given, _ := d.args["elements"].([]any)
		return d.tool == "filter_compositions" && len(given) == len(r.system) && d.covers("elements", r.system)
	})
	if len(all) == 0 {
		return done{}, false
	}
	return all[len(all)-1], true
}

// emptySystem says that nothing balances, after a wider look in auto mode: too
// few valid compositions is one of the signals that more must be done.
func (r request) emptySystem(d done, h history) reply {
	if d.ok() && !r.finish && (r.auto || r.rigorous) && number(d.args, "max_stoichiometry") == 0 {
		return reply{
			text:  "No composition with small amounts balances, so I look at larger ones.",
			calls: []call{{"filter_compositions", map[string]any{"elements": r.system, "max_results": 30, "max_stoichiometry": 8}}},
		}
	}
	why := "no charge-balanced composition was found"
	if !d.ok() {
		why = quoted(d.err)
	}
	return reply{text: "There is nothing to propose in " + r.systemName() + ": " + why + ". That is a result, too: try another combination of elements.\n\n{{outcome:answered}}"}
}

// wanted is how many candidates are computed.
func (r request) wanted() int {
	n := r.count
	switch {
	case n == 0 && r.quick:
		n = 1
	case n == 0:
		n = defaultProposals
	}
	return min(n, maxProposals)
}

// choose takes the simplest compositions: the list has the most usual oxidation
// states first, and small cells can be searched better. An escalated search
// takes the next ones, too.
func choose(d done, r request) []string {
	n := r.wanted()
	if r.escalated {
		n = min(2*n, maxProposals+2)
	}
	var out []string
	for _, item := range d.items() {
		f := text(item, "formula")
		if len(out) < n && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// escalate looks for the signals of auto mode in what was computed; it makes the
// search larger, once, and says why.
func (r *request) escalate(d done, h history) string {
	if !r.auto || r.quick || r.finish {
		return ""
	}
	const words = "All candidates so far lie far above the hull: as auto mode says, I go on with more samples and the next compositions."
	larger := h.where(func(d done) bool {
		return d.tool == "generate_crystal_csp" && (number(d.args, "num_samples") >= rigorousSamples || number(d.args, "seed") > 0)
	})
	if !r.escalated && len(larger) > 0 {
		r.escalated = true // decided before; what was found since does not undo it
		return words
	}
	first := *r
	first.formulas = choose(d, first)
	best := found(first.formulas, h)
	if len(best) == 0 || len(h.on("calculate_energy_above_hull", "structure_ids", best[0].id)) == 0 {
		return ""
	}
	above := 0
	for _, m := range best {
		if v := hullOf(m, h); v.far {
			above++
		}
	}
	if above < len(best) {
		return ""
	}
	r.escalated = true
	return words
}

func listing(d done, r request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s charge-balanced compositions were found in %s. Those with the most usual oxidation states:\n\n| formula | oxidation states |\n|---|---|\n", d.cite("n_valid"), r.systemName())
	for i, item := range d.items() {
		if i == 15 {
			break
		}
		fmt.Fprintf(&b, "| %s | `%s` |\n", text(item, "formula"), text(item, "assignment"))
	}
	b.WriteString("\nCharge-balanced is not stable: these are candidates, nothing more.")
	return b.String() + rest(r)
}

func proposalAnswer(r request, d done, best []material, h history, signal string) string {
	all := gatherAll(best, h)
	var b strings.Builder
	b.WriteString(shownStable(all, h))
	fmt.Fprintf(&b, "%s compositions of %s are charge-balanced; the simplest were searched: %s. ", d.cite("n_valid"), r.systemName(), list(r.formulas))
	if without := r.withoutResult(best); len(without) > 0 {
		fmt.Fprintf(&b, "No structure of %s converged, so nothing is said of it. ", list(without))
	}
	if signal != "" {
		b.WriteString("The first candidates were all far above the hull, so the search was made larger. ")
	}
	table(&b, all)
	b.WriteString(verdicts(all))
	if noHull(all) {
		b.WriteString("**Stability stays unknown:** that a compound is favorable against its elements does not show that it is favorable against the other compounds of the system; that needs a hull, which was not computed.\n\n")
	}
	said := map[string]bool{}
	for _, f := range all {
		if s := extras(f, h); !said[s] { // that there is one potential is said once
			b.WriteString(s)
			said[s] = true
		}
		polymorphs(&b, f, h, 4)
	}
	b.WriteString(newness(best, h))
	method(&b, r, all, h)
	if r.count > maxProposals {
		b.WriteString("\n\n{{assume:fewer candidates than asked for were computed, to stay within a sensible budget}}")
	}
	return b.String()
}

// shownStable answers a question for stable compounds before all else.
func shownStable(all []facts, h history) string {
	if noHull(all) {
		return ""
	}
	var on, open []string
	cut, done := 0.0, 0.0
	for _, f := range all {
		switch {
		case f.hull.onHull:
			on = append(on, f.formula)
		case f.hull.known && f.hull.above == "":
			open = append(open, f.formula)
		}
		for _, d := range relaxations(f.search, h) {
			cut, done = cut+number(d.result, "n_cut"), done+number(d.result, "n_members")
		}
	}
	s := "**None of these compounds is shown to be stable.** "
	if len(on) > 0 {
		s = "**On the hull of the phases considered: " + list(on) + ".** "
	}
	if len(open) > 0 {
		s += "For " + list(open) + " the verdict stays unknown, since known phases are missing from the hull. "
	}
	if cut > 0 {
		much := "some"
		if cut > done {
			much = "most"
		}
		s += "The time left out " + much + " of the structures: an energy is an upper bound, and one far above the hull tells of the search, not of the compound. "
	}
	return s + "\n\n"
}

// withoutResult are the compositions searched that have no converged structure.
func (r request) withoutResult(best []material) []string {
	var got []string
	for _, m := range best {
		got = append(got, m.asked)
	}
	return minus(r.formulas, got)
}

// newness words what the novelty check gave, or that there was none: each wording
// once, for the compounds that have it.
func newness(best []material, h history) string {
	var set string
	var words []string
	of := map[string][]string{}
	for _, m := range best {
		for _, d := range h.on("novelty", "structure_ids", m.id).good() {
			if name := text(d.result, "set_name"); name != "" {
				set = " (" + quoted(name+", "+text(d.result, "set_date")) + ", structures in it: " + d.cite("set_size") + ")"
			}
			for _, item := range d.items() {
				if w := text(item, "wording"); text(item, "structure_id") == m.id && w != "" {
					words = append(words, w)
					of[w] = append(of[w], m.formula)
				}
			}
		}
	}
	if len(words) == 0 {
		return "Novelty was not checked against a database.\n\n"
	}
	s := "**Novelty**, relative to the set named" + set + " and no more:\n"
	for _, w := range distinct(words) {
		s += "- " + list(distinct(of[w])) + ": " + quoted(w) + "\n"
	}
	return s + "\n"
}

// perovskite is a question for perovskites whose elements are left open.
func (r request) perovskite() bool {
	if len(r.formulas) > 0 || len(r.system) > 1 || !r.propose {
		return false
	}
	return slices.ContainsFunc(r.types, func(t string) bool { return strings.HasPrefix(t, "perovskite") })
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
