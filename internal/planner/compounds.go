package planner

import (
	"iter"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
)

// samples is how many structures a search tries for each composition, as far as
// the wall time allows.
func (r request) samples() int {
	switch {
	case r.inRounds(): // most are only looked at, which is cheap
		return min(rigorousSamples, max(leastSamples, r.share())*5/2)
	case r.pressed():
		return max(leastSamples, r.share())
	}
	return r.wantedSamples()
}

// leastSamples is what a search is good for at all.
const leastSamples = 4

// share is how many structures the wall time allows for each composition.
func (r request) share() int {
	return discovery.SampleFloor(discovery.ModeRigorous, discovery.Budget{WallS: r.wallS}, discovery.Usage{}, len(r.formulas))
}

// pressed reports that the wall time does not allow the search that is wanted:
// then it has fewer samples, smaller cells and a coarser first relaxation, so
// that every composition gets a result.
func (r request) pressed() bool {
	return r.wallS > 0 && r.share() < min(r.wantedSamples(), rigorousSamples) // a share is never above the floor
}

func (r request) wantedSamples() int {
	switch {
	case len(r.chosen) > 0 && !r.thorough():
		return 6 // beside what known types give
	case r.thorough() && len(r.formulas) > 2:
		return rigorousSamples
	case r.thorough():
		return rigorousSamples + 6
	case r.quick:
		return 8
	case len(r.formulas) > 2:
		return 12
	}
	return 16
}

// rigorousSamples is the floor of a rigorous search, over several cell sizes.
const rigorousSamples = discovery.RigorousSamples

// compounds answers structure, symmetry, coordination, energies and what else is
// wanted of given compounds: search, relax, analyze, report. Each stage asks for
// what is not there yet, so that a question that changes on the way goes on from
// what was computed.
func compounds(r request, h history) reply {
	if !r.finish {
		if next, ok := stages(r, h); ok {
			return next
		}
	}
	best := r.best(h)
	if len(best) == 0 {
		return reply{text: nothing(r, h) + "\n\n{{outcome:declined}}"}
	}
	return compoundsAnswer(r, best, h)
}

// stages gives the next calls for the compositions of a request.
func stages(r request, h history) (reply, bool) {
	if next, ok := search(r, h); ok {
		return next, true
	}
	if r.inRounds() {
		if next, ok := screen(r, h); ok {
			return next, true
		}
	}
	if next, ok := relax(r, h); ok {
		return next, true
	}
	if r.inRounds() {
		if next, ok := anotherRound(r, h); ok {
			return next, true
		}
	}
	if next, ok := refineMeant(r, h); ok {
		return next, true
	}
	best := r.best(h)
	if len(best) == 0 {
		return reply{}, false
	}
	// What a battery is asked about comes before the hull, which may take all of
	// the time that is left.
	if next, ok := endMembers(r, best, h); ok {
		return next, true
	}
	return analyze(r, best, h)
}

func nothing(r request, h history) string {
	why := strings.Join(h.failures(), "; ")
	if why == "" && r.finish {
		return "You asked me to stop before a structure was computed, so there is nothing to report."
	}
	if why == "" {
		why = "no candidate could be generated"
	}
	return "The search gave no usable structure, so there is nothing to report: " + why + ". A different composition or more samples may help."
}

