package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"crystalyse/internal/discovery"
)

// checkBudget stops before work that a spent limit does not allow. The wall
// limit is a timer (see loop); calls and tokens are counted here.
func (r *run) checkBudget() error {
	b, u := r.st.Budget, r.st.Usage
	switch {
	case b.Tokens > 0 && u.TokensIn+u.TokensOut >= b.Tokens:
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the limit of %d tokens is reached", b.Tokens)}
	case b.Cost != nil && u.Cost != nil && *u.Cost >= *b.Cost:
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the cost limit of %g is reached", *b.Cost)}
	}
	return nil
}

// reserve takes the calls of a turn out of the budget before any is scheduled,
// so that parallel calls cannot overshoot it together.
func (r *run) reserve(n int) error {
	b := r.st.Budget
	if b.ToolCalls > 0 && r.st.Usage.ToolCalls+r.st.Reserved+n > b.ToolCalls {
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the model asked for %d more tool calls, and the limit of %d would be passed (%d made)", n, b.ToolCalls, r.st.Usage.ToolCalls)}
	}
	r.st.Reserved += n
	return nil
}

// details writes what the operator reads in the engine's own page.
func (r *run) details(ctx workflow.Context, doing string) {
	b, u := r.st.Budget, r.st.Usage
	text := fmt.Sprintf("**%s** · %s\n\n%s\n\n| budget | spent | limit |\n|---|---|---|\n| tool calls | %d | %d |\n| tokens | %d | %d |\n| wall time ends | %s | %s |\n",
		statusWord(r.st.Status), r.st.Mode, doing, u.ToolCalls, b.ToolCalls, u.TokensIn+u.TokensOut, b.Tokens, r.st.Deadline.UTC().Format("15:04:05 MST"), seconds(b.WallS))
	workflow.SetCurrentDetails(ctx, text)
}

func statusWord(s discovery.Status) string {
	if s == "" {
		return string(discovery.StatusQueued)
	}
	return string(s)
}
