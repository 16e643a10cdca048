package compact

import (
	"encoding/json"

	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
)

// annotations are the parts of a structure's record that the noun does not name.
type annotations struct {
	Bonds []struct {
		I     int    `json:"i"`
		J     int    `json:"j"`
		Image [3]int `json:"image"`
	} `json:"bonds"`
}

// FromStructure gives a stored structure as one frame, with its bonds if its
// record has them.
func FromStructure(s structure.Structure) (*Trajectory, error) {
	if len(s.Lattice) != 3 || len(s.FracCoords) != len(s.Species) {
		return nil, fault.New(fault.CodeInternal, "structure %s has %d lattice vectors and %d coordinates for %d atoms",
			s.ID, len(s.Lattice), len(s.FracCoords), len(s.Species))
	}
	lattice := Lattice{s.Lattice[0], s.Lattice[1], s.Lattice[2]}
	t := &Trajectory{Species: s.Species, Lattices: []Lattice{lattice}, Positions: [][][3]float64{make([][3]float64, len(s.Species))}}
	for i, f := range s.FracCoords {
		for axis := range 3 {
			t.Positions[0][i][axis] = f[0]*lattice[0][axis] + f[1]*lattice[1][axis] + f[2]*lattice[2][axis]
		}
	}
	if len(s.Body) == 0 {
		return t, nil
	}
	var a annotations
	if err := json.Unmarshal(s.Body, &a); err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "the record of structure %s is damaged", s.ID)
	}
	if a.Bonds == nil {
		return t, nil
	}
	t.Bonds = make([]Bond, len(a.Bonds))
	for k, b := range a.Bonds {
		t.Bonds[k] = Bond{I: b.I, J: b.J, Image: b.Image}
	}
	return t, nil
}

// artifact is the trajectory file of the mace server (trajectory.py there).
type artifact struct {
	StructureID string      `json:"structure_id"`
	Species     []string    `json:"species"`
	Quantum     float64     `json:"quantum"`
	Steps       []int       `json:"steps"`
	Lattices    []Lattice   `json:"lattices"`
	Positions   [][]float64 `json:"positions"` // frame; x, y, z of each atom in quanta
	Energies    []float64   `json:"energies"`
	Fmax        []float64   `json:"fmax"`
}

// FromArtifact reads the trajectory file of a relaxation; it gives the id of the
// relaxed structure too.
func FromArtifact(text []byte) (*Trajectory, string, error) {
	var a artifact
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, "", fault.Wrap(fault.CodeInvalid, err, "this is not a trajectory artifact")
	}
	if !(a.Quantum > 0 && a.Quantum <= 1) {
		return nil, "", fault.Invalid("quantum", "%v is not a step in angstrom", a.Quantum)
	}
	t := &Trajectory{Species: a.Species, Lattices: a.Lattices, Steps: a.Steps, Energies: a.Energies, Fmax: a.Fmax}
	constant := true
	for _, l := range a.Lattices {
		constant = constant && l == a.Lattices[0]
	}
	if constant && len(a.Lattices) > 1 {
		t.Lattices = a.Lattices[:1]
	}
	for f, flat := range a.Positions {
		if len(flat) != 3*len(a.Species) {
			return nil, "", fault.Invalid("positions", "frame %d has %d coordinates for %d atoms", f, len(flat), len(a.Species))
		}
		frame := make([][3]float64, len(a.Species))
		for i := range frame {
			for axis := range 3 {
				frame[i][axis] = flat[3*i+axis] * a.Quantum
			}
		}
		t.Positions = append(t.Positions, frame)
	}
	if err := t.check(); err != nil {
		return nil, "", err
	}
	return t, a.StructureID, nil
}
