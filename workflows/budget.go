package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"crystalyse/internal/discovery"
	"crystalyse/internal/value"
)

// warnAt is the share of a limit at which its user is told.
const warnAt = 0.8

// limit is one limit of a budget and what is spent of it.
type limit struct {
	name, unit    string
	spent, limits float64
}

func (r *run) limits(ctx workflow.Context) []limit {
	b, u := r.st.Budget, r.st.Usage
	all := []limit{
		{"tool_calls", "tool calls", float64(u.ToolCalls + r.st.Reserved), float64(b.ToolCalls)},
		{"tokens", "tokens", float64(u.TokensIn + u.TokensOut), float64(b.Tokens)},
		{"wall_s", "seconds of wall time", r.wallSpent(workflow.Now(ctx)), b.WallS},
	}
	if b.Cost != nil && u.Cost != nil {
		all = append(all, limit{"cost", "of the cost", *u.Cost, *b.Cost})
	}
	return slices.DeleteFunc(all, func(l limit) bool { return l.limits <= 0 })
}

// checkBudget stops before work that a spent limit does not allow, and tells
// once that a limit is nearly spent. The wall limit itself is a timer (see
// loop); calls and tokens are counted here.
func (r *run) checkBudget(ctx workflow.Context) error {
	if err := r.warn(ctx); err != nil {
		return err
	}
	b, u := r.st.Budget, r.st.Usage
	switch {
	case b.Tokens > 0 && u.TokensIn+u.TokensOut >= b.Tokens:
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the limit of %d tokens is reached", b.Tokens)}
	case b.Cost != nil && u.Cost != nil && *u.Cost >= *b.Cost:
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the cost limit of %g is reached", *b.Cost)}
	}
	return nil
}

func (r *run) warn(ctx workflow.Context) error {
	if r.shape < shapeControl {
		return nil
	}
	for _, l := range r.limits(ctx) {
		if l.spent < warnAt*l.limits || slices.Contains(r.st.Warned, l.name) {
			continue
		}
		r.st.Warned = append(r.st.Warned, l.name)
		if err := r.announce(ctx, notice{word: "budget", details: fmt.Sprintf("%.0f of %.0f %s are spent; at the limit the discovery ends with what it has", l.spent, l.limits, l.unit)}); err != nil {
			return err
		}
	}
	return nil
}

// reserve takes the calls of a turn out of the budget before any is scheduled,
// so that parallel calls cannot overshoot it together.
func (r *run) reserve(ctx workflow.Context, n int) error {
	b := r.st.Budget
	if b.ToolCalls > 0 && r.st.Usage.ToolCalls+r.st.Reserved+n > b.ToolCalls {
		return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the model asked for %s, and the limit of %d would be passed (%d made)", value.Counted(n, "more tool call"), b.ToolCalls, r.st.Usage.ToolCalls)}
	}
	r.st.Reserved += n
	return r.warn(ctx)
}

func (r *run) maySetBudget(ctx workflow.Context, u discovery.Update) error {
	if u.Budget == nil {
		return refused("no limit is given")
	}
	asked := map[string]float64{"tool_calls": float64(u.Budget.ToolCalls), "tokens": float64(u.Budget.Tokens), "wall_s": u.Budget.WallS}
	if u.Budget.Cost != nil {
		asked["cost"] = *u.Budget.Cost
	}
	for _, l := range r.limits(ctx) {
		if a := asked[l.name]; a > 0 && a <= l.spent {
			return refused(fmt.Sprintf("%s: %.0f %s are spent or reserved already; the limit cannot be %.0f", l.name, l.spent, l.unit, a))
		}
	}
	return nil
}

// setBudget changes limits. Those that are raised are warned of anew.
func (r *run) setBudget(ctx workflow.Context, u discovery.Update) *notice {
	if u.Budget.WallS > 0 {
		r.limitWall(ctx, u.Budget.WallS)
	}
	r.st.Budget = r.st.Budget.With(u.Budget)
	r.st.Warned = slices.DeleteFunc(r.st.Warned, func(name string) bool {
		for _, l := range r.limits(ctx) {
			if l.name == name {
				return l.spent < warnAt*l.limits
			}
		}
		return true
	})
	return &notice{word: "budget", limits: true, details: "the limits are now " + limitsOf(r.st.Budget)}
}

// limitsOf words the limits that there are.
func limitsOf(b discovery.Budget) string {
	var all []string
	if b.WallS > 0 {
		all = append(all, seconds(b.WallS)+" wall time")
	}
	if b.Tokens > 0 {
		all = append(all, fmt.Sprintf("%d tokens", b.Tokens))
	}
	if b.ToolCalls > 0 {
		all = append(all, value.Counted(b.ToolCalls, "tool call"))
	}
	if b.Cost != nil {
		all = append(all, fmt.Sprintf("a cost of %g", *b.Cost))
	}
	return strings.Join(all, ", ")
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
