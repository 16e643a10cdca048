package report

import (
	"encoding/json"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// placement is what the report reads of an item of a hull calculation.
type placement struct {
	StructureID   string   `json:"structure_id"`
	Above         *float64 `json:"energy_above_hull_per_atom"`
	Verdict       string   `json:"verdict"`
	Threshold     *float64 `json:"threshold"`
	ModelError    *float64 `json:"model_error"`
	Decomposition []struct {
		Formula string `json:"formula"`
	} `json:"decomposition"`
	Hull *Hull `json:"hull"`
}

// placeOnHulls gives each candidate the place of its best structure; the place
// of another structure would be that of no candidate. The last call speaks: its
// hull holds the most.
func placeOnHulls(all []Candidate, calls []discovery.Call) {
	placed := map[string]placement{}
	for _, c := range calls {
		var res struct {
			Items []json.RawMessage `json:"items"`
		}
		if c.Tool != "calculate_energy_above_hull" || c.Status != tool.StatusOK || json.Unmarshal(c.Result, &res) != nil {
			continue
		}
		for _, raw := range res.Items {
			var p placement
			if json.Unmarshal(raw, &p) != nil || p.StructureID == "" || p.Verdict == "" || p.Hull == nil {
				continue // another server's tool of this name; its values can still be cited
			}
			p.Hull.CallID = c.ID
			placed[p.StructureID] = p
		}
	}
	for i := range all {
		c := &all[i]
		p, ok := placed[c.BestStructureID]
		if !ok {
			continue
		}
		c.EnergyAboveHullPerAtom, c.Verdict, c.Threshold, c.ModelError, c.Hull = p.Above, p.Verdict, p.Threshold, p.ModelError, p.Hull
		for _, d := range p.Decomposition {
			c.Decomposition = append(c.Decomposition, d.Formula)
		}
	}
}
