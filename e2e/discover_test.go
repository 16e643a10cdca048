package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
)

// TestDiscoveries asks the questions the product is shown with, on one stack.
func TestDiscoveries(t *testing.T) {
	traces := newCollector(t)
	s := up(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+traces.URL, "OTEL_BSP_SCHEDULE_DELAY=200")

	t.Run("Declined", func(t *testing.T) {
		r, code := s.discover("Give the band gap of Na3Cl without using tools")
		require.Equal(t, discovery.StatusDeclined, r.Status)
		require.Equal(t, 3, code)
		require.Empty(t, r.Validation.Unsourced)
		require.Empty(t, r.Calls)
	})
	t.Run("Files", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "out")
		r, code := s.discover("Validate MgO and Na3Cl", "--out", dir)
		require.Zero(t, code)
		for _, name := range []string{"report.md", "report.json", "events.jsonl"} {
			body, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			require.NotEmpty(t, body)
		}
		require.Len(t, r.Compositions, 2)
	})
	t.Run("PlanClient", func(t *testing.T) { planClient(t, s) })
	t.Run("Traced", func(t *testing.T) { traced(t, s, traces) })
	t.Run("FollowUp", func(t *testing.T) {
		first, _ := s.discover("Validate CaO")
		second, code := s.discover("Validate SrO", "--session", first.SessionID)
		require.Zero(t, code)
		require.Equal(t, first.SessionID, second.SessionID)
	})
	t.Run("Material", func(t *testing.T) {
		for _, m := range []struct {
			formula               string
			group                 float64
			a, low, high, pattern float64
		}{{"NaCl", 225, 5.64, -2.3, -1.9, 0}, {"MgO", 225, 4.21, -3.3, -2.9, 0}} {
			r, code := s.discover("What is the crystal structure and formation energy of " + m.formula + "?")
			require.Zero(t, code, r.Summary)
			require.Contains(t, named(r, "space_group_number"), m.group)
			require.InEpsilon(t, m.a, named(r, "lattice_a")[0], 0.015)
			e := named(r, "formation_energy_per_atom")
			require.Len(t, e, 1)
			require.Greater(t, e[0], m.low)
			require.Less(t, e[0], m.high)
			require.Empty(t, r.Validation.Unsourced)
			require.Equal(t, r.Validation.ValuesTotal, r.Validation.ValuesResolved)
			for _, v := range r.Values {
				if v.Name == "formation_energy_per_atom" {
					require.Equal(t, "CHGNet", v.Potential.Name)
					require.NotEmpty(t, v.Potential.Version)
					require.Len(t, v.Potential.CheckpointSHA256, 64)
					require.NotEmpty(t, v.CallID)
				}
			}
		}
	})
	t.Run("Status", func(t *testing.T) {
		st := s.status()
		require.True(t, st.API.Healthy && st.Worker.Healthy && st.Postgres.Healthy && st.Redis.Healthy && st.Temporal.Healthy)
		require.Contains(t, string(st.MCP), `"smact"`)
	})
	t.Run("Validity", func(t *testing.T) {
		r, code := s.discover("Validate CuAl2O4, LiFePO4, CsPbI3, MgO, TiO2, Na3Cl, Mg3N, Al3O, CaF3, K3O")
		require.Zero(t, code)
		valid := map[string]bool{}
		for _, c := range r.Compositions {
			valid[c.Formula] = *c.Valid
			require.Equal(t, *c.Valid, c.OxidationStates != nil, c.Formula)
		}
		require.Equal(t, map[string]bool{"CuAl2O4": true, "LiFePO4": true, "CsPbI3": true, "MgO": true, "TiO2": true,
			"Na3Cl": false, "Mg3N": false, "Al3O": false, "CaF3": false, "K3O": false}, valid)
	})
	t.Run("BadInput", func(t *testing.T) {
		for query, word := range map[string]string{"": "query", strings.Repeat("x", 100_000): "query"} {
			_, errs, code := s.run("discover", query)
			require.Equal(t, 2, code)
			require.Contains(t, errs, word)
		}
		_, errs, code := s.run("discover", "--mode", "wild", "NaCl")
		require.Equal(t, 2, code)
		require.Contains(t, errs, "mode")
		r, code := s.discover("What is the structure of Xx2O?")
		require.Equal(t, 3, code, r.Summary)
	})
}
