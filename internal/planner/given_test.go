package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGivenStructure(t *testing.T) {
	t.Parallel()
	const id = "st_0123456789abcdef0123456789"

	t.Run("IsWorkedOnAsItIs", func(t *testing.T) {
		t.Parallel()
		l := newLab("creative", "Relax structure "+id+" (NaCl, from mine.cif), and tell me its space group", everyTool...)
		answer := l.run(t)
		require.Contains(t, answer, "As given")
		require.Contains(t, answer, "Fm-3m")
		used := map[string]bool{}
		for _, c := range l.calls {
			used[c.tool] = true
		}
		require.True(t, used["relax_structure"] && used["analyze_space_group"] && used["calculate_formation_energy"])
		require.False(t, used["generate_crystal_csp"], "no other structure is searched for")
		require.Equal(t, id, l.calls[0].args["structure_id"])
	})
	t.Run("BringsItsCaveats", func(t *testing.T) {
		t.Parallel()
		l := newLab("creative", "Relax structure "+id+" and give its formation energy", everyTool...)
		require.Contains(t, l.run(t), "`Zr: said of it`")
	})
	t.Run("IsDeclinedWhenItIsUnknown", func(t *testing.T) {
		t.Parallel()
		l := newLab("creative", "Relax structure "+id, everyTool...)
		l.ends = map[string]string{"analyze_space_group": "failed", "analyze_coordination": "failed", "relax_structure": "failed"}
		answer := l.run(t)
		require.Contains(t, answer, "Nothing could be computed of this structure")
		require.Contains(t, answer, "{{outcome:declined}}")
	})
	t.Run("IsNotRefusedForItsId", func(t *testing.T) {
		t.Parallel()
		r := plan([]message{say("system", "# Mode: creative"), say("user", "Relax structure "+id+" (CaF2, from a.vasp), and ")}, newLab("creative", "x", everyTool...).tools)
		require.Len(t, r.calls, 3)
	})
}
