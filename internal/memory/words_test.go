package memory_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
	"crystalyse/internal/structure"
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
	require.Equal(t, []string{"Nothing is new."}, memory.Sentences("Earlier ones say:\n\n- `"+memory.Mark("01M8PTDJMZH9PSKTVQ7TVAKWN2")+"` 166\n\nNothing is new."))
	require.Equal(t, "MgO: one; CaO: two", memory.Prose("- MgO: one\n- CaO: two", 100))
	require.Equal(t, []string{"Both hold.", "On the hull:", "MgO."}, memory.Sentences("Computed alike:\n\n| a |\n|---|\n\nBoth hold. As code:\n```\nx\n```\nOn the hull:\n- MgO."))
}

// TestACallInAFewWords: of many energies the lowest is told, and what is no number
// is counted.
func TestACallInAFewWords(t *testing.T) {
	t.Parallel()
	made := discovery.Made{Call: discovery.Call{DiscoveryID: "d", ID: "t1.tool1", Tool: "relax_structures", Status: tool.StatusOK, Arguments: json.RawMessage(`{"structure_ids":["st_1"]}`)}}
	no := false
	for i, of := range []struct {
		formula string
		energy  float64
	}{{"NaF", -4.4}, {"NaF", -4.5346}, {"NaCl", -3.3}, {"NaF", -3.7}} {
		made.Values = append(made.Values, value.Value{Key: fmt.Sprintf("t1.tool1.items.%d.energy_per_atom", i), Name: "energy_per_atom", Number: &of.energy, Unit: "eV/atom",
			Formula: of.formula, StructureID: fmt.Sprint("st_", i), Potential: &value.Potential{Name: "CHGNet", Version: "0.3.0"}})
	}
	made.Values[2].Converged = &no
	for i, group := range []float64{194, 225, 221} {
		made.Values = append(made.Values, value.Value{Key: fmt.Sprintf("t1.tool1.items.%d.space_group_number", i), Name: "space_group_number", Number: &group, Formula: []string{"NaF", "NaF", "NaCl"}[i], StructureID: fmt.Sprint("st_", i)})
	}
	d := memory.OfCall(made)
	require.Equal(t, "The tool relax structures found: NaF energy per atom −4.535 eV/atom (CHGNet 0.3.0), the lowest of 3; NaCl energy per atom −3.300 eV/atom (CHGNet 0.3.0), not converged; NaF space group number 225; NaCl space group number 221.", d.Content)
	require.Equal(t, []string{"d/t1.tool1.items.1.energy_per_atom", "d/t1.tool1.items.1.space_group_number", "d/t1.tool1.items.2.energy_per_atom", "d/t1.tool1.items.2.space_group_number"}, d.Context.Values, "what is told can be cited")

	made.Call.Tool, made.Call.Arguments = "generate_crystal_csp", json.RawMessage(`{"formula":"NaF","num_samples":2}`)
	made.Values, made.Structures = nil, []structure.Structure{{ID: "st_1"}, {ID: "st_2"}}
	require.Equal(t, "The tool generate crystal csp of NaF (num samples 2) gave 2 structures.", memory.OfCall(made).Content)
	six := 6.0
	made.Call.Tool, made.Call.Arguments, made.Structures = "analyze_coordination", json.RawMessage(`{"structure_id":"st_1"}`), nil
	made.Values = []value.Value{{Key: "t1.tool1.items.0.coordination_number", Name: "coordination_number", Number: &six, Formula: "NaF"}}
	d = memory.OfCall(made)
	require.Equal(t, "The tool analyze coordination gave 1 value of NaF.", d.Content)
	require.Equal(t, []string{"d/t1.tool1.items.0.coordination_number"}, d.Context.Values)
}

// TestADigestOfWhatWasReused: numbers that an earlier discovery computed are told
// with the keys and the potential they have from there, so that the two digests are
// seen to be of one kind; a voltage is told of its host.
func TestADigestOfWhatWasReused(t *testing.T) {
	t.Parallel()
	chgnet := &value.Potential{Name: "CHGNet", Version: "0.3.0"}
	number := func(key, name, unit, formula string, x float64) report.Number {
		return report.Number{Value: value.Value{Key: key, CallID: "t1.tool1", Name: name, Unit: unit, Formula: formula, Potential: chgnet}, V: x}
	}
	r := report.Report{DiscoveryID: "first", Query: "Is NaFeO2 a cathode?", Status: discovery.StatusCompleted, Values: []report.Number{
		number("t1.tool1.capacity", "gravimetric_capacity", "mAh/g", "NaFeO2", 241.8), number("t1.tool1.voltage", "average_voltage", "V", "", 3.55),
	}}
	first := memory.Digest(r)
	require.Equal(t, "Asked: Is NaFeO2 a cathode?\nComputed: NaFeO2 average voltage 3.55 V (CHGNet 0.3.0); NaFeO2 gravimetric capacity 241.8 mAh/g (CHGNet 0.3.0).", first.Content)
	require.Equal(t, []string{"first/t1.tool1.capacity", "first/t1.tool1.voltage"}, first.Context.Values)
	r.DiscoveryID = "second"
	for i := range r.Values {
		r.Values[i].Origin = "first/" + r.Values[i].Key
	}
	second := memory.Digest(r)
	require.Equal(t, first.Content, second.Content)
	require.Equal(t, first.Context.Values, second.Context.Values)
	require.Equal(t, first.Context.Potentials, second.Context.Potentials)
}

// TestADeclinedQuestionIsRememberedByItsReason, not by what its answer says to the
// asker.
func TestADeclinedQuestionIsRememberedByItsReason(t *testing.T) {
	t.Parallel()
	d := memory.Digest(report.Report{Query: "What is the band gap of KCl?", Status: discovery.StatusDeclined,
		Summary: "You asked me not to use tools. Without tools, whatever I said of KCl would have no source. So I decline.\n\nAsk again without that condition, and I compute it."})
	require.Equal(t, "Asked: What is the band gap of KCl?\nDeclined: Without tools, whatever I said of KCl would have no source.", d.Content)
	require.Equal(t, "declined", d.Context.Outcome)
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
