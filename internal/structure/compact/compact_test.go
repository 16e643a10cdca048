package compact_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
	"crystalyse/internal/structure/compact"
)

// random gives a trajectory of any shape the form carries.
func random(r *rand.Rand) *compact.Trajectory {
	atoms, frames := 1+r.IntN(40), 1+r.IntN(12)
	symbols := []string{"H", "O", "Na", "Cl", "La", "Uuo"}
	t := &compact.Trajectory{}
	for range atoms {
		t.Species = append(t.Species, symbols[r.IntN(len(symbols))])
	}
	scale := math.Pow(10, float64(r.IntN(7))-2)
	lattices := 1
	if r.IntN(2) == 0 {
		lattices = frames
	}
	for range lattices {
		var l compact.Lattice
		for k := range 9 {
			l[k/3][k%3] = r.NormFloat64() * scale
		}
		t.Lattices = append(t.Lattices, l)
	}
	for range frames {
		p := make([][3]float64, atoms)
		for i := range p {
			p[i] = [3]float64{r.NormFloat64() * scale, r.NormFloat64() * scale, r.NormFloat64() * scale}
		}
		t.Positions = append(t.Positions, p)
		if r.IntN(2) == 0 || t.Steps != nil {
			t.Steps = append(t.Steps, r.IntN(1000))
		}
	}
	if len(t.Steps) != frames {
		t.Steps = nil
	}
	if r.IntN(2) == 0 {
		for range frames {
			t.Energies = append(t.Energies, -100*r.Float64())
			t.Fmax = append(t.Fmax, r.Float64())
		}
	}
	if r.IntN(2) == 0 {
		t.Bonds = []compact.Bond{}
		for range r.IntN(60) {
			t.Bonds = append(t.Bonds, compact.Bond{I: r.IntN(atoms), J: r.IntN(atoms), Image: [3]int{r.IntN(5) - 2, r.IntN(5) - 2, r.IntN(300) - 150}})
		}
	}
	return t
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		want := random(r)
		b, err := compact.Encode(want)
		require.NoError(t, err)
		got, err := compact.Decode(b)
		require.NoError(t, err)
		require.Equal(t, want.Species, got.Species)
		require.Equal(t, want.Bonds, got.Bonds)
		require.Equal(t, want.Steps, got.Steps)
		require.Equal(t, want.Energies, got.Energies)
		require.Equal(t, want.Fmax, got.Fmax)
		require.Len(t, got.Positions, len(want.Positions))
		for f := range want.Positions {
			for i := range want.Positions[f] {
				for axis := range 3 {
					require.InDelta(t, want.Positions[f][i][axis], got.Positions[f][i][axis], 5.000001e-4)
				}
			}
			for k := range 9 {
				require.InDelta(t, want.Lattice(f)[k/3][k%3], got.Lattice(f)[k/3][k%3], 5.1e-7)
			}
		}
		again, err := compact.Encode(got)
		require.NoError(t, err)
		require.Equal(t, b, again, "errors do not add up over repeated use")
	}
}

// relaxation is 200 atoms that settle over 100 frames.
func relaxation() *compact.Trajectory {
	r := rand.New(rand.NewPCG(7, 7))
	t := &compact.Trajectory{Lattices: []compact.Lattice{{{14.1, 0, 0}, {0, 14.3, 0}, {0.4, 0, 13.2}}}, Energies: make([]float64, 100), Fmax: make([]float64, 100)}
	end, off := make([][3]float64, 200), make([][3]float64, 200)
	for i := range end {
		t.Species = append(t.Species, []string{"Li", "Fe", "P", "O", "O", "O", "O"}[i%7])
		for axis := range 3 {
			end[i][axis], off[i][axis] = 14*r.Float64(), 0.3*r.NormFloat64()
		}
	}
	for f := range 100 {
		p, decay := make([][3]float64, 200), math.Exp(-float64(f)/25)
		for i := range p {
			for axis := range 3 {
				p[i][axis] = end[i][axis] + off[i][axis]*decay*math.Cos(float64(f)/8+float64(i))
			}
		}
		t.Positions = append(t.Positions, p)
		t.Energies[f], t.Fmax[f] = -1200+40*decay*decay, 2*decay
	}
	return t
}

// planJSON is the plan's compress_structure, one document a frame.
func planJSON(t *testing.T, x *compact.Trajectory) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, frame := range x.Positions {
		deltas := []float64{}
		var before [3]float64
		for _, p := range frame {
			for axis := range 3 {
				q := math.RoundToEven(p[axis]*1000) / 1000
				deltas = append(deltas, q-before[axis])
				before[axis] = q
			}
		}
		b, err := json.Marshal(map[string]any{"format": "compressed", "deltas": deltas, "atoms": x.Species, "cell": x.Lattices[0]})
		require.NoError(t, err)
		out.Write(b)
	}
	return out.Bytes()
}

func gzipped(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Len()
}