// search asks for candidate structures of each composition that has too few yet.
func search(r request, h history) (reply, bool) {
	var calls []call
	var names, unchecked []string
	seed := 0
	for _, f := range r.formulas {
		tried := h.on("generate_crystal_csp", "formula", f)
		enough := false
		for _, d := range tried {
			enough = enough || number(d.args, "num_samples") >= float64(r.samples()) || !r.thorough()
		}
		if enough {
			continue
		}
		seed = max(seed, len(tried))
		names = append(names, f)
		calls = append(calls, call{"generate_crystal_csp", r.searchArgs(f, len(tried))})
		if els, _ := elementsOf(f); len(els) > 1 && len(h.on("validate_composition", "compositions", f)) == 0 {
			unchecked = append(unchecked, f)
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	if r.wants[wantCapacity] && r.offered["battery_metrics"] {
		calls = append(calls, r.capacityCalls(h)...)
	}
	if r.besideKnown() {
		calls = append(calls, r.lookups(names, h)...)
	}
	if len(unchecked) > 0 {
		calls = append([]call{{"validate_composition", map[string]any{"compositions": unchecked}}}, calls...)
	}
	return reply{text: r.searchWords(names, len(unchecked) > 0, seed > 0), calls: calls}, true
}

func (r request) searchArgs(formula string, seed int) map[string]any {
	args := map[string]any{"formula": formula, "num_samples": r.samples(), "seed": seed}
	if r.pressed() || len(r.chosen) > 0 && !r.hostOf(formula).blind {
		args["max_atoms"] = smallCell(formula)
	}
	return args
}

// smallCell is the largest cell, in atoms, of a search that must be cheap: two
// formula units, or three and more of a simple compound.
func smallCell(formula string) int {
	unit := 0
	for _, n := range amountsOf(formula) {
		unit += n
	}
	return max(unit, min(max(20, 2*unit), 40))
}

func (r request) searchWords(names []string, checks, again bool) string {
	switch {
	case again:
		return "I search again for " + list(names) + ", with more samples and over several cell sizes."
	case len(names) == 1 && (len(r.types) > 1 || r.compare && r.polymorph):
		return "This is a question about arrangements of one composition, so I compare the polymorphs of " + names[0] + ": one search with known structure types and random cells, all relaxed alike."
	case checks:
		return "First I check that the charges can balance, and generate candidate structures of " + list(names) + ": known structure types decorated with these elements, and random cells, over several cell sizes."
	}
	return "I generate candidate structures of " + list(names) + ": known structure types and random cells."
}

// searches are the good searches of each composition.
func (r request) searches(h history) iter.Seq2[string, done] {
	return func(yield func(string, done) bool) {
		for _, f := range r.formulas {
			for _, g := range h.on("generate_crystal_csp", "formula", f).good() {
				if !yield(f, g) {
					return
				}
			}
		}
	}
}

// relax asks to relax what a search gave, one batch a search.
func relax(r request, h history) (reply, bool) {
	var calls []call
	var names []string
	for f, g := range r.searches(h) {
		ids := screened(g, h)
		if len(ids) == 0 || len(relaxations(g, h)) > 0 {
			continue
		}
		given := inKnownCells(f, h)
		for _, p := range knownPhases(f, h) {
			given = append(given, p.id)
		}
		beside := minus(given, ids)
		known := len(beside)
		// The known ones first: a search whose time is spent leaves out the last.
		ids = append(slices.Clone(beside), ids...)
		names = append(names, f)
		args := map[string]any{"structure_ids": anyList(ids), "keep_best": 3 + known}
		if len(r.chosen) > 0 && known > 0 {
			args["keep_best"] = 1 + known // random cells of a host seldom win
		}
		switch {
		case r.inRounds():
			args["fmax"], args["max_steps"] = firstFmax, firstSteps
			delete(args, "keep_best")
		case r.pressed():
			args["fmax"], args["max_steps"] = firstFmax, 100 // the best are relaxed again, tightly
		}
		calls = append(calls, call{"relax_structures", args})
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: "Now I relax all candidates of " + list(distinct(names)) + ", atoms and cell, and relax the best few again to a tight threshold.", calls: calls}, true
}

func structureIDs(d done) []string {
	var ids []string
	for _, s := range objects(d.result["structures"]) {
		ids = append(ids, text(s, "structure_id"))
	}
	return ids
}

// material is a composition with the best structure of its searches.
type material struct {
	asked    string // as the question writes it
	formula  string
	id       string
	search   done
	relaxed  done
	bestItem int      // index in the relaxation's items
	instead  string   // citation: how far above the lowest, where another is meant
	insteadE float64  // the same in eV/atom, to choose words by; never printed
	known    []string // names of the listed phases that are meant
	unranked bool     // they have no place among the structures ranked
	coarse   bool     // and are taken as the first pass left them
}

// found pairs each composition with the lowest of its relaxed structures.
func found(formulas []string, h history) []material {
	var out []material
	for _, f := range formulas {
		var all []material
		for _, g := range h.on("generate_crystal_csp", "formula", f).good() {
			for _, d := range relaxations(g, h) {
				if m, ok := lowest(f, g, d); ok && d.ok() {
					all = append(all, m)
				}
			}
		}
		if len(all) > 0 {
			out = append(out, newestOfLowest(all))
		}
	}
	return out
}

// sameEnergy is what a relaxation that goes on may change an energy by without
// finding another structure, in eV/atom.
const sameEnergy = 0.002

// newestOfLowest takes the lowest, from the last call that has it: there it stands
// beside others that were relaxed alike.
func newestOfLowest(all []material) material {
	low := all[0].energy()
	for _, m := range all {
		low = min(low, m.energy())
	}
	for i := len(all) - 1; i > 0; i-- {
		if all[i].energy() <= low+sameEnergy {
			return all[i]
		}
	}
	return all[0]
}

func (m material) energy() float64 { return number(m.relaxed.items()[m.bestItem], "energy_per_atom") }

func lowest(asked string, search, relaxed done) (material, bool) {
	id := text(relaxed.result, "best_structure_id")
	for i, item := range relaxed.items() {
		if id != "" && text(item, "structure_id") == id {
			return material{asked: asked, formula: text(item, "formula"), id: id, search: search, relaxed: relaxed, bestItem: i}, true
		}
	}
	return material{}, false
}
