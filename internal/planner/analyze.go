package planner

import "strings"

// thorough is a search that must meet the floor of rigorous mode.
func (r request) thorough() bool { return (r.rigorous || r.escalated) && !r.quick }

// hull reports whether a verdict on stability belongs into the answer, and can
// be had.
func (r request) hull() bool {
	return r.offered["calculate_energy_above_hull"] && !r.noHull && (r.stability || r.wants[wantHull] || r.rigorous || r.inventing)
}

// analyze asks for what is wanted of the best structures and not there yet.
func analyze(r request, best []material, h history) (reply, bool) {
	calls := r.looks(best, h)
	for _, tool := range r.perBatch() {
		var missing []any
		for _, m := range best {
			if len(h.on(tool, "structure_ids", m.id)) == 0 {
				missing = append(missing, m.id)
			}
		}
		if len(missing) > 0 {
			calls = append(calls, call{tool, map[string]any{"structure_ids": missing}})
		}
	}
	if len(calls) == 0 {
		return reply{}, false
	}
	return reply{text: structuresKnown + analysisWords(calls), calls: calls}, true
}

const structuresKnown = "Now that the lowest-energy structures are known, "

// looks asks for what is quickly said of each structure.
func (r request) looks(best []material, h history) []call {
	var calls []call
	for _, m := range best {
		for _, tool := range r.perStructure() {
			if len(h.on(tool, "structure_id", m.id)) == 0 {
				calls = append(calls, call{tool, map[string]any{"structure_id": m.id}})
			}
		}
	}
	return calls
}

// perStructure are the tools that take one structure.
func (r request) perStructure() []string {
	tools := []string{"analyze_space_group"}
	if len(r.chosen) == 0 {
		tools = append(tools, "analyze_coordination")
	}
	if r.wants[wantXRD] {
		tools = append(tools, "simulate_xrd")
	}
	if r.wants[wantBulk] {
		tools = append(tools, "fit_equation_of_state")
	}
	return tools
}

// perBatch are the tools that take all structures in one call.
func (r request) perBatch() []string {
	tools := []string{"calculate_formation_energy"}
	if r.hull() {
		tools = append(tools, "calculate_energy_above_hull")
	}
	if r.offered["compare_models"] && (r.wants[wantModels] || r.rigorous) {
		tools = append(tools, "compare_models")
	}
	if r.inventing && r.offered["novelty"] {
		tools = append(tools, "novelty")
	}
	return tools
}

var purposes = []struct{ tool, words string }{
	{"analyze_space_group", "their symmetry and coordination"},
	{"calculate_formation_energy", "formation energies relative to the elements relaxed with the same potential"},
	{"calculate_energy_above_hull", "their distance to the hull of the competing phases, which alone can show stability"},
	{"compare_models", "how far two potentials disagree about them"},
	{"fit_equation_of_state", "the bulk modulus from energies at several volumes"},
	{"simulate_xrd", "the powder pattern"},
	{"novelty", "whether they are among the known phases listed here"},
	{"remove_ion", "the host without its ions, for the battery"},
}

func analysisWords(calls []call) string {
	var parts []string
	for _, p := range purposes {
		for _, c := range calls {
			if c.tool == p.tool {
				parts = append(parts, p.words)
				break
			}
		}
	}
	return "I work out " + strings.ReplaceAll(list(parts), ", which alone", " - which alone") + "."
}
