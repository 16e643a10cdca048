// Package compact is the small binary form of structures and trajectories:
// one codec for the wire and for artifacts, read by web/src/viewer/compact.ts.
// The format is specified in docs/compact.md; both sides read the fixtures in
// testdata.
package compact

import (
	"math"

	"crystalyse/internal/fault"
)

// ContentType is the media type of the form.
const ContentType = "application/vnd.crystalyse.compact"

// The quanta. A position is off by at most half of one.
const (
	PositionQuantum = 1e-3 // angstrom
	LatticeQuantum  = 1e-6 // angstrom, as the structure id rounds
)

// The bounds. A decoder allocates nothing that its input does not pay for.
const (
	maxAtoms  = 1 << 20
	maxFrames = 1 << 20
	maxBonds  = 1 << 22
	maxSymbol = 8
	maxVarint = 1<<53 - 1 // what JavaScript holds exactly
	maxImage  = 1 << 20
)

// Lattice is three vectors in angstrom.
type Lattice [3][3]float64

// Bond joins atom I of the cell with atom J of the cell moved by Image.
type Bond struct {
	I, J  int
	Image [3]int
}

// Trajectory is one structure in one or more frames. Positions are Cartesian in
// angstrom and may leave the cell, so that a path stays smooth.
type Trajectory struct {
	Species   []string
	Lattices  []Lattice      // one, or one a frame
	Positions [][][3]float64 // frame, atom
	Bonds     []Bond         // nil when unknown; empty when there are none
	Steps     []int          // nil, or the optimizer's step of each frame
	Energies  []float64      // nil, or eV of the cell in each frame
	Fmax      []float64      // nil, or the largest force of each frame, eV/angstrom
}

// Frames is the number of frames.
func (t *Trajectory) Frames() int { return len(t.Positions) }

// Lattice gives the cell of a frame.
func (t *Trajectory) Lattice(frame int) Lattice {
	if len(t.Lattices) == 1 {
		return t.Lattices[0]
	}
	return t.Lattices[frame]
}

// check refuses what the form cannot carry.
func (t *Trajectory) check() error {
	n, frames := len(t.Species), len(t.Positions)
	if n < 1 || n > maxAtoms {
		return fault.Invalid("species", "%d atoms; 1 to %d can be encoded", n, maxAtoms)
	}
	if frames < 1 || frames > maxFrames {
		return fault.Invalid("positions", "%d frames; 1 to %d can be encoded", frames, maxFrames)
	}
	if len(t.Lattices) != 1 && len(t.Lattices) != frames {
		return fault.Invalid("lattices", "%d lattices for %d frames", len(t.Lattices), frames)
	}
	for i, s := range t.Species {
		if len(s) < 1 || len(s) > maxSymbol || !ascii(s) {
			return fault.Invalid("species", "atom %d has the symbol %.20q", i, s)
		}
	}
	for f, p := range t.Positions {
		if len(p) != n {
			return fault.Invalid("positions", "frame %d has %d positions for %d atoms", f, len(p), n)
		}
	}
	if t.Steps != nil && len(t.Steps) != frames {
		return fault.Invalid("steps", "%d steps for %d frames", len(t.Steps), frames)
	}
	for f, s := range t.Steps {
		if s < -maxQuanta || s > maxQuanta {
			return fault.Invalid("steps", "frame %d has the step %d", f, s)
		}
	}
	if err := column("energies", t.Energies, frames); err != nil {
		return err
	}
	if err := column("fmax", t.Fmax, frames); err != nil {
		return err
	}
	return t.checkBonds()
}

func (t *Trajectory) checkBonds() error {
	n := len(t.Species)
	if len(t.Bonds) > maxBonds {
		return fault.Invalid("bonds", "%d bonds; at most %d can be encoded", len(t.Bonds), maxBonds)
	}
	for k, b := range t.Bonds {
		if b.I < 0 || b.I >= n || b.J < 0 || b.J >= n {
			return fault.Invalid("bonds", "bond %d joins atoms %d and %d of %d", k, b.I, b.J, n)
		}
		for _, d := range b.Image {
			if d < -maxImage || d > maxImage {
				return fault.Invalid("bonds", "bond %d has the image %v", k, b.Image)
			}
		}
	}
	return nil
}

func column(name string, x []float64, frames int) error {
	if x == nil {
		return nil
	}
	if len(x) != frames {
		return fault.Invalid(name, "%d numbers for %d frames", len(x), frames)
	}
	for f, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fault.Invalid(name, "frame %d has %v", f, v)
		}
	}
	return nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// The header: magic, version, flags.
var magic = [3]byte{'C', 'L', 'C'}

const version = 1

const (
	flagBonds byte = 1 << iota
	flagSteps
	flagEnergies
	flagFmax
	flagVaryingLattice
	flagsKnown = flagBonds | flagSteps | flagEnergies | flagFmax | flagVaryingLattice
)