func TestSmallerThanThePlan(t *testing.T) {
	x := relaxation()
	ours, err := compact.Encode(x)
	require.NoError(t, err)
	plan := planJSON(t, x)
	raw, packed := float64(len(plan))/float64(len(ours)), float64(gzipped(t, plan))/float64(gzipped(t, ours))
	t.Logf("raw %d / %d = %.1f, gzip %.1f", len(plan), len(ours), raw, packed)
	require.GreaterOrEqual(t, raw, 4.0)
	require.GreaterOrEqual(t, packed, 2.0)
}

func TestRefusesWhatItCannotCarry(t *testing.T) {
	valid := func() *compact.Trajectory {
		return &compact.Trajectory{Species: []string{"Na"}, Lattices: []compact.Lattice{{}}, Positions: [][][3]float64{{{0, 0, 0}}}}
	}
	for field, spoil := range map[string]func(*compact.Trajectory){
		"species":   func(x *compact.Trajectory) { x.Species = []string{""} },
		"positions": func(x *compact.Trajectory) { x.Positions[0][0][1] = math.NaN() },
		"lattices":  func(x *compact.Trajectory) { x.Lattices[0][2][2] = math.Inf(1) },
		"energies":  func(x *compact.Trajectory) { x.Energies = []float64{math.NaN()} },
		"fmax":      func(x *compact.Trajectory) { x.Fmax = []float64{} },
		"steps":     func(x *compact.Trajectory) { x.Steps = []int{1, 2} },
		"bonds":     func(x *compact.Trajectory) { x.Bonds = []compact.Bond{{I: 0, J: 1}} },
	} {
		x := valid()
		spoil(x)
		_, err := compact.Encode(x)
		var f *fault.Error
		require.ErrorAs(t, err, &f, field)
		require.Equal(t, field, f.Field)
	}
	_, err := compact.Encode(valid())
	require.NoError(t, err)
}

func TestCutInputIsRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		b, err := compact.Encode(random(r))
		require.NoError(t, err)
		for n := range len(b) {
			_, err := compact.Decode(b[:n])
			require.True(t, fault.Is(err, fault.CodeInvalid), "%d of %d bytes: %v", n, len(b), err)
		}
		_, err = compact.Decode(append(b, 0))
		require.True(t, fault.Is(err, fault.CodeInvalid))
	}
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		b, err := compact.Encode(random(r))
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte("CLC\x01\x00\xff\xff\x3f\xff\xff\x3f\x01\x01H"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := compact.Decode(b)
		if err != nil {
			require.True(t, fault.Is(err, fault.CodeInvalid))
			return
		}
		again, err := compact.Encode(x)
		require.NoError(t, err)
		y, err := compact.Decode(again)
		require.NoError(t, err)
		require.Equal(t, x, y)
	})
}

func TestFromStructure(t *testing.T) {
	s := structure.Structure{
		ID: "st_x", Species: []string{"Na", "Cl"}, Lattice: [][3]float64{{0, 2.8, 2.8}, {2.8, 0, 2.8}, {2.8, 2.8, 0}},
		FracCoords: [][3]float64{{0, 0, 0}, {0.5, 0.5, 0.5}}, Body: []byte(`{"bonds":[{"i":0,"j":1,"image":[-1,0,0],"length":2.8}]}`),
	}
	x, err := compact.FromStructure(s)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{2.8, 2.8, 2.8}, x.Positions[0][1][:], 1e-12)
	require.Equal(t, []compact.Bond{{I: 0, J: 1, Image: [3]int{-1, 0, 0}}}, x.Bonds)

	s.Body = []byte(`{"bonds":null}`)
	x, err = compact.FromStructure(s)
	require.NoError(t, err)
	require.Nil(t, x.Bonds, "unknown is not none")
	s.Lattice = nil
	_, err = compact.FromStructure(s)
	require.Error(t, err)
}

func TestFromArtifact(t *testing.T) {
	x, id, err := compact.FromArtifact([]byte(`{"structure_id":"st_1","species":["Na","Cl"],"quantum":0.001,"steps":[0,4],
		"lattices":[[[5,0,0],[0,5,0],[0,0,5]],[[5.1,0,0],[0,5,0],[0,0,5]]],"positions":[[0,0,0,2500,2500,2500],[1,-2,3,2500,2501,2499]],
		"energies":[-6.5,-6.75],"fmax":[0.5,0.01]}`))
	require.NoError(t, err)
	require.Equal(t, "st_1", id)
	require.Equal(t, []int{0, 4}, x.Steps)
	require.Len(t, x.Lattices, 2)
	require.InDelta(t, -0.002, x.Positions[1][0][1], 1e-12)
	require.Equal(t, []float64{-6.5, -6.75}, x.Energies)

	for _, bad := range []string{`{}`, `[]`, `{"quantum":0.001,"species":["Na"],"lattices":[[[1,0,0],[0,1,0],[0,0,1]]],"positions":[[0,0]]}`} {
		_, _, err := compact.FromArtifact([]byte(bad))
		require.True(t, fault.Is(err, fault.CodeInvalid), bad)
	}
}
