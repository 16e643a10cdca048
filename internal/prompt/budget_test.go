package prompt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/prompt"
)

func TestTheBudgetIsTold(t *testing.T) {
	t.Parallel()
	text := prompt.Budget(discovery.Budget{WallS: 1200, ToolCalls: 60, Tokens: 500_000})
	for _, line := range []string{"Wall time: 1200 s", "Tool calls: 60", "Tokens: 500000"} {
		require.Contains(t, text, line)
	}
	require.InDelta(t, 1200, prompt.WallSeconds("# Mode: rigorous\n"+text), 0)
	require.InDelta(t, 7200, prompt.WallSeconds(text+"\n"+prompt.Budget(discovery.Budget{WallS: 7200})), 0, "what was told last holds")
	require.True(t, prompt.IsBudget(text))
	require.False(t, prompt.IsBudget("# Mode: rigorous\n"+text))
	require.Empty(t, prompt.Budget(discovery.Budget{}))
	require.Zero(t, prompt.WallSeconds("Wall time is short"))
}
