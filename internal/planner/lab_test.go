package planner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lab plays a conversation with the planner, answering its calls as the servers
// would. It lives in tests only.
type lab struct {
	tools    map[string]bool
	above    float64 // of every candidate, above the hull
	cut      int     // structures that a relaxation had no time for
	answer   string  // to a question
	notes    map[int]string
	ends     map[string]string // how calls of a tool end; "" is ok
	messages []message
	calls    []call
	turns    int
	n        int
}

func say(role, s string) message {
	body, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return message{Role: role, Content: body}
}

var everyTool = strings.Fields("validate_composition filter_compositions generate_crystal_csp relax_structures relax_structure analyze_space_group analyze_coordination calculate_formation_energy calculate_energy_above_hull simulate_xrd fit_equation_of_state compare_models novelty ask_user remove_ion battery_metrics memory_search memory_save evaluate_candidates")

func newLab(mode, query string, tools ...string) *lab {
	l := &lab{tools: map[string]bool{}, notes: map[int]string{}, above: 0.01, messages: []message{say("system", "# Mode: "+mode), say("user", query)}}
	for _, t := range tools {
		l.tools[t] = true
	}
	return l
}

// run plays until the answer.
func (l *lab) run(t *testing.T) string {
	t.Helper()
	for l.turns = 1; ; l.turns++ {
		require.Less(t, l.turns, 20, "the planner does not come to an end")
		r := plan(l.messages, l.tools)
		calls := wireCalls(r, len(l.messages))
		m := say("assistant", r.text)
		m.ToolCalls = calls
		l.messages = append(l.messages, m)
		for i, c := range r.calls {
			l.calls = append(l.calls, c)
			body, err := json.Marshal(map[string]any{"call_id": fmt.Sprintf("t%d.tool%d", l.turns, i+1), "tool": c.tool, "status": cmp.Or(l.ends[c.tool], "ok"), "result": l.result(c)})
			require.NoError(t, err)
			res := say("tool", string(body))
			res.ToolCallID = calls[i].ID
			l.messages = append(l.messages, res)
		}
		note, steered := l.notes[l.turns]
		if steered {
			l.messages = append(l.messages, say("user", note))
		}
		if len(r.calls) == 0 && !steered {
			return r.text
		}
	}
}

func (l *lab) ids(c call) []string {
	switch v := c.args["structure_ids"].(type) {
	case []any:
		out := make([]string, len(v))
		for i, x := range v {
			out[i] = x.(string)
		}
		return out
	}
	return nil
}

