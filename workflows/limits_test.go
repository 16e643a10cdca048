package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
)

func TestLimitsAreCounted(t *testing.T) {
	t.Parallel()
	require.Equal(t, "1 tool call", limitsOf(discovery.Budget{ToolCalls: 1}))
	require.Equal(t, "20 tokens, 5 tool calls", limitsOf(discovery.Budget{Tokens: 20, ToolCalls: 5}))
}
