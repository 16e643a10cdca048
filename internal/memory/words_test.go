package memory_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	text := "# Result\n\n**MgO** comes out in space group **Fm-3m** (No. 225). Its formation\nenergy is −3.05 eV/atom!\n\n" +
		"| formula | verdict |\n|---|---|\n| MgO | valid |\n\n- Coordination: see [the step](#t1), e.g. `Mg`.\n2) Is it stable?\n```\n{\"a\": 1}\n```\n---\n{{outcome:found}}\n..."
	require.Equal(t, []string{
		"MgO comes out in space group Fm-3m (No. 225).", "Its formation energy is −3.05 eV/atom!", "Coordination: see the step, e.g. Mg.", "Is it stable?",
	}, memory.Sentences(text))
	require.Equal(t, "One. Two.", memory.Prose("One. Two. Three is longer.", 12))
	require.Equal(t, "One lon…", memory.Prose("One longer sentence.", 7))
	require.Empty(t, memory.Prose("| only | a table |", 100))
	require.Empty(t, memory.Sentences(""))
	require.Equal(t, []string{"unclosed"}, memory.Sentences("unclosed\n```\ncode"))
}

// TestContentsAreSentences: nothing that a memory holds of a call or a report is
// a table or an argument list.
func TestContentsAreSentences(t *testing.T) {
	t.Parallel()
	energy := -3.05
	made := discovery.Made{
		Call:   discovery.Call{DiscoveryID: "d", ID: "t1.tool1", Tool: "relax_structure", Status: tool.StatusOK, Arguments: json.RawMessage(`{"structure_id":"st_1"}`)},
		Values: []value.Value{{Key: "t1.tool1.energy_per_atom", Name: "energy_per_atom", Number: &energy, Unit: "eV/atom", Formula: "MgO", Potential: &value.Potential{Name: "CHGNet", Version: "0.3.0"}}},
	}
	require.Equal(t, "The tool relax structure found: MgO energy per atom −3.050 eV/atom (CHGNet 0.3.0).", memory.OfCall(made).Content)
	made.Values, made.Call.Status = nil, tool.StatusToolError
	made.Call.Tool, made.Call.Arguments = "generate_crystal_csp", json.RawMessage(`{"formula":"MgO","num_samples":16,"structure_ids":["st_1","st_2"],"note":{"a":1}}`)
	made.Call.Error = &tool.Error{Message: "no cell was found"}
	d := memory.OfCall(made)
	require.Equal(t, "The tool generate crystal csp of MgO, 2 structures (num samples 16) failed: no cell was found.", d.Content)
	require.NotContains(t, d.Content, `"`)
	made.Call.Status, made.Call.Arguments = tool.StatusOK, json.RawMessage(`[]`)
	require.Equal(t, "The tool generate crystal csp gave no value to cite.", memory.OfCall(made).Content)

	yes, no := true, false
	got := memory.Digest(report.Report{
		Query: "Validate MgO and Mg3N", Status: "completed", Summary: "Charge-balanced: 1. \n\n| formula | verdict |\n|---|---|\n| MgO | valid |\n\nThe check is SMACT's.",
		Compositions: []report.Composition{{Formula: "MgO", Valid: &yes}, {Formula: "Mg3N", Valid: &no, Reason: "no states add up to zero"}},
		Calls:        []report.Call{{Tool: "relax_structure", Status: tool.StatusFailed, Error: &tool.Error{Message: "out of memory."}}},
	})
	require.Equal(t, "Asked: Validate MgO and Mg3N.\nFound: Charge-balanced: 1. The check is SMACT's.\nCharge-balanced: MgO.\n"+
		"Refuted: Mg3N is not a valid composition (no states add up to zero).\nFailed: the tool relax structure failed (out of memory).", got.Content)
	require.ElementsMatch(t, []string{"MgO", "Mg3N"}, got.Context.Formulas)
	require.False(t, memory.Trusted("MgO has 17 things", got.Content), "a number that the record has not")
	const record = "Found: NaFe2O3 is valid. Computed: MgO formation energy per atom −3.05 eV/atom (CHGNet 0.3.0)."
	for words, stands := range map[string]bool{
		"MgO was computed at −3.05 eV/atom by CHGNet 0.3.0.": true,
		"MgO was computed at -3.05 eV/atom.":                 true,
		"NaFe2O3 is valid.":                                  true,
		"MgO was computed at 3.05 eV/atom.":                  false,
		"MgO was computed at −3.0 eV/atom.":                  false,
		"MgO took 5 tries.":                                  false,
		"Fe2O3 is valid.":                                    false,
		"MgO was **computed**.":                              false,
		"":                                                   false,
	} {
		require.Equal(t, stands, memory.Trusted(words, record), words)
	}
}
