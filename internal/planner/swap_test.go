package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestASwapTellsWhatTheCellDoes by the volume for each atom: the conventional cells
// of CaTiO3 and SrTiO3 do not compare.
func TestASwapTellsWhatTheCellDoes(t *testing.T) {
	t.Parallel()
	r := understand("Substitute Sr for Ca in CaTiO3 and tell me how the cell changes", "", nil)
	require.True(t, r.measured(), "the known phases are meant")
	ca := facts{material: material{formula: "CaTiO3"}, symbol: "Pnma", group: 62, volume: "{{v:a}}", perAtom: 11.4}
	sr := facts{material: material{formula: "SrTiO3"}, symbol: "Pm-3m", group: 221, volume: "{{v:b}}", perAtom: 12.3}
	require.Equal(t, "**With Sr in the place of Ca the cell grows**: its volume is {{v:a}} in CaTiO3 (Pnma) and {{v:b}} in SrTiO3 (Pm-3m). "+
		"The two have different space groups, so the lengths of their conventional cells do not compare one by one.\n\n", r.swap.sentence([]facts{sr, ca}))
	require.Contains(t, understand("Replace Sr by Ca in SrTiO3", "", nil).swap.sentence([]facts{ca, sr}), "shrinks")
	require.Empty(t, r.swap.sentence([]facts{ca}), "one of them could not be computed")
	require.Empty(t, understand("Structure of CaTiO3", "", nil).swap.sentence([]facts{ca, sr}))
}
