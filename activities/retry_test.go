package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	prompts "crystalyse/internal/prompt"
)

// testRetryLimits: who reasons after a retry is told the limits that hold then:
// those that were changed on the way, a spent one granted once more, and what the
// retry itself asks for; each once.
func testRetryLimits(t *testing.T) {
	for name, c := range map[string]struct {
		asked *discovery.Budget
		want  discovery.Budget
	}{
		"nothing asked": {nil, discovery.Budget{WallS: 7200, ToolCalls: 30 + 30, Tokens: 5000}},
		"more time":     {&discovery.Budget{WallS: 5400}, discovery.Budget{WallS: 5400, ToolCalls: 30 + 30, Tokens: 5000}},
		"fewer calls":   {&discovery.Budget{ToolCalls: 31}, discovery.Budget{WallS: 7200, ToolCalls: 31, Tokens: 5000}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, asks(`{}`), llm.Turn{Text: "done", FinishReason: "stop"})
			first := b.turn(t, 1, b.head)
			b.call(t)
			raised := discovery.Budget{WallS: 7200, ToolCalls: 30, Tokens: 5000}
			_, err := b.env.ExecuteActivity(activities.NameAnnounce, activities.AnnounceInput{DiscoveryID: b.d.ID, Counter: 1, Status: discovery.StatusRunning, Notice: "budget", Budget: &raised})
			require.NoError(t, err)
			var f activities.FinishResult
			b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: b.d.ID, Status: discovery.StatusBudgetExhausted, Details: "all calls are made", Usage: discovery.Usage{ToolCalls: 30}}, &f)
			_, _, err = b.db.Reopen(t.Context(), "local", b.d.ID, discovery.Retry{Budget: c.asked})
			require.NoError(t, err)

			var begun activities.BeginResult
			b.do(t, activities.NameBegin, activities.BeginInput{DiscoveryID: b.d.ID, Resume: true}, &begun)
			require.Equal(t, c.want, begun.Budget)
			var next activities.TurnResult
			b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Gen: begun.Resume.Gen, Turn: 2, Step: "t2.llm", Head: first.Head, PrevGen: begun.Resume.PrevGen, Budget: begun.Budget}, &next)
			told := 0
			for i, m := range last(b.model.asked).Messages {
				if m.Role == llm.RoleSystem && prompts.IsBudget(m.Content) {
					require.Equal(t, 1, i, "after the prompt")
					require.Equal(t, prompts.Budget(c.want), m.Content)
					told++
				}
			}
			require.Equal(t, 1, told)
		})
	}
}
