package activities_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

func calling(name, args string) llm.Turn {
	return llm.Turn{FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{{ID: "c1", Name: name, Arguments: args}}}
}

// testRaised: a model that asks for too few samples gets the floor, and is told.
func testRaised(t *testing.T) {
	b := setup(t, calling("generate_crystal_csp", `{"formula":"MgO","num_samples":4}`), llm.Turn{Text: "done", FinishReason: "stop"})
	b.open(t, discovery.ModeRigorous)
	budget := discovery.DefaultBudget(discovery.ModeRigorous)
	var first activities.TurnResult
	b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.llm", Head: b.head, Budget: budget}, &first)
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	calls, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"formula":"MgO","num_samples":30}`, string(calls[0].Arguments))
	b.turn(t, 2, first.Head)
	require.Contains(t, lastResult(b), "rigorous mode raised num_samples to 30")
}

// testRaisedWithinBudget: the searches of a turn share the time that is there.
// There are so many that a sample of each takes 800 s, and 10.5 samples fit: how
// long the test itself takes makes no difference.
func testRaisedWithinBudget(t *testing.T) {
	calls := make([]llm.ToolCall, 40)
	for i := range calls {
		calls[i] = llm.ToolCall{ID: fmt.Sprintf("c%d", i+1), Name: "generate_crystal_csp", Arguments: fmt.Sprintf(`{"formula":"Mg%dO","num_samples":2}`, i+1)}
	}
	b := setup(t, llm.Turn{FinishReason: "tool_calls", ToolCalls: calls})
	b.open(t, discovery.ModeRigorous)
	var first activities.TurnResult
	b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.llm", Head: b.head, Budget: discovery.Budget{WallS: 8400}}, &first)
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	made, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"formula":"Mg1O","num_samples":10}`, string(made[0].Arguments))
}

func testSignal(t *testing.T) {
	b := setup(t, calling("filter_compositions", `{"elements":["K","O"]}`), llm.Turn{Text: "done", FinishReason: "stop"})
	b.tools.out.Result = json.RawMessage(`{"n_valid":1}`)
	first := b.turn(t, 1, b.head)
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	b.turn(t, 2, first.Head)
	require.Contains(t, lastResult(b), "too few valid compositions")
}

func lastResult(b *bundle) string {
	ms := b.model.asked[len(b.model.asked)-1].Messages
	return ms[len(ms)-1].Content
}
