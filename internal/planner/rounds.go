package planner

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// With little time a search for new compounds goes on in rounds, the same for
// every composition: unrelaxed energies choose what is relaxed at all, a short
// first pass what is worth more, and the best are then relaxed further a few
// steps at a time, so that none takes the time of all others.
const (
	screener    = "prescreen_structures"
	screenKept  = 8   // structures of a composition in the first pass
	firstFmax   = 0.1 // eV/angstrom
	firstSteps  = 60
	roundBest   = 3 // of a composition in each round after it: some are wanted side by side
	roundFmax   = 0.05
	roundSteps  = 80
	roundsAfter = 5
	roundsLate  = 2 // when the first pass has left structures out: then time is short indeed
)

// inRounds reports whether a search goes on in rounds.
func (r request) inRounds() bool {
	return r.inventing && len(r.chosen) == 0 && r.offered[screener] && r.pressed()
}

// screen asks for the unrelaxed energies of what the searches gave.
func screen(r request, h history) (reply, bool) {
	var calls []call
	for _, g := range r.searches(h) {
		if ids := structureIDs(g); len(ids) > 1 && len(h.on(screener, "structure_ids", ids[0])) == 0 && len(relaxations(g, h)) == 0 {
			calls = append(calls, call{screener, map[string]any{"structure_ids": anyList(ids), "keep": screenKept}})
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: "The time is short for so many structures, so their unrelaxed energies choose which of them are relaxed.", calls: calls}, true
}

// screened are the structures of a search in the order of their unrelaxed
// energies, those that are worth relaxing; all of them where that is not known.
func screened(search done, h history) []string {
	ids := structureIDs(search)
	if len(ids) == 0 {
		return nil
	}
	for _, d := range h.on(screener, "structure_ids", ids[0]).good() {
		var best []string
		for _, item := range d.items() {
			if item["rank"] != nil {
				best = append(best, text(item, "structure_id"))
			}
		}
		if len(best) > 0 {
			return best
		}
	}
	return ids
}

// relaxations are the rounds that the structures of a search went through, the
// first pass first.
func relaxations(search done, h history) []done {
	var out []done
	from := 0
	for ids := structureIDs(search); len(ids) > 0; {
		at := slices.IndexFunc(h[from:], func(d done) bool {
			return d.tool == "relax_structures" && slices.ContainsFunc(ids, func(id string) bool { return d.names("structure_ids", id) })
		})
		if at < 0 {
			break
		}
		d := h[from+at]
		out, from = append(out, d), from+at+1
		for _, item := range d.items() {
			if id := text(item, "structure_id"); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return out
}

// anotherRound asks to relax the best of each composition further, until those
// have converged or the rounds are over.
func anotherRound(r request, h history) (reply, bool) {
	var calls []call
	var names []string
	for f, g := range r.searches(h) {
		all := relaxations(g, h)
		if len(all) == 0 || len(all) > r.roundsLeft(h) || !all[len(all)-1].ok() {
			continue
		}
		if ids := unfinished(all); len(ids) > 0 {
			names = append(names, f)
			calls = append(calls, call{"relax_structures", map[string]any{"structure_ids": anyList(ids), "fmax": roundFmax, "max_steps": roundSteps}})
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: "The best few of " + list(distinct(names)) + " are relaxed further.", calls: calls}, true
}

// roundsLeft is how many rounds after the first pass there are time for.
func (r request) roundsLeft(h history) int {
	late := h.where(func(d done) bool { return d.tool == "relax_structures" && number(d.result, "n_cut") > 0 })
	if len(late) > 0 {
		return roundsLate
	}
	return roundsAfter
}

// unfinished are the best structures of the last round, lowest first, when one of
// them is not converged to the threshold of the rounds. All of them go on: their
// energies are then of one call, side by side.
func unfinished(rounds []done) []string {
	last := rounds[len(rounds)-1]
	var items []map[string]any
	for _, item := range last.items() {
		if _, ok := item["energy_per_atom"].(float64); ok && text(item, "structure_id") != "" && text(item, "duplicate_of") == "" {
			items = append(items, item)
		}
	}
	sort.SliceStable(items, func(i, j int) bool { return number(items[i], "energy_per_atom") < number(items[j], "energy_per_atom") })
	items = items[:min(len(items), roundBest)]
	var ids []string
	open := len(rounds) == 1 // the first pass has a threshold of its own
	for _, item := range items {
		ids = append(ids, text(item, "structure_id"))
		open = open || item["converged"] != true
	}
	if !open {
		return nil
	}
	return ids
}

// course words what a search tried, and what its time left out.
func course(f facts, h history) string {
	rounds := relaxations(f.search, h)
	first := f.relaxed
	if len(rounds) > 0 {
		first = rounds[0]
	}
	s := fmt.Sprintf("%s: candidates kept %s of %s tried; structures relaxed %s%s, of which converged %s%s", f.formula, f.search.cite("n_kept"), f.search.cite("n_tried"),
		first.cite("n_members"), besideWords(f.formula, first, h), first.cite("n_converged"), leftOut(first))
	if len(rounds) > 1 && f.relaxed.callID != first.callID {
		s += fmt.Sprintf("; the lowest and what the question is about then relaxed alike, %s, of which converged %s", f.relaxed.cite("n_members"), f.relaxed.cite("n_converged"))
	}
	return s
}

// courses tells the course of all searches: in a table where they went in rounds.
func courses(all []facts, h history) string {
	var lines, rows []string
	for _, f := range all {
		rounds := relaxations(f.search, h)
		lines = append(lines, course(f, h))
		if len(rounds) == 0 {
			continue
		}
		first, last := rounds[0], f.relaxed
		for _, d := range rounds {
			if d.ok() {
				last = d
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", f.formula, f.search.cite("n_tried"), f.search.cite("n_kept"), first.cite("n_members"), first.cite("n_cut"), last.cite("n_members"), last.cite("n_converged")))
	}
	if !wentInRounds(all, h) {
		return strings.Join(lines, "; ") + ". "
	}
	return "of the structures kept, those lowest in unrelaxed energy were relaxed in a first pass, and the best of these further until they converged or the time was over.\n\n" +
		"| compound | tried | kept | relaxed | cut by the time | relaxed further | of these converged |\n|---|---|---|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n\n"
}

// wentInRounds reports whether a search was screened and then relaxed in rounds.
func wentInRounds(all []facts, h history) bool {
	return slices.ContainsFunc(all, func(f facts) bool {
		ids := structureIDs(f.search)
		return len(ids) > 0 && len(h.on(screener, "structure_ids", ids[0])) > 0 && len(relaxations(f.search, h)) > 1
	})
}

func anyList(ids []string) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
