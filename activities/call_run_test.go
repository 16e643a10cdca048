package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

// testAnswerBy: a call is told to answer at half of the time there is when
// it is asked; without a limit of time nothing is said.
func testAnswerBy(t *testing.T) {
	two := llm.Turn{FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{{ID: "a", Name: "energy", Arguments: `{"n":1}`}, {ID: "b", Name: "energy", Arguments: `{"n":2}`}}}
	b := setup(t, two)
	var told tool.Invocation
	b.tools.answer = func(in tool.Invocation) tool.Outcome { told = in; return b.tools.out }
	b.turn(t, 1, b.head)
	var r activities.CallResult
	from, deadline := time.Now(), time.Now().Add(time.Hour)
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1", Deadline: deadline}, &r)
	half := func(t time.Time) time.Time { return t.Add(deadline.Sub(t) / 2) }
	require.WithinRange(t, told.AnswerBy, half(from), half(time.Now()))
	require.Equal(t, deadline.UnixMilli(), told.Deadline.UnixMilli())
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool2"}, &r)
	require.True(t, told.AnswerBy.IsZero())
}
