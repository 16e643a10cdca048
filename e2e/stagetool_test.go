package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// stageTool stands for one stage of a candidate: the work tool serves it under
// the name of the server that it replaces. Relaxing takes as long as the test
// says, and longer while the file hold.all exists, unless its structure is
// released by itself; it alone is long. The other stages answer at once.
type stageTool struct {
	tool string
	long bool
	in   map[string]any
	out  map[string]any
}

// workRelax is how long a relaxation takes, in milliseconds.
const workRelax = "CRYSTALYSE_TEST_WORK_RELAX_MS"

var (
	idsOf      = map[string]any{"structure_ids": map[string]any{"type": "array"}}
	stageTools = map[string]stageServer{
		"chemeleon": {{"generate_crystal_csp", false, map[string]any{"formula": map[string]any{"type": "string"}}, nil}},
		"mace": {
			{"relax_structures", true, idsOf, map[string]any{"e": map[string]any{"type": "number", "unit": "eV/atom", "value": "energy_per_atom"}}},
			{"calculate_energy_above_hull", false, idsOf, map[string]any{"h": map[string]any{"type": "number", "unit": "eV/atom", "value": "energy_above_hull_per_atom"}}},
		},
		"smact": {{"validate_composition", false, map[string]any{"compositions": map[string]any{"type": "array"}}, nil}},
	}
)

type stageServer []stageTool

func (s stageServer) specs() []any {
	var out []any
	for _, t := range s {
		out = append(out, map[string]any{
			"name": t.tool, "description": "a stage", "_meta": map[string]any{"crystalyse/long": t.long},
			"inputSchema": map[string]any{"type": "object", "properties": t.in}, "outputSchema": map[string]any{"type": "object", "properties": t.out},
		})
	}
	return out
}

// stage runs one stage of a candidate.
func (w *workTool) stage(m workMessage) {
	var args struct {
		Formula string   `json:"formula"`
		IDs     []string `json:"structure_ids"`
	}
	_ = json.Unmarshal(m.Params.Arguments, &args)
	result := map[string]any{}
	switch m.Params.Name {
	case "generate_crystal_csp":
		result["structures"] = []any{w.structure(args.Formula)}
	case "relax_structures":
		w.relaxing(m, args.IDs[0])
		return
	case "calculate_energy_above_hull":
		result["h"] = 0.25
	}
	w.say(m.ID, map[string]any{"content": []any{}, "structuredContent": result})
}

// relaxing is the long stage: it keeps its answer, as our own servers do.
func (w *workTool) relaxing(m workMessage, name string) {
	k := openKept(m.Params)
	if answer := k.claim(); answer != nil {
		w.log("answered_again", name, 1)
		w.answer(m.ID, answer)
		return
	}
	w.log("start", name, 0)
	if !w.relax(m, name) {
		w.log("cancelled", name, 0)
		return
	}
	w.ends(m.ID, k, name, 1, map[string]any{"e": -1.5, "structures": []any{map[string]any{"structure_id": name, "formula": "X", "n_atoms": 1, "origin": "relaxed"}}})
}

// relax waits as a calculation would, and tells whether it got to its end.
func (w *workTool) relax(m workMessage, name string) bool {
	ms, _ := strconv.Atoi(os.Getenv(workRelax)) // none is 0
	done := time.After(time.Duration(ms) * time.Millisecond)
	for over := false; ; {
		if _, stop := w.cancelled.Load(fmt.Sprint(m.ID)); stop {
			return false
		}
		_, held := os.Stat(filepath.Join(w.dir, "hold.all"))
		_, alone := os.Stat(filepath.Join(w.dir, name+".go"))
		if over && (held != nil || alone == nil) {
			return true
		}
		select {
		case <-done:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// structure writes a structure of its formula among the artifacts.
func (w *workTool) structure(formula string) map[string]any {
	id := stageStructure(formula)
	body, _ := json.Marshal(map[string]any{
		"structure_id": id, "formula": formula, "species": []string{"H"}, "lattice": [3][3]float64{{3, 0, 0}, {0, 3, 0}, {0, 0, 3}},
		"frac_coords": [1][3]float64{}, "origin": "chemeleon", "cif": "",
	})
	file := filepath.Join(os.Getenv("CRYSTALYSE_ARTIFACTS"), "structures", id+".json")
	_ = os.MkdirAll(filepath.Dir(file), 0o700)
	tmp := file + "." + strconv.Itoa(os.Getpid()) + ".new"
	if os.WriteFile(tmp, body, 0o600) != nil || os.Rename(tmp, file) != nil {
		panic("the structure cannot be written")
	}
	return map[string]any{"structure_id": id, "formula": formula, "n_atoms": 1, "origin": "chemeleon"}
}

// stageStructure is the id of the structure of a formula.
func stageStructure(formula string) string {
	sum := sha256.Sum256([]byte(formula))
	return "st_" + hex.EncodeToString(sum[:])[:26]
}
