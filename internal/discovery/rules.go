package discovery

import (
	"encoding/json"
	"fmt"

	"crystalyse/internal/tool"
)

// What a mode demands is kept by the program, whoever reasons: a rigorous search
// has a floor, and auto mode escalates on signals that are computed, not felt.
const (
	// RigorousSamples is the least number of structures of a rigorous search.
	RigorousSamples = 30
	// secondsPerSample is a guess of what a structure costs until it is relaxed, on
	// two cores; it decides only how far a short budget lowers the floor.
	secondsPerSample = 10.0
	// fewValid is when a screen has found too little to choose from.
	fewValid = 3
)

// SampleFloor is how many structures each of the searches of a turn must try at
// least in this mode, as far as the wall time that is left allows: half of it is
// for searching, the rest for what is then asked of the structures.
func SampleFloor(m Mode, b Budget, u Usage, searches int) int {
	if m != ModeRigorous {
		return 0
	}
	if b.WallS <= 0 {
		return RigorousSamples
	}
	each := (b.WallS - u.WallS) / 2 / secondsPerSample / float64(max(1, searches))
	return max(0, min(RigorousSamples, int(each)))
}

// Raise lifts a search that is below the floor, and lets a first search go over
// several numbers of formula units. again says that the composition was searched
// to the floor before: a later, special search is the model's own affair.
func (p *PlannedCall) Raise(floor int, again bool) {
	if p.Error != nil || again || floor == 0 || (p.Tool != "generate_crystal_csp" && p.Tool != "evaluate_candidates") {
		return
	}
	var args map[string]any
	if json.Unmarshal(p.Arguments, &args) != nil {
		return
	}
	asked, given := args["num_samples"].(float64)
	if !given || asked < float64(floor) {
		args["num_samples"] = floor
		p.Raised = fmt.Sprintf("rigorous mode raised num_samples to %d", floor)
	}
	if z, ok := args["z_values"].([]any); ok && len(z) == 1 {
		delete(args, "z_values")
		p.Raised = "rigorous mode searches several numbers of formula units and at least the floor of samples"
	}
	if p.Raised == "" {
		return
	}
	if body, err := json.Marshal(args); err == nil {
		p.Arguments = body
	}
}

// Signal words what a result means for a run in auto mode; "" when it goes on as
// it is.
func Signal(m Mode, c Call) string {
	if m != ModeAuto || c.Status != tool.StatusOK {
		return ""
	}
	switch c.Tool {
	case "calculate_energy_above_hull":
		if allFar(c.Result) {
			return "Signal of auto mode: all of these lie far above the hull. Escalate once, as in rigorous mode: at least 30 samples over several Z for the most promising compositions, then the next compositions; say that you did and why."
		}
	case "filter_compositions":
		var r struct {
			NValid *int `json:"n_valid"`
		}
		if json.Unmarshal(c.Result, &r) == nil && r.NValid != nil && *r.NValid < fewValid {
			return "Signal of auto mode: too few valid compositions. Escalate once: a larger max_stoichiometry, or ask for other elements; say that you did and why."
		}
	case "validate_composition":
		var r struct {
			Items []struct {
				Valid *bool `json:"valid"`
			} `json:"items"`
		}
		if json.Unmarshal(c.Result, &r) != nil || len(r.Items) < fewValid {
			return ""
		}
		valid := 0
		for _, i := range r.Items {
			if i.Valid != nil && *i.Valid {
				valid++
			}
		}
		if valid*3 < len(r.Items) {
			return "Signal of auto mode: too few of these compositions are valid. Where you proposed them, list charge-balanced ones with filter_compositions instead of guessing on."
		}
	}
	return ""
}

// allFar reports whether every candidate has a verdict beyond what may be
// metastable, by the thresholds printed with the result.
func allFar(result json.RawMessage) bool {
	var r struct {
		Items []struct {
			Above *float64 `json:"energy_above_hull_per_atom"`
		} `json:"items"`
		Thresholds struct {
			Metastable float64 `json:"metastable"`
		} `json:"thresholds"`
	}
	if json.Unmarshal(result, &r) != nil || len(r.Items) == 0 || r.Thresholds.Metastable <= 0 {
		return false
	}
	for _, i := range r.Items {
		if i.Above == nil || *i.Above <= r.Thresholds.Metastable {
			return false
		}
	}
	return true
}
