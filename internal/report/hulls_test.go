package report

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

func hullCall(id, structure, body string) discovery.Call {
	return discovery.Call{ID: id, Tool: "calculate_energy_above_hull", Server: "mace", Status: tool.StatusOK,
		Result: json.RawMessage(`{"items":[{"structure_id":"` + structure + `",` + body + `,"hull":{"kind":"same potential","system":"Cl-Na","entries":4,"date":"2026-01-02","competing":[
			{"formula":"Na","phase":"bcc Na","structure_id":"st_1","kind":"element","formation_energy_per_atom":0,"on_hull":true}],"missing":[]}},{"structure_id":7}]}`)}
}

func TestCandidatesStandOnTheirHull(t *testing.T) {
	t.Parallel()
	in := salt()
	in.Calls = append(in.Calls,
		hullCall("t4.tool1", stID("c"), `"energy_above_hull_per_atom":9,"verdict":"of another structure"`),
		hullCall("t4.tool2", stID("b"), `"energy_above_hull_per_atom":0.03,"verdict":"within 50 meV/atom of the hull of these 4 phases","threshold":0.05,"model_error":0.061,"decomposition":[{"formula":"NaCl"}]`))
	c := Assemble(in).Candidates[0]
	require.Equal(t, []any{0.03, 0.05, 0.061}, []any{*c.EnergyAboveHullPerAtom, *c.Threshold, *c.ModelError})
	require.Equal(t, "within 50 meV/atom of the hull of these 4 phases", c.Verdict)
	require.Equal(t, []string{"NaCl"}, c.Decomposition)
	require.Equal(t, []any{"same potential", 4, "t4.tool2", "bcc Na"}, []any{c.Hull.Kind, c.Hull.Entries, c.Hull.CallID, c.Hull.Competing[0].Phase})
}

func TestUnknownStaysUnknown(t *testing.T) {
	t.Parallel()
	in := salt()
	in.Calls = append(in.Calls, hullCall("t4.tool1", stID("b"), `"energy_above_hull_per_atom":null,"verdict":"unknown: a phase is missing"`))
	c := Assemble(in).Candidates[0]
	require.Nil(t, c.EnergyAboveHullPerAtom)
	require.Equal(t, "unknown: a phase is missing", c.Verdict)
	// A tool of the same name by somebody else says nothing.
	in.Calls[len(in.Calls)-1].Result = json.RawMessage(`{"items":[{"structure_id":"` + stID("b") + `","energy_above_hull_per_atom":0}]}`)
	require.Equal(t, NoHull, Assemble(in).Candidates[0].Verdict)
}

// TestAKnownPhaseRelaxedBesideTheSearchCompetes: the listed rock salt is the
// lowest, and the hull is of it; its own unrelaxed form is no candidate, nor is
// what is relaxed of an element. Another discovery may have had it as a reference
// first, so that its record says so.
func TestAKnownPhaseRelaxedBesideTheSearchCompetes(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"relaxed", "reference"} {
		in := salt()
		known, relaxed := stID("f"), stID("g")
		in.Structures = append(in.Structures, crystal(known, "NaCl", "reference", ""), crystal(relaxed, "NaCl", origin, known))
		in.Values = append(in.Values, energy("t2.tool2", "energy_per_atom", relaxed, "NaCl", "CHGNet", -3.391, true),
			energy("t2.tool3", "formation_energy_per_atom", relaxed, "NaCl", "CHGNet", -2.071, true),
			energy("t2.tool4", "energy_per_atom", stID("e"), "Na", "CHGNet", -1.3, true))
		in.Calls = append(in.Calls, hullCall("t4.tool1", relaxed, `"energy_above_hull_per_atom":0,"verdict":"on the hull of these 4 phases"`))
		r := Assemble(in)
		require.Len(t, r.Candidates, 1)
		c := r.Candidates[0]
		require.Equal(t, []any{relaxed, -3.391, -2.071, "on the hull of these 4 phases"}, []any{c.BestStructureID, *c.EnergyPerAtom, *c.FormationEnergyPerAtom, c.Verdict})
		require.Equal(t, []string{stID("a"), stID("b"), stID("c"), relaxed}, c.StructureIDs)
		require.Equal(t, 1, c.Tried)
	}
}
