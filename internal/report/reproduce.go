package report

import (
	"encoding/json"
	"math"

	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// calculation is one number that reproduce.py computes again.
type calculation struct {
	Key         string          `json:"key"`
	Kind        string          `json:"kind"` // energy, formation, hull, relaxation
	Formula     string          `json:"formula"`
	StructureID string          `json:"structure_id"`
	Value       float64         `json:"value"`
	Potential   value.Potential `json:"potential"`
	References  []string        `json:"references,omitempty"` // of a formation energy
	Competing   []string        `json:"competing,omitempty"`  // of a hull
	StartID     string          `json:"start_id,omitempty"`   // of a relaxation
	Fmax        float64         `json:"fmax,omitempty"`
	Steps       int             `json:"steps,omitempty"`
	RelaxCell   bool            `json:"relax_cell,omitempty"`
}

// cell is a crystal as reproduce.py reads it.
type cellData struct {
	Formula    string       `json:"formula"`
	Lattice    [][3]float64 `json:"lattice"`
	Species    []string     `json:"species"`
	FracCoords [][3]float64 `json:"frac_coords"`
}

// reproducible writes data.json: the crystals with the coordinates that were
// computed, and every number that can be computed again from them.
func reproducible(r Report, crystals map[string]structure.Structure) ([]byte, error) {
	data := struct {
		DiscoveryID  string              `json:"discovery_id"`
		Query        string              `json:"query"`
		Structures   map[string]cellData `json:"structures"`
		Calculations []calculation       `json:"calculations"`
	}{r.DiscoveryID, r.Query, map[string]cellData{}, []calculation{}}
	for id, s := range crystals {
		if s.ID != "" {
			data.Structures[id] = cellData{s.Formula, s.Lattice, s.Species, s.FracCoords}
		}
	}
	has := func(ids ...string) bool {
		for _, id := range ids {
			if _, ok := data.Structures[id]; !ok {
				return false
			}
		}
		return true
	}
	for _, v := range r.Values {
		if v.Number == nil || math.IsNaN(*v.Number) || v.Potential == nil || !has(v.StructureID) {
			continue
		}
		c := calculation{Key: v.Key, Formula: v.Formula, StructureID: v.StructureID, Value: *v.Number, Potential: *v.Potential}
		switch {
		case v.Name == "energy_per_atom":
			c.Kind = "energy"
			data.Calculations = append(data.Calculations, c)
			if again, ok := relaxation(r, v, c); ok && has(again.StartID) {
				data.Calculations = append(data.Calculations, again)
			}
		case v.Name == "formation_energy_per_atom" && len(v.Inputs) > 1 && has(v.Inputs...):
			c.Kind, c.References = "formation", v.Inputs[1:]
			data.Calculations = append(data.Calculations, c)
		case v.Name == "energy_above_hull_per_atom":
			if c.Competing = competing(r, v.StructureID); len(c.Competing) > 0 && has(c.Competing...) {
				c.Kind = "hull"
				data.Calculations = append(data.Calculations, c)
			}
		}
	}
	return json.MarshalIndent(data, "", " ")
}

// competing gives the phases of the hull that a candidate stands on.
func competing(r Report, id string) []string {
	for _, c := range r.Candidates {
		if c.BestStructureID != id || c.Hull == nil {
			continue
		}
		ids := make([]string, len(c.Hull.Competing))
		for i, p := range c.Hull.Competing {
			ids[i] = p.StructureID
		}
		return ids
	}
	return nil
}

// relaxation gives how a relaxed structure was made, where its call says so in
// full: one structure, its settings among the arguments.
func relaxation(r Report, v Number, c calculation) (calculation, bool) {
	if v.Tool != "relax_structure" || v.Converged == nil || !*v.Converged {
		return c, false
	}
	for _, call := range r.Calls {
		if call.ID != v.CallID || call.Status != tool.StatusOK {
			continue
		}
		args := struct {
			StructureID string  `json:"structure_id"`
			Fmax        float64 `json:"fmax"`
			MaxSteps    int     `json:"max_steps"`
			RelaxCell   bool    `json:"relax_cell"`
		}{Fmax: 0.03, MaxSteps: 500, RelaxCell: true} // the tool's defaults
		if json.Unmarshal(call.Arguments, &args) != nil || args.StructureID == "" {
			return c, false
		}
		c.Kind, c.StartID, c.Fmax, c.Steps, c.RelaxCell = "relaxation", args.StructureID, args.Fmax, args.MaxSteps, args.RelaxCell
		return c, true
	}
	return c, false
}
