package activities

import (
	"context"
	"strconv"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// Announce records a status outside of steps.
func (a *Activities) Announce(ctx context.Context, in AnnounceInput) error {
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return toTemporal(err)
	}
	scope := scopeOf(d, in.Gen, event.Outside(strconv.Itoa(in.Counter)), 0)
	e, err := scope.New(event.DiscoveryStatus{
		Status: string(in.Status), Reason: in.Reason, Details: in.Details,
		Gen: in.Gen, FromStep: in.FromStep, Failure: failureEvent(in.Failure),
	})
	if err != nil {
		return err
	}
	change := discovery.StatusChange{Status: in.Status, Reason: in.Reason, Details: in.Details, Usage: in.Usage}
	return toTemporal(a.Lifecycle.SetStatus(ctx, scope, change, e))
}

func failureEvent(f *tool.Error) *event.Failure {
	if f == nil {
		return nil
	}
	return &event.Failure{Code: f.Code, Message: f.Message, Field: f.Field, Suggestions: f.Suggestions}
}
