package planner

import "slices"

// Of a search only the few lowest structures are relaxed tightly. Where a question
// is about another one (diamond, of carbon), that one is relaxed alike before
// anything is said of it.
const (
	fullFmax  = 0.03 // eV/angstrom
	fullSteps = 500
)

// refineMeant asks to relax the arrangements that a question is about as tightly
// as the lowest ones, all in one call: side by side their differences are results.
func refineMeant(r request, h history) (reply, bool) {
	var calls []call
	var names []string
	for _, m := range found(r.formulas, h) {
		f := facts{material: m}
		var coarse []string
		for _, is := range r.about(m, h) {
			if _, ok := f.lowestOf("", is); ok {
				continue
			}
			i, ok := f.firstPass(is)
			if !ok {
				continue
			}
			if id := text(m.relaxed.items()[i], "structure_id"); len(h.on("relax_structures", "structure_ids", id)) == 0 && !slices.Contains(coarse, id) {
				coarse = append(coarse, id)
			}
		}
		if len(coarse) > 0 {
			names = append(names, m.formula)
			calls = append(calls, call{"relax_structures", map[string]any{"structure_ids": anyList(append(f.ranked(), coarse...)), "fmax": fullFmax, "max_steps": fullSteps}})
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: "The arrangement of " + list(distinct(names)) + " that the question is about is not among the lowest, so it is relaxed as tightly as those.", calls: calls}, true
}

// about tells the structures of a composition that a question is about: of each
// arrangement that it names, else of the known phase where a measurement is asked for.
func (r request) about(m material, h history) []func(map[string]any) bool {
	var out []func(map[string]any) bool
	for _, kind := range r.kindsOf(m.formula) {
		out = append(out, func(item map[string]any) bool { return isKind(item, kind) })
	}
	if r.kindMeant(m.formula) == "" && r.measured() {
		out = append(out, madeOfKnown(m, h))
	}
	return out
}

// madeOfKnown tells the structures that relaxations made of the known phases of a
// composition.
func madeOfKnown(m material, h history) func(map[string]any) bool {
	made := map[string]bool{}
	for _, p := range knownPhases(m.formula, h) {
		made[p.id] = true
	}
	for _, d := range relaxations(m.search, h) {
		for _, item := range d.items() {
			if made[text(item, "input_structure_id")] {
				made[text(item, "structure_id")] = true
			}
		}
	}
	return func(item map[string]any) bool { return made[text(item, "input_structure_id")] }
}

// ranked are the structures of the best one's call that have a place beside it.
func (f facts) ranked() []string {
	var ids []string
	for _, item := range f.relaxed.items() {
		if item["rank"] != nil {
			ids = append(ids, text(item, "structure_id"))
		}
	}
	return ids
}

// firstPass finds the lowest structure of a kind that converged in the first pass
// and is not ranked, since others of its composition were refined.
func (f facts) firstPass(is func(item map[string]any) bool) (int, bool) {
	best := -1
	items := f.relaxed.items()
	for i, item := range items {
		if item["rank"] != nil || item["converged"] != true || text(item, "structure_id") == "" || !is(item) {
			continue
		}
		if best < 0 || number(item, "energy_per_atom") < number(items[best], "energy_per_atom") {
			best = i
		}
	}
	return best, best >= 0
}
