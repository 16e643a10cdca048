package activities_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
)

// testStoppedCandidates: a fan-out that was stopped keeps what was found, and
// the call that a candidate was in has an outcome, too.
func testStoppedCandidates(t *testing.T) {
	b := setup(t, wants("evaluate_candidates", `{"compositions":["MgO","CaO"],"num_samples":1}`))
	b.tools.extra = append(b.tools.extra, tool.Spec{Server: "mace", Version: "1", Name: "relax_structures", OutputSchema: json.RawMessage(schema)})
	b.tools.answer = func(tool.Invocation) tool.Outcome {
		sid := structureNamed(t, b, 1)
		return tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{"e":-1,"structures":[{"structure_id":"` + sid + `","formula":"MgO","n_atoms":1}]}`)}
	}
	b.turn(t, 1, b.head)
	in := activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1", Settles: true}
	var plan activities.FanOutPlan
	b.do(t, activities.NameOpenCandidates, in, &plan)
	stage := func(n int) activities.CallInput {
		c := in
		c.Step, c.Candidate = id.CandidateStep(1, n), &activities.CandidateRef{Call: "t1.tool1", Number: 1, Stage: n}
		return c
	}
	var r activities.CallResult
	b.do(t, activities.NameCallTool, stage(activities.StageGenerate), &r)
	b.tools.answer, b.tools.err = nil, fault.New(fault.CodeUnavailable, "stopped in its middle")
	_, err := b.env.ExecuteActivity(activities.NameCallTool, stage(activities.StageRelax))
	require.Error(t, err)

	why := &tool.Error{Code: "cancelled", Message: "given up by the user"}
	b.do(t, activities.NameSettleCandidates, activities.SettleCandidatesInput{CallInput: in, Evaluated: 2, Status: tool.StatusCancelled, Error: why}, &r)
	require.Equal(t, tool.StatusCancelled, r.Status)
	calls, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	status := map[string]tool.Status{}
	for _, c := range calls {
		status[c.ID] = c.Status
	}
	require.Equal(t, map[string]tool.Status{"t1.tool1": tool.StatusCancelled, "c1.t1.tool1": tool.StatusOK, "c1.t2.tool1": tool.StatusCancelled}, status)
	require.Contains(t, string(calls[0].Result), `"partial": 1`)
	require.Contains(t, string(calls[0].Result), `"not_evaluated": 1`)
	es, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	ended := map[string]int{}
	for _, e := range es {
		if e.Type == event.TypeToolCallResult {
			ended[strings.Split(e.ID, "/")[2]]++
		}
	}
	require.Equal(t, map[string]int{"t1.tool1": 1, "c1.t1.tool1": 1, "c1.t2.tool1": 1}, ended)
}
