package compact

import (
	"encoding/binary"
	"math"

	"crystalyse/internal/fault"
)

// Encode writes a trajectory.
func Encode(t *Trajectory) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	w := &writer{b: make([]byte, 0, 64+4*len(t.Species)*(1+len(t.Positions)))}
	w.header(t)
	w.species(t.Species)
	if err := w.lattices(t.Lattices); err != nil {
		return nil, err
	}
	if err := w.positions(t.Positions); err != nil {
		return nil, err
	}
	w.bonds(t.Bonds)
	last := 0
	for _, s := range t.Steps {
		w.signed(int64(s - last))
		last = s
	}
	w.floats(t.Energies)
	w.floats(t.Fmax)
	return w.b, nil
}

type writer struct{ b []byte }

func (w *writer) unsigned(x uint64) { w.b = binary.AppendUvarint(w.b, x) }

// signed is zigzag: small numbers of either sign take one byte.
func (w *writer) signed(x int64) { w.b = binary.AppendVarint(w.b, x) }

func (w *writer) floats(x []float64) {
	for _, v := range x {
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
	}
}

func (w *writer) header(t *Trajectory) {
	var flags byte
	for flag, on := range map[byte]bool{
		flagBonds: t.Bonds != nil, flagSteps: t.Steps != nil, flagEnergies: t.Energies != nil, flagFmax: t.Fmax != nil,
		flagVaryingLattice: len(t.Lattices) > 1,
	} {
		if on {
			flags |= flag
		}
	}
	w.b = append(w.b, magic[0], magic[1], magic[2], version, flags)
	w.unsigned(uint64(len(t.Species)))
	w.unsigned(uint64(len(t.Positions)))
}

// species is a table of symbols in order of appearance, then runs (symbol, length).
func (w *writer) species(species []string) {
	index := map[string]int{}
	table := []string{}
	for _, s := range species {
		if _, ok := index[s]; !ok {
			index[s] = len(table)
			table = append(table, s)
		}
	}
	w.unsigned(uint64(len(table)))
	for _, s := range table {
		w.unsigned(uint64(len(s)))
		w.b = append(w.b, s...)
	}
	for i := 0; i < len(species); {
		run := 1
		for i+run < len(species) && species[i+run] == species[i] {
			run++
		}
		w.unsigned(uint64(index[species[i]]))
		w.unsigned(uint64(run))
		i += run
	}
}

func (w *writer) lattices(lattices []Lattice) error {
	var last [9]int64
	for f, l := range lattices {
		for k := range 9 {
			q, ok := quantize(l[k/3][k%3], LatticeQuantum)
			if !ok {
				return fault.Invalid("lattices", "frame %d has the component %v", f, l[k/3][k%3])
			}
			w.signed(q - last[k])
			last[k] = q
		}
	}
	return nil
}

// positions go axis by axis, which packs and compresses better: in the first
// frame each is the difference to the atom before, later to the frame before.
func (w *writer) positions(frames [][][3]float64) error {
	last := make([][3]int64, len(frames[0]))
	for f, frame := range frames {
		for axis := range 3 {
			var before int64
			for i, p := range frame {
				q, ok := quantize(p[axis], PositionQuantum)
				if !ok {
					return fault.Invalid("positions", "frame %d, atom %d is at %v", f, i, p)
				}
				if f == 0 {
					w.signed(q - before)
					before = q
				} else {
					w.signed(q - last[i][axis])
				}
				last[i][axis] = q
			}
		}
	}
	return nil
}

func (w *writer) bonds(bonds []Bond) {
	if bonds == nil {
		return
	}
	w.unsigned(uint64(len(bonds)))
	last := 0
	for _, b := range bonds {
		w.signed(int64(b.I - last))
		w.signed(int64(b.J - b.I))
		for _, d := range b.Image {
			w.signed(int64(d))
		}
		last = b.I
	}
}

// maxQuanta keeps differences and their zigzag form inside maxVarint.
const maxQuanta = 1 << 50

// quantize gives the nearest multiple, as a number of quanta.
func quantize(x, quantum float64) (int64, bool) {
	q := math.Round(x / quantum)
	return int64(q), math.Abs(q) <= maxQuanta // false for NaN too
}
