package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/report"
)

// relaxing is a model that reads a structure and relaxes it with the settings
// that the question names, as JSON.
func relaxing(poscar string) func(said) reply {
	return func(s said) reply {
		last := s.users[len(s.users)-1]
		_, settings, _ := strings.Cut(last, "relax ")
		switch len(s.results) {
		case 0:
			return reply{calls: []scripted{{"parse_structure", map[string]any{"content": poscar, "format": "poscar"}}}}
		case 1:
			var parsed struct {
				Result struct {
					Structures []struct {
						ID string `json:"structure_id"`
					}
				}
			}
			args := map[string]any{}
			if json.Unmarshal([]byte(s.results[0]), &parsed) != nil || len(parsed.Result.Structures) == 0 || json.Unmarshal([]byte(settings), &args) != nil {
				return reply{text: "I could not read it."}
			}
			args["structure_id"] = parsed.Result.Structures[0].ID
			return reply{calls: []scripted{{"relax_structure", args}}}
		}
		return reply{text: "Its energy is {{v:t2.tool1.energy_per_atom}}."}
	}
}

// TestAChangedSettingIsComputedAnew: the same structure and the same potential
// with another setting is another computation; the same settings are the same
// one, in whatever order they are given.
func TestAChangedSettingIsComputedAnew(t *testing.T) {
	poscar, err := os.ReadFile("testdata/soft.vasp")
	require.NoError(t, err)
	b := newBench(t, relaxing(string(poscar)))
	b.servers = nil
	s := b.up()
	relaxed := func(settings string) (r report.Report, spent int, origin string) {
		t.Helper()
		r, code := s.discover("relax " + settings)
		require.Zero(t, code, r.Summary)
		require.Len(t, r.Calls, 2, r.Summary)
		require.Equal(t, "relax_structure", r.Calls[1].Tool)
		require.Empty(t, r.Validation.Unsourced)
		return r, r.Usage.ToolCalls, r.Calls[1].ReusedFrom
	}
	first, spent, _ := relaxed(`{"fmax": 0.2, "max_steps": 20}`)
	require.Equal(t, 2, spent)
	again, spent, origin := relaxed(`{"max_steps": 20, "fmax": 0.2}`)
	require.Zero(t, spent)
	require.Equal(t, first.DiscoveryID+"/t2.tool1", origin)
	require.NotEmpty(t, again.MemoriesUsed)
	require.Equal(t, named(first, "energy_per_atom"), named(again, "energy_per_atom"))

	for name, settings := range map[string]string{
		"AnotherThreshold": `{"fmax": 0.3, "max_steps": 20}`,
		"FewerSteps":       `{"fmax": 0.2, "max_steps": 10}`,
		"TheCellKept":      `{"fmax": 0.2, "max_steps": 20, "relax_cell": false}`,
	} {
		t.Run(name, func(t *testing.T) {
			r, spent, origin := relaxed(settings)
			require.Equal(t, 1, spent, "the structure is known, its relaxation is not")
			require.Empty(t, origin)
			for _, v := range r.Values {
				require.False(t, v.CallID == r.Calls[1].ID && v.Origin != "", "%s is taken from elsewhere", v.Key)
			}
		})
	}
	t.Run("AnotherPrecisionOfTheServer", func(t *testing.T) {
		s.stop()
		s.env = append(s.env, "CRYSTALYSE_DTYPE=float32")
		s.start()
		r, spent, origin := relaxed(`{"fmax": 0.2, "max_steps": 20}`)
		require.Equal(t, 2, spent)
		require.Empty(t, origin)
		require.Empty(t, r.MemoriesUsed)
	})
}
