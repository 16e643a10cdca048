package report

import (
	"encoding/json"
	"math"

	"crystalyse/internal/discovery"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// structures gives the crystals of a discovery with their cells; symmetry and
// conventional cell come from analyze_space_group where it was called.
func structures(made []structure.Structure, calls []discovery.Call) []Structure {
	analyzed := symmetry(calls)
	out := make([]Structure, 0, len(made))
	for _, s := range made {
		r := Structure{
			ID: s.ID, Formula: s.Formula, NAtoms: len(s.Species), Lattice: latticeOf(s.Lattice),
			Origin: s.Origin, Label: s.Label, ParentID: s.ParentID,
		}
		var body struct {
			SpaceGroup *SpaceGroup `json:"space_group"`
		}
		if len(s.Body) > 0 && json.Unmarshal(s.Body, &body) == nil {
			r.SpaceGroup = body.SpaceGroup
		}
		if a, ok := analyzed[s.ID]; ok {
			r.SpaceGroup = &SpaceGroup{Symbol: a.Symbol, Number: a.Number, Symprec: a.Symprec}
			c := a.Conventional
			if c.NAtoms == 0 {
				out = append(out, r)
				continue // an analysis without a conventional cell
			}
			r.Conventional = &Conventional{NAtoms: c.NAtoms, Lattice: Lattice{A: c.A, B: c.B, C: c.C, Alpha: c.Alpha, Beta: c.Beta, Gamma: c.Gamma, Volume: c.Volume}}
		}
		out = append(out, r)
	}
	return out
}

// analysis is what the report reads of an analyze_space_group result.
type analysis struct {
	StructureID  string  `json:"structure_id"`
	Symbol       string  `json:"space_group_symbol"`
	Number       int     `json:"space_group_number"`
	Symprec      float64 `json:"symprec"`
	Conventional struct {
		A      float64 `json:"lattice_a"`
		B      float64 `json:"lattice_b"`
		C      float64 `json:"lattice_c"`
		Alpha  float64 `json:"lattice_alpha"`
		Beta   float64 `json:"lattice_beta"`
		Gamma  float64 `json:"lattice_gamma"`
		Volume float64 `json:"volume"`
		NAtoms int     `json:"n_atoms"`
	} `json:"conventional"`
}

func symmetry(calls []discovery.Call) map[string]analysis {
	out := map[string]analysis{}
	for _, c := range calls {
		var a analysis
		if c.Tool != "analyze_space_group" || c.Status != tool.StatusOK || json.Unmarshal(c.Result, &a) != nil {
			continue
		}
		out[a.StructureID] = a
	}
	return out
}

// latticeOf gives cell parameters of three vectors.
func latticeOf(m [][3]float64) Lattice {
	if len(m) != 3 {
		return Lattice{}
	}
	dot := func(u, v [3]float64) float64 { return u[0]*v[0] + u[1]*v[1] + u[2]*v[2] }
	norm := func(u [3]float64) float64 { return math.Sqrt(dot(u, u)) }
	angle := func(u, v [3]float64) float64 {
		return math.Acos(max(-1, min(1, dot(u, v)/(norm(u)*norm(v))))) * 180 / math.Pi
	}
	for _, u := range m {
		if n := norm(u); n == 0 || math.IsInf(n, 0) || math.IsNaN(n) {
			return Lattice{} // no cell; a report holds no number that JSON cannot write
		}
	}
	cross := [3]float64{m[1][1]*m[2][2] - m[1][2]*m[2][1], m[1][2]*m[2][0] - m[1][0]*m[2][2], m[1][0]*m[2][1] - m[1][1]*m[2][0]}
	return Lattice{
		A: norm(m[0]), B: norm(m[1]), C: norm(m[2]), Alpha: angle(m[1], m[2]), Beta: angle(m[0], m[2]), Gamma: angle(m[0], m[1]),
		Volume: math.Abs(dot(m[0], cross)),
	}
}
