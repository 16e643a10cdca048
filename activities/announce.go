package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/activity"

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
	if d.Status.Closed() && afterItsEnd(ctx, d) {
		// The operator has reset a run that was closed: the discovery is open again.
		if err := a.Lifecycle.Reset(ctx, scopeOf(d, in.Gen, event.Outside("reset"+ofRun(ctx)), 0)); err != nil {
			return toTemporal(err)
		}
	}
	if err := a.spell(ctx, &in); err != nil {
		return toTemporal(err)
	}
	scope := scopeOf(d, in.Gen, event.Outside(fmt.Sprintf("%d%s", in.Counter, ofRun(ctx))), 0)
	payloads := []event.Payload{event.DiscoveryStatus{
		Status: string(in.Status), Reason: cmp.Or(in.Notice, in.Reason), Details: in.Details,
		Gen: in.Gen, FromStep: in.FromStep, Failure: failureEvent(in.Failure),
	}}
	if in.Approval != nil {
		p, err := a.approvalRequest(ctx, in.DiscoveryID, *in.Approval)
		if err != nil {
			return toTemporal(err)
		}
		payloads = append(payloads, p)
	}
	if in.Question != nil {
		payloads = append(payloads, *in.Question)
	}
	events := make([]event.Event, 0, len(payloads))
	for _, p := range payloads {
		e, err := scope.New(p)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	change := discovery.StatusChange{Status: in.Status, Reason: in.Reason, Details: in.Details, Usage: in.Usage, Budget: in.Budget, Paused: in.Paused}
	if !in.Deadline.IsZero() {
		change.Deadline = &in.Deadline
	}
	return toTemporal(a.Lifecycle.SetStatus(ctx, scope, change, events...))
}

// spell puts in the words that the run knows by their marks.
func (a *Activities) spell(ctx context.Context, in *AnnounceInput) error {
	texts := append(spoken(in.Failure), &in.Reason, &in.Notice, &in.Details)
	if q := in.Question; q != nil {
		texts = append(texts, &q.Text, &q.Default)
		for i := range q.Options {
			texts = append(texts, &q.Options[i])
		}
	}
	return discovery.Spell(ctx, a.Said, in.DiscoveryID, texts...)
}

// spoken gives the texts of an error that may have marks.
func spoken(e *tool.Error) []*string {
	if e == nil {
		return nil
	}
	return []*string{&e.Message}
}

// afterItsEnd reports whether an activity was scheduled after its discovery was
// closed. An attempt that is only late was scheduled before.
func afterItsEnd(ctx context.Context, d discovery.Discovery) bool {
	return activity.IsActivity(ctx) && d.EndedAt != nil && activity.GetInfo(ctx).ScheduledTime.After(*d.EndedAt)
}

// ofRun tells the announcements of one run of the engine from those of another:
// after a reset the same number means something else. An attempt tried again is
// of the same run.
func ofRun(ctx context.Context) string {
	if !activity.IsActivity(ctx) {
		return ".out"
	}
	run := activity.GetInfo(ctx).WorkflowExecution.RunID
	return "." + run[:min(8, len(run))]
}

// approvalRequest shows the user the call that waits, with its arguments.
func (a *Activities) approvalRequest(ctx context.Context, did string, ask ApprovalAsk) (event.ApprovalRequest, error) {
	p, err := a.planned(ctx, CallInput{DiscoveryID: did, TurnGen: ask.TurnGen, Turn: ask.Turn, Step: ask.CallID})
	if err != nil {
		return event.ApprovalRequest{}, err
	}
	req := event.ApprovalRequest{CallID: p.CallID, Tool: p.Tool, Why: ask.Why}
	return req, json.Unmarshal(p.Arguments, &req.Arguments)
}

// Remember keeps a decision of the user for the rest of the session.
func (a *Activities) Remember(ctx context.Context, in RememberInput) error {
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return toTemporal(err)
	}
	return toTemporal(a.Lifecycle.Remember(ctx, d, in.Decision))
}

func failureEvent(f *tool.Error) *event.Failure {
	if f == nil {
		return nil
	}
	return &event.Failure{Code: f.Code, Message: f.Message, Field: f.Field, Suggestions: f.Suggestions}
}
