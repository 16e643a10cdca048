package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/structure"
)

var errGone = errors.New("gone")

// shelf holds the parts of a bundle.
type shelf struct {
	crystals     map[string]structure.Structure
	trajectories map[string]string
}

func (s shelf) Structure(id string) (structure.Structure, error) {
	if c, ok := s.crystals[id]; ok {
		return c, nil
	}
	return structure.Structure{}, errGone
}

func (s shelf) CIF(id string) ([]byte, error) {
	c, err := s.Structure(id)
	return []byte(c.CIF), err
}

func (s shelf) Trajectory(id string) ([]byte, error) {
	if t, ok := s.trajectories[id]; ok {
		return []byte(t), nil
	}
	return nil, errGone
}

func bundled(t *testing.T, r Report, s shelf) (map[string][]byte, []string) {
	t.Helper()
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	files, missing, err := Bundle(r, raw, s, func(err error) bool { return errors.Is(err, errGone) })
	require.NoError(t, err)
	return files, missing
}

func rows(t *testing.T, body []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	require.NoError(t, err)
	return all
}

func placed(t *testing.T) (Report, shelf) {
	t.Helper()
	in := salt()
	in.Calls = append(in.Calls, hullCall("t4.tool1", stID("b"), `"energy_above_hull_per_atom":0.03,"verdict":"near","threshold":0.05`))
	above := energy("t4.tool1", "energy_above_hull_per_atom", stID("b"), "NaCl", "CHGNet", 0.03, true)
	formed := energy("t5.tool1", "formation_energy_per_atom", stID("b"), "NaCl", "CHGNet", -2.07, true)
	formed.Inputs = []string{stID("b"), stID("e")}
	in.Values = append(in.Values, above, formed)
	s := shelf{crystals: map[string]structure.Structure{}, trajectories: map[string]string{
		stID("b"): `{"steps":[0,1],"energies":[-6.1,-6.2],"fmax":[0.5,0.01]}`, stID("a"): `{"steps":[0],"energies":[]}`}}
	for _, c := range in.Structures {
		c.CIF = "data_x\n"
		s.crystals[c.ID] = c
	}
	return Assemble(in), s
}

func TestBundle(t *testing.T) {
	t.Parallel()
	r, s := placed(t)
	files, missing := bundled(t, r, s)
	require.Empty(t, missing)
	for _, name := range BundleFiles {
		require.NotEmpty(t, files[name], name)
	}
	cif := string(files["structures/NaCl_bbbbbbbb.cif"])
	require.Contains(t, cif, "# NaCl, structure "+stID("b"))
	require.Contains(t, cif, "# energy_per_atom = -3.39 eV/atom (t1.tool2.energy_per_atom: relax_structures, CHGNet 1, checkpoint 0123456789ab")
	require.True(t, strings.HasSuffix(cif, "data_x\n"))
	require.Equal(t, [][]string{convergenceHead, {stID("b"), "NaCl", "0", "-6.1", "0.5"}, {stID("b"), "NaCl", "1", "-6.2", "0.01"}}, rows(t, files["convergence.csv"]))
	hull := rows(t, files["hull.csv"])
	require.Equal(t, []string{"NaCl", "Cl-Na", "Na", "bcc Na"}, hull[1][:4])
	delete(s.crystals, stID("c"))
	_, missing = bundled(t, r, s)
	require.Equal(t, []string{stID("c")}, missing)
}

// What reproduce.py reads: kinds, references, the structure a relaxation began at.
func TestReproducible(t *testing.T) {
	t.Parallel()
	r, s := placed(t)
	for i := range r.Candidates { // the hull's one phase must be at hand
		if h := r.Candidates[i].Hull; h != nil {
			h.Competing[0].StructureID = stID("e")
		}
	}
	files, _ := bundled(t, r, s)
	var data struct {
		Structures   map[string]cellData `json:"structures"`
		Calculations []calculation       `json:"calculations"`
	}
	require.NoError(t, json.Unmarshal(files["data.json"], &data))
	require.Len(t, data.Structures, 5)
	kinds := map[string]calculation{}
	for _, c := range data.Calculations {
		kinds[c.Kind] = c
	}
	require.Equal(t, []string{stID("e")}, kinds["formation"].References)
	require.Equal(t, []string{stID("e")}, kinds["hull"].Competing)
	require.NotEmpty(t, kinds["energy"].Potential.Name)
}

func TestTableIsNoFormula(t *testing.T) {
	t.Parallel()
	got := rows(t, table([]string{"a", "b"}, [][]string{{"=1+1", "-3.5"}, {"@x", "+2"}}))
	require.Equal(t, [][]string{{"a", "b"}, {"'=1+1", "-3.5"}, {"'@x", "+2"}}, got)
}
