package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/report"
)

// related are pairs of questions of one subject, worded differently and not
// always asking for the same. The second is answered from what the first
// computed.
var related = []struct {
	kind, first, second string
	verified            string // the value that both answers have
}{
	{"validity", "Validate Na3Cl", "Is Na3Cl charge balanced?", ""},
	{"validity of two", "Validate CsPbI3 and ZnS", "Are CsPbI3 and ZnS valid compositions?", ""},
	{"validity, the other way round", "Is SrTiO3 a valid composition?", "Validate SrTiO3", ""},
	{"validity in other words", "Is KF valid?", "Does KF pass the charge balance check?", ""},
	{"mixed valence", "Validate Fe3O4", "Is Fe3O4 a valid composition?", ""},
	{"not valid", "Is Mg3N valid?", "Validate Mg3N", ""},
	{"battery material", "Validate LiFePO4", "Is LiFePO4 valid?", ""},
	{"relaxation energy", "What is the formation energy of MgO?", "How strongly bound is MgO, in eV per atom against its elements?", "formation_energy_per_atom"},
	{"structure, then energy", "Give me the space group of LiF", "What is the formation energy of LiF?", "space_group_number"},
	{"hull", "Is NaF stable against decomposition?", "How far above the convex hull is NaF?", "energy_above_hull_per_atom"},
}

// TestRelatedQuestions asks pairs: the second question runs fewer tool calls for
// the same verified answer, and names the memories it stands on. When the model
// files change, nothing is reused.
func TestRelatedQuestions(t *testing.T) {
	s := up(t)
	for _, p := range related {
		t.Run(p.kind, func(t *testing.T) {
			was := s.t
			s.t = t
			t.Cleanup(func() { s.t = was })
			first, _ := s.discover(p.first)
			second, _ := s.discover(p.second)
			require.NotEmpty(t, first.Calls, first.Summary)
			require.Positive(t, first.Usage.ToolCalls, first.Summary)
			require.Less(t, second.Usage.ToolCalls, first.Usage.ToolCalls, second.Summary)
			require.NotEmpty(t, second.MemoriesUsed)
			require.Empty(t, second.Validation.Unsourced)
			sameAnswer(t, first, second, p.verified)
			t.Logf("%d calls, then %d", first.Usage.ToolCalls, second.Usage.ToolCalls)
		})
	}
	models := filepath.Join(s.dir, "models")
	require.NoError(t, os.MkdirAll(models, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(models, "other.model"), []byte("another potential"), 0o600))
	again, _ := s.discover(related[0].second)
	require.Positive(t, again.Usage.ToolCalls, "with another potential there nothing is reused")
	require.Empty(t, again.MemoriesUsed)
}

// sameAnswer requires the same verdicts, the same verified number, and that what
// was reused leads to the call that computed it.
func sameAnswer(t *testing.T, first, second report.Report, verified string) {
	t.Helper()
	for i, c := range second.Compositions {
		require.Equal(t, first.Compositions[i].Formula, c.Formula)
		require.Equal(t, first.Compositions[i].Valid, c.Valid)
	}
	if verified != "" {
		require.NotEmpty(t, named(first, verified), first.Summary)
		require.Subset(t, named(second, verified), named(first, verified))
	}
	reused := map[string]string{}
	for _, c := range second.Calls {
		if c.ReusedFrom != "" {
			require.Contains(t, c.ReusedFrom, first.DiscoveryID+"/")
			reused[c.ID] = c.ReusedFrom
		}
	}
	require.NotEmpty(t, reused)
	for _, v := range second.Values {
		if from, ok := reused[v.CallID]; ok {
			require.Contains(t, v.Origin, from, "a value leads to where it was computed")
		}
	}
}
