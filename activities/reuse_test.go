package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
)

// TestComputation: what decides an answer makes another computation, the order
// in which compounds are named does not.
func TestComputation(t *testing.T) {
	t.Parallel()
	a := &Activities{Print: func(string) (string, bool) { return "p", true }}
	of := func(name, args string) string {
		return a.computation(discovery.PlannedCall{Server: "s", Tool: name, Version: "1", Arguments: json.RawMessage(args)}, nil)
	}
	same := of("validate_composition", `{"compositions":["Mg3N","CsPbI3"],"use_pauling_test":true}`)
	require.NotEmpty(t, same)
	require.Equal(t, same, of("validate_composition", `{"use_pauling_test": true, "compositions": ["CsPbI3", "Mg3N"]}`))
	for _, other := range []string{
		`{"compositions":["CsPbI3","Mg3N"],"use_pauling_test":false}`, `{"compositions":["CsPbI3"],"use_pauling_test":true}`,
		`{"compositions":["CsPbI3","Mg3N","Mg3N"],"use_pauling_test":true}`, `{"compositions":"CsPbI3"}`, `{}`,
	} {
		require.NotEqual(t, same, of("validate_composition", other), other)
	}
	relax := discovery.PlannedCall{Server: "s", Tool: "relax_structure", Version: "1", Arguments: json.RawMessage(`{"structure_id":"a"}`)}
	record := func(body string) string {
		return a.computation(relax, known(map[string]json.RawMessage{"a": json.RawMessage(body)}))
	}
	here := record(`{"origin":"prototype","label":"rocksalt","space_group":null,"parent_id":"x","call_id":"t1.tool1"}`)
	require.Equal(t, here, record(`{"origin":"prototype","label":"rocksalt","space_group":null,"parent_id":"y","call_id":"t7.tool1"}`), "the same said by another discovery")
	require.NotEqual(t, here, record(`{"origin":"input","label":null,"space_group":null}`), "its answer would name the label")
	require.NotEqual(t, of("relax_structures", `{"structure_ids":["a","b"]}`), of("relax_structures", `{"structure_ids":["b","a"]}`), "the last may be cut off")
}

// TestCutShort: an answer that lacks what the time did not allow is not used again.
func TestCutShort(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"n_cut":0,"n_unrefined":0}`: false, `{"converged":true,"cut_short":false}`: false,
		`{"n_cut":1}`: true, `{"n_unrefined":2}`: true, `{"converged":false,"cut_short":true}`: true,
	} {
		require.Equal(t, want, cutShort(json.RawMessage(body)), body)
	}
}
