package compact

import (
	"encoding/binary"
	"math"

	"crystalyse/internal/fault"
)

// Decode reads a trajectory. Input that is cut, too long or out of bounds gives
// a fault.CodeInvalid that says where.
func Decode(b []byte) (*Trajectory, error) {
	r := &reader{b: b}
	t := r.trajectory()
	if r.err != nil {
		return nil, r.err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, nil
}

// reader goes on after an error with zeros; the first error stands.
type reader struct {
	b   []byte
	at  int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fault.Invalid("compact", format, args...).WithHint("the data is damaged or not in this form; load it again")
		r.at = len(r.b)
	}
}

func (r *reader) left() int { return len(r.b) - r.at }

func (r *reader) byte() byte {
	if r.left() < 1 {
		r.fail("it ends early, at byte %d", len(r.b))
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *reader) unsigned() uint64 {
	x, n := binary.Uvarint(r.b[r.at:])
	if n == 0 {
		r.fail("it ends early, at byte %d", len(r.b))
		return 0
	}
	if n < 0 || x > maxVarint || (n > 1 && r.b[r.at+n-1] == 0) { // overflow, or a longer spelling than needed
		r.fail("a number at byte %d is malformed", r.at)
		return 0
	}
	r.at += n
	return x
}

func (r *reader) signed() int64 {
	u := r.unsigned()
	x := int64(u >> 1)
	if u&1 != 0 {
		x = ^x
	}
	return x
}

// count reads a length whose items take at least size bytes each.
func (r *reader) count(what string, most, size int) int {
	x := r.unsigned()
	if x > uint64(most) || x*uint64(size) > uint64(r.left()) {
		r.fail("%d %s do not fit into %d bytes", x, what, r.left())
		return 0
	}
	return int(x)
}

func (r *reader) trajectory() *Trajectory {
	t := &Trajectory{}
	for _, m := range magic {
		if r.byte() != m {
			r.fail("it does not begin with %q", magic[:])
		}
	}
	if v := r.byte(); v != version {
		r.fail("its version is %d, this reads %d", v, version)
	}
	flags := r.byte()
	if flags&^flagsKnown != 0 {
		r.fail("it has unknown flags %#x", flags)
	}
	atoms := r.count("atoms", maxAtoms, 3)
	frames := r.count("frames", maxFrames, 3)
	if r.err == nil && (atoms < 1 || frames < 1 || frames > r.left()/(3*atoms)) {
		r.fail("%d frames of %d atoms do not fit into %d bytes", frames, atoms, r.left())
	}
	if r.err != nil {
		return nil
	}
	t.Species = r.species(atoms)
	lattices := 1
	if flags&flagVaryingLattice != 0 {
		lattices = frames
	}
	t.Lattices = r.lattices(lattices)
	t.Positions = r.positions(frames, atoms)
	if flags&flagBonds != 0 {
		t.Bonds = r.bonds()
	}
	if flags&flagSteps != 0 {
		t.Steps = r.steps(frames)
	}
	if flags&flagEnergies != 0 {
		t.Energies = r.floats(frames)
	}
	if flags&flagFmax != 0 {
		t.Fmax = r.floats(frames)
	}
	if r.left() > 0 {
		r.fail("%d bytes follow its end", r.left())
	}
	return t
}

func (r *reader) species(atoms int) []string {
	table := make([]string, r.count("symbols", atoms, 2))
	for i := range table {
		n := r.count("letters", maxSymbol, 1)
		table[i] = string(r.b[r.at : r.at+n])
		r.at += n
	}
	out := make([]string, 0, atoms)
	for len(out) < atoms && r.err == nil {
		k, run := r.unsigned(), r.unsigned()
		if k >= uint64(len(table)) || run < 1 || run > uint64(atoms-len(out)) {
			r.fail("the run (%d, %d) of symbols at byte %d is out of bounds", k, run, r.at)
			break
		}
		for range run {
			out = append(out, table[k])
		}
	}
	return out
}

func (r *reader) lattices(n int) []Lattice {
	out := make([]Lattice, n)
	var q [9]int64
	for f := range out {
		for k := range 9 {
			q[k] = r.quanta(q[k])
			out[f][k/3][k%3] = float64(q[k]) * LatticeQuantum
		}
	}
	return out
}

// quanta adds the next difference, inside the encoder's bound.
func (r *reader) quanta(last int64) int64 {
	q := last + r.signed()
	if q < -maxQuanta || q > maxQuanta {
		r.fail("a coordinate at byte %d is out of bounds", r.at)
		return 0
	}
	return q
}

func (r *reader) positions(frames, atoms int) [][][3]float64 {
	out := make([][][3]float64, frames)
	last := make([][3]int64, atoms)
	for f := range out {
		out[f] = make([][3]float64, atoms)
		for axis := range 3 {
			var before int64
			for i := range atoms {
				if f > 0 {
					before = last[i][axis]
				}
				before = r.quanta(before)
				last[i][axis] = before
				out[f][i][axis] = float64(before) * PositionQuantum
			}
		}
		if r.err != nil {
			return nil
		}
	}
	return out
}

func (r *reader) bonds() []Bond {
	out := make([]Bond, r.count("bonds", maxBonds, 5))
	last := int64(0)
	for k := range out {
		i := last + r.signed()
		j := i + r.signed()
		b := Bond{I: int(i), J: int(j)}
		for axis := range b.Image {
			b.Image[axis] = int(r.signed())
		}
		out[k], last = b, i
	}
	return out
}

func (r *reader) steps(frames int) []int {
	out := make([]int, frames)
	last := int64(0)
	for f := range out {
		last += r.signed()
		if last < -maxQuanta || last > maxQuanta {
			r.fail("a step at byte %d is out of bounds", r.at)
			return nil
		}
		out[f] = int(last)
	}
	return out
}

func (r *reader) floats(n int) []float64 {
	if r.left() < 8*n {
		r.fail("it ends early, at byte %d", len(r.b))
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(r.b[r.at:]))
		r.at += 8
	}
	return out
}
