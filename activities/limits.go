package activities

import (
	"slices"

	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	prompts "crystalyse/internal/prompt"
)

// withLimits tells the limits that hold now, in the place of those the discovery
// (or the one it is forked from) was opened with. They stand at the top, where
// every model takes a system message; the ledger keeps what was told first, and
// an event tells each change. Without limits the messages stay as they are.
func withLimits(ms []llm.Message, b discovery.Budget) []llm.Message {
	limits := prompts.Budget(b)
	if limits == "" {
		return ms
	}
	now := llm.Message{Role: llm.RoleSystem, Content: limits}
	at := 0 // after the prompt, which is first
	for i, m := range ms {
		if m.Role != llm.RoleSystem {
			continue
		}
		if prompts.IsBudget(m.Content) {
			ms[i] = now
			return ms
		}
		if at == 0 {
			at = i + 1
		}
	}
	return slices.Insert(ms, at, now)
}
