package compact_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/structure/compact"
)

var update = flag.Bool("update", false, "write testdata/fixtures.json anew")

// fixture is what both decoders must make of the same bytes.
type fixture struct {
	Name    string              `json:"name"`
	Hex     string              `json:"hex"`
	Decoded *compact.Trajectory `json:"decoded"` // null: refused
}

const fixturesFile = "testdata/fixtures.json"

func fixtures(t *testing.T) []fixture {
	t.Helper()
	salt := &compact.Trajectory{
		Species: []string{"Na", "Na", "Cl", "Cl"}, Lattices: []compact.Lattice{{{3.98, 0, 0}, {0, 3.98, 0}, {0, 0, 5.63}}},
		Positions: [][][3]float64{{{0, 0, 0}, {1.99, 1.99, 2.815}, {0, 0, 2.815}, {1.99, 1.99, 0}}},
		Bonds:     []compact.Bond{{I: 0, J: 2}, {I: 0, J: 2, Image: [3]int{0, 0, -1}}, {I: 1, J: 3, Image: [3]int{0, 0, 1}}, {I: 0, J: 3, Image: [3]int{-1, -1, 0}}},
	}
	path := &compact.Trajectory{
		Species:  []string{"Ti", "O", "O"},
		Lattices: []compact.Lattice{{{4.6, 0, 0}, {0, 4.6, 0}, {0, 0, 2.96}}, {{4.61, 0.001, 0}, {0, 4.61, 0}, {-0.002, 0, 2.95}}, {{4.612, 0, 0}, {0, 4.612, 0}, {0, 0, 2.951}}},
		Positions: [][][3]float64{
			{{0, 0, 0}, {1.4, 1.4, 0}, {-1.4, -1.4, 0}}, {{0.01, -0.02, 0}, {1.41, 1.39, 0.001}, {-1.41, -1.4, 0}}, {{0, 0, 0}, {1.407, 1.407, 0}, {-1.407, -1.407, 0}},
		},
		Steps: []int{0, 5, 11}, Energies: []float64{-26.125, -26.7, -26.8125}, Fmax: []float64{1.25, 0.3, 0.0078125},
	}
	one := &compact.Trajectory{Species: []string{"Cu"}, Lattices: []compact.Lattice{{{0, 1.8, 1.8}, {1.8, 0, 1.8}, {1.8, 1.8, 0}}}, Positions: [][][3]float64{{{1234.567, -0.0005, 0}}}, Bonds: []compact.Bond{}}
	out := []fixture{}
	for name, x := range map[string]*compact.Trajectory{"salt with bonds": salt, "path": path, "one atom, no bonds": one} {
		b, err := compact.Encode(x)
		require.NoError(t, err)
		decoded, err := compact.Decode(b)
		require.NoError(t, err)
		out = append(out, fixture{Name: name, Hex: hex.EncodeToString(b), Decoded: decoded})
	}
	b, err := compact.Encode(salt)
	require.NoError(t, err)
	spoil := func(at int, with ...byte) []byte {
		c := append([]byte{}, b...)
		copy(c[at:], with)
		return c
	}
	for name, bad := range map[string][]byte{
		"empty": {}, "other magic": spoil(0, 'P'), "other version": spoil(3, 2), "unknown flag": spoil(4, 0x80), "no atoms": spoil(5, 0),
		"more atoms than bytes": spoil(5, 0x7f), "frames without end": spoil(6, 0x7f), "long spelling of a number": spoil(5, 0x84, 0x00),
		"a number of 80 bits": spoil(5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), "no symbols": spoil(7, 0), "a symbol of 9 letters": spoil(8, 9),
		"a run beyond the atoms": spoil(15, 9), "cut": b[:len(b)-1], "longer": append(append([]byte{}, b...), 0), "a bond to nobody": spoil(len(b)-4, 0x20),
	} {
		_, err := compact.Decode(bad)
		require.Error(t, err, name)
		out = append(out, fixture{Name: name, Hex: hex.EncodeToString(bad)})
	}
	slices.SortFunc(out, func(a, b fixture) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func TestFixtures(t *testing.T) {
	made := fixtures(t)
	if *update {
		text, err := json.MarshalIndent(made, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(fixturesFile, append(text, '\n'), 0o644))
	}
	text, err := os.ReadFile(fixturesFile)
	require.NoError(t, err)
	var kept []fixture
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Len(t, kept, len(made))
	byName := map[string]fixture{}
	for _, f := range made {
		byName[f.Name] = f
	}
	for _, f := range kept {
		require.Equal(t, byName[f.Name].Hex, f.Hex, "the form changed: %s", f.Name)
		b, err := hex.DecodeString(f.Hex)
		require.NoError(t, err)
		got, err := compact.Decode(b)
		if f.Decoded == nil {
			require.Error(t, err, f.Name)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, f.Decoded, got, f.Name)
	}
}
