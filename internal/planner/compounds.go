package planner

import (
	"strings"
)

// samples is how many structures a search tries for each composition.
func (r request) samples() int {
	switch {
	case r.rigorous:
		return 36
	case len(r.formulas) > 2:
		return 12
	}
	return 16
}

// compounds answers structure, symmetry, coordination and formation energy of
// given compounds, one or several: search, relax, analyze, report.
func compounds(r request, h history) reply {
	if next, ok := search(r, r.formulas, r.samples(), h); ok {
		return next
	}
	if next, ok := relax(r.formulas, h); ok {
		return next
	}
	best := found(r.formulas, h)
	if len(best) == 0 {
		return reply{text: "The search gave no usable structure, so there is nothing to report: " + strings.Join(h.failures(), "; ") + ". A different composition or more samples may help.\n\n{{outcome:declined}}"}
	}
	if next, ok := analyze(best, h); ok {
		return next
	}
	return compoundsAnswer(r, best, h)
}

// search asks for candidate structures of each composition that has none yet.
func search(r request, formulas []string, samples int, h history) (reply, bool) {
	if len(h.of("generate_crystal_csp")) > 0 {
		return reply{}, false
	}
	var calls []call
	if !r.allElements() {
		calls = append(calls, call{"validate_composition", map[string]any{"compositions": formulas}})
	}
	for _, f := range formulas {
		calls = append(calls, call{"generate_crystal_csp", map[string]any{"formula": f, "num_samples": samples, "seed": 0}})
	}
	why := "First I check that the charges can balance, and generate candidate structures of " + list(formulas) + ": known structure types decorated with these elements, and random cells, over several cell sizes."
	if len(formulas) == 1 && (len(r.types) > 1 || r.compare && r.polymorph) {
		why = "This is a question about arrangements of one composition, so I compare the polymorphs of " + formulas[0] + ": one search with known structure types and random cells, all relaxed alike."
	} else if r.allElements() {
		why = "I generate candidate structures of " + list(formulas) + ": known structure types and random cells."
	}
	return reply{text: why, calls: calls}, true
}

func (r request) allElements() bool {
	for _, f := range r.formulas {
		if els, _ := elementsOf(f); len(els) > 1 {
			return false
		}
	}
	return len(r.formulas) > 0
}

// relax asks to relax what a search gave, one batch a composition.
func relax(_ []string, h history) (reply, bool) {
	if len(h.of("relax_structures")) > 0 {
		return reply{}, false
	}
	var calls []call
	var names []string
	for _, g := range h.of("generate_crystal_csp").good() {
		var ids []any
		for _, s := range objects(g.result["structures"]) {
			ids = append(ids, text(s, "structure_id"))
		}
		if len(ids) > 0 {
			names = append(names, text(g.result, "formula"))
			calls = append(calls, call{"relax_structures", map[string]any{"structure_ids": ids, "keep_best": 3}})
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: "Now I relax all candidates of " + list(names) + ", atoms and cell, and relax the best few again to a tight threshold.", calls: calls}, true
}

// material is a composition with the best structure of its search.
type material struct {
	formula  string
	id       string
	search   done
	relaxed  done
	bestItem int // index in the relaxation's items
}

// found pairs each relaxation with the search it came from.
func found(_ []string, h history) []material {
	searches := map[string]done{}
	for _, g := range h.of("generate_crystal_csp").good() {
		searches[text(g.result, "formula")] = g
	}
	var out []material
	for _, d := range h.of("relax_structures").good() {
		id := text(d.result, "best_structure_id")
		for i, item := range d.items() {
			if id != "" && text(item, "structure_id") == id {
				out = append(out, material{formula: text(item, "formula"), id: id, search: searches[text(item, "formula")], relaxed: d, bestItem: i})
				break
			}
		}
	}
	return out
}

// analyze asks for symmetry, coordination and formation energies of the best.
func analyze(best []material, h history) (reply, bool) {
	if len(h.of("analyze_space_group"))+len(h.of("calculate_formation_energy")) > 0 {
		return reply{}, false
	}
	var calls []call
	var ids []any
	for _, m := range best {
		calls = append(calls, call{"analyze_space_group", map[string]any{"structure_id": m.id}}, call{"analyze_coordination", map[string]any{"structure_id": m.id}})
		ids = append(ids, m.id)
	}
	calls = append(calls, call{"calculate_formation_energy", map[string]any{"structure_ids": ids}})
	return reply{text: "The lowest-energy structures are known now. I analyze their symmetry and coordination, and compute formation energies relative to the elements relaxed with the same potential.", calls: calls}, true
}
