package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// related are pairs of questions of one subject, worded differently. The second
// is answered from what the first computed.
var related = [][2]string{
	{"Validate CaO", "Is CaO a valid composition?"},
	{"Validate Na3Cl", "Is Na3Cl charge balanced?"},
	{"Is SrTiO3 a valid composition?", "Validate SrTiO3"},
	{"Validate LiFePO4", "Is LiFePO4 valid?"},
	{"Is KF valid?", "Does KF pass the charge balance check?"},
	{"Validate Fe3O4", "Is Fe3O4 a valid composition?"},
	{"Validate CsPbI3 and ZnS", "Are CsPbI3 and ZnS valid compositions?"},
	{"Is Mg3N valid?", "Validate Mg3N"},
	{"Does BaO pass the charge balance check?", "Is BaO valid?"},
	{"Validate TiO2", "Is TiO2 a valid composition?"},
}

// TestRelatedQuestions asks pairs: the second question runs fewer tool calls for
// the same verdicts, and names the memories it stands on. When the model files
// change, nothing is reused.
func TestRelatedQuestions(t *testing.T) {
	s := up(t)
	for _, pair := range related {
		first, _ := s.discover(pair[0])
		second, _ := s.discover(pair[1])
		require.NotEmpty(t, first.Compositions, pair[0])
		require.Positive(t, first.Usage.ToolCalls, pair[0])
		require.Less(t, second.Usage.ToolCalls, first.Usage.ToolCalls, pair[1])
		require.NotEmpty(t, second.MemoriesUsed, pair[1])
		require.Len(t, second.Compositions, len(first.Compositions), pair[1])
		for i, c := range second.Compositions {
			require.Equal(t, first.Compositions[i].Valid, c.Valid, pair[1])
			require.Equal(t, first.Compositions[i].Formula, c.Formula)
		}
		for _, c := range second.Calls {
			require.Equal(t, first.DiscoveryID+"/"+c.ID, c.ReusedFrom, pair[1])
		}
		for _, v := range second.Values {
			require.Equal(t, first.DiscoveryID+"/"+v.Key, v.Origin, "a value leads to where it was computed")
		}
	}
	models := filepath.Join(s.dir, "models")
	require.NoError(t, os.MkdirAll(models, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(models, "other.model"), []byte("another potential"), 0o600))
	again, _ := s.discover(related[0][1])
	require.Positive(t, again.Usage.ToolCalls, "with another potential there nothing is reused")
	require.Empty(t, again.MemoriesUsed)
}
