package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// operator is the reason of a pause that was made in the engine itself. No code
// of the run learns of it; the reconciler tells viewers.
const operator = "by the operator"

// OperatorPaused notes a pause made in the engine's own page.
func (a *Activities) OperatorPaused(ctx context.Context, d discovery.Discovery, since time.Time) error {
	if d.Status != discovery.StatusRunning {
		return nil
	}
	return a.reflect(ctx, d, fmt.Sprintf("op.%d", since.UnixMilli()), discovery.StatusPaused, fmt.Sprintf("%s at %s", operator, since.UTC().Format(time.RFC3339Nano)))
}

// OperatorUnpaused notes its end.
func (a *Activities) OperatorUnpaused(ctx context.Context, d discovery.Discovery) error {
	when, mine := strings.CutPrefix(d.Reason, operator+" at ")
	if d.Status != discovery.StatusPaused || !mine {
		return nil
	}
	return a.reflect(ctx, d, "op.end."+when, discovery.StatusRunning, "")
}

func (a *Activities) reflect(ctx context.Context, d discovery.Discovery, as string, s discovery.Status, reason string) error {
	scope := scopeOf(d, d.Retries, event.Outside(as), 0)
	e, err := scope.New(event.DiscoveryStatus{Status: string(s), Reason: reason, Gen: d.Retries})
	if err != nil {
		return err
	}
	return a.Lifecycle.SetStatus(ctx, scope, discovery.StatusChange{Status: s, Reason: reason, Usage: d.Usage}, e)
}