func (l *lab) result(c call) map[string]any {
	switch c.tool {
	case "filter_compositions":
		var items []any
		for i := 1; i <= 9; i++ {
			items = append(items, map[string]any{"formula": fmt.Sprintf("K%dYZrO4", i), "assignment": "K+1"})
		}
		return map[string]any{"items": items, "n_valid": 9}
	case "generate_crystal_csp":
		l.n++
		f := c.args["formula"].(string)
		return map[string]any{"formula": f, "n_kept": 2, "n_tried": 3, "structures": []any{map[string]any{"structure_id": fmt.Sprintf("st_%s_%d_a", f, l.n)}, map[string]any{"structure_id": fmt.Sprintf("st_%s_%d_b", f, l.n)}}}
	case screener:
		var items []any
		for i, id := range l.ids(c) {
			items = append(items, map[string]any{"structure_id": id, "rank": len(l.ids(c)) - i})
		}
		slices.Reverse(items)
		return map[string]any{"items": items}
	case "relax_structures":
		var items []any
		best := ""
		for i, id := range l.ids(c) {
			best = "re_" + id
			items = append(items, map[string]any{"structure_id": best, "input_structure_id": id, "formula": strings.Split(strings.ReplaceAll(id, "re_", ""), "_")[1], "energy_per_atom": -3 - float64(i), "rank": i + 1, "energy_above_best": 0.1, "space_group_symbol": "Fm-3m", "label": "rocksalt", "converged": true})
		}
		return map[string]any{"items": items, "best_structure_id": best, "n_converged": 2, "n_cut": l.cut, "potential": map[string]any{"name": "CHGNet"}}
	case "analyze_space_group":
		return map[string]any{"structure_id": c.args["structure_id"], "space_group_symbol": "Fm-3m", "space_group_number": 225, "symprec": 0.1, "conventional": map[string]any{"lattice_a": 5.6, "lattice_b": 5.6, "lattice_c": 5.6}}
	case "calculate_formation_energy", "calculate_energy_above_hull", "novelty":
		var items []any
		for _, id := range l.ids(c) {
			items = append(items, map[string]any{"structure_id": id, "formula": append(strings.Split(strings.ReplaceAll(id, "re_", ""), "_"), "")[1], "model_error": 0.06, "formation_energy_per_atom": -2.0, "formation_energy_per_formula_unit": -4.0, "formation_energy_molar": -386.0, "caveats": []any{"Zr: said of it"}, "converged": true, "energy_above_hull_per_atom": l.above, "verdict": "words", "wording": "not in the set",
				"hull": map[string]any{"entries": 5}, "decomposition": []any{map[string]any{"formula": "K2O"}}})
		}
		return map[string]any{"items": items, "thresholds": map[string]any{"metastable": 0.1}}
	case "evaluate_candidates":
		var out []any
		for i, f := range c.args["compositions"].([]string) {
			out = append(out, map[string]any{"formula": f, "status": "complete", "values": []any{map[string]any{"key": fmt.Sprintf("c%d.t4.tool1.items.0.energy_above_hull_per_atom", i+1), "name": "energy_above_hull_per_atom"}}})
		}
		return map[string]any{"candidates": out}
	case lookup:
		if fmt.Sprint(c.args["elements"]) == "[Fe Na O P]" {
			return map[string]any{"items": []any{map[string]any{"formula": "NaFePO4", "name": "maricite", "structure_id": "st_known"}}}
		}
		if fmt.Sprint(c.args["elements"]) == "[Fe Li O]" {
			return map[string]any{"items": []any{map[string]any{"formula": "Li", "structure_id": "st_Li"}, map[string]any{"formula": "Fe2O3", "structure_id": "st_Fe2O3_x"}, map[string]any{"formula": "LiFeO2", "structure_id": "st_LiFeO2_x"}}}
		}
		return map[string]any{"items": []any{}}
	case diagramTool:
		return map[string]any{"entries": 6, "stable": []any{"Li", "LiFeO2"}, "missing": []any{"Li2O2"}, "energy_level": "MP2020-corrected, chgnet", "phases": []any{
			map[string]any{"formula": "Li", "name": "bcc"}, map[string]any{"formula": "LiFeO2", "name": "LiFeO2 (layered)", "formation_energy_per_atom": -1.0, "energy_above_hull_per_atom": 0.0}}}
	case "substitute_elements":
		return map[string]any{"structures": []any{map[string]any{"structure_id": "st_NaVPO4_in_maricite", "formula": "NaVPO4"}}}
	case "remove_ion":
		return map[string]any{"structures": []any{map[string]any{"structure_id": "st_charged"}}, "removed": 1, "kept": 0}
	case "relax_structure":
		return map[string]any{"structure_id": "re_charged", "converged": true}
	case "battery_metrics":
		res := map[string]any{"capacity": map[string]any{"gravimetric_capacity": 154.2, "expression": "26801.4 mAh/mol * n / M", "n": 1.0, "molar_mass": 173.0}}
		if c.args["charged_structure_id"] != nil {
			res["voltage"] = map[string]any{"average_voltage": 3.1, "volume_change_percent": -5.0}
		}
		return res
	case "memory_search":
		return map[string]any{"memories": []any{map[string]any{"memory_id": "01JZZZZZZZZZZZZZZZZZZZZZZZ", "quoted_content": "MgO is on the hull", "context": map[string]any{"values": []any{"01D/t1.tool1.e"}}}}}
	case "fit_equation_of_state":
		return map[string]any{"structure_id": c.args["structure_id"], "bulk_modulus": 160.0}
	case "simulate_xrd":
		return map[string]any{"structure_id": c.args["structure_id"], "radiation": "CuKa", "peaks": []any{map[string]any{"two_theta": 31.7, "intensity": 100.0, "hkl": []any{"2 0 0"}}}}
	case "ask_user":
		return map[string]any{"question": c.args["question"], "answer": l.answer, "answered_by": "user"}
	}
	return map[string]any{"structure_id": c.args["structure_id"], "items": []any{}}
}

// asked gives the arguments of the calls of a tool.
func (l *lab) asked(tool string) []map[string]any {
	var out []map[string]any
	for _, c := range l.calls {
		if c.tool == tool {
			out = append(out, c.args)
		}
	}
	return out
}
