package activities

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// Recorder makes and stores the events of one attempt of one step. The hook
// puts it in the activity's context; see Hook.
type Recorder struct {
	mu    sync.Mutex
	scope event.Scope
	out   event.Appender
	live  event.Live

	since    time.Time  // when the step was opened first; zero if that is not known
	deadline *time.Time // of the discovery, as the record had it then
}

type recorderKey struct{}

// recorder gives the step's recorder.
func recorder(ctx context.Context) (*Recorder, error) {
	r, ok := ctx.Value(recorderKey{}).(*Recorder)
	if !ok {
		return nil, fault.New(fault.CodeInternal, "the activity runs without its event hook")
	}
	return r, nil
}

// Scope is where the step stands, for fenced writes.
func (r *Recorder) Scope() event.Scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.scope
}

// Make gives the next events of the attempt, to be stored with the result they
// report.
func (r *Recorder) Make(payloads ...event.Payload) ([]event.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := make([]event.Event, 0, len(payloads))
	for _, p := range payloads {
		e, err := r.scope.New(p)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Emit stores events now.
func (r *Recorder) Emit(ctx context.Context, payloads ...event.Payload) error {
	events, err := r.Make(payloads...)
	if err != nil {
		return err
	}
	return r.Store(ctx, events...)
}

// Store stores events that were made before.
func (r *Recorder) Store(ctx context.Context, events ...event.Event) error {
	return r.out.Append(ctx, r.Scope(), events...)
}

// Live sends events that are not stored. It never waits; losing them is harmless.
func (r *Recorder) Live(payloads ...event.Payload) {
	if r.live == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock() // sent in the order of their numbers
	for _, p := range payloads {
		if e, err := r.scope.New(p); err == nil {
			r.live.Send(e)
		}
	}
}

// Place is where an activity stands in its discovery. Inputs of steps have one.
type Place struct {
	DiscoveryID string
	Gen         int
	Step        string
	After       string // why an earlier attempt is over; "" means that the step is tried again
}

// Open fences a step's attempt and gives the context its recorder. A newer
// attempt first says that the older one is over, so that a retried turn never
// shows two texts.
func (a *Activities) Open(ctx context.Context, p Place) (context.Context, error) {
	d, err := a.Lifecycle.Load(ctx, p.DiscoveryID)
	if err != nil {
		return nil, err
	}
	info := activity.GetInfo(ctx)
	if d.Status.Closed() {
		if !afterItsEnd(ctx, d) {
			return nil, fault.New(fault.CodeConflict, "%s has ended; step %s comes too late", d.ID, p.Step)
		}
		// The operator has reset a run that was closed: the discovery is open again.
		if err := a.Lifecycle.Reset(ctx, scopeOf(d, p.Gen, event.Outside("reset"+ofRun(ctx)), 0)); err != nil {
			return nil, err
		}
	}
	r := &Recorder{out: a.Steps, live: a.Live, scope: scopeOf(d, p.Gen, p.Step, int(info.Attempt)), deadline: d.Deadline}
	opened, err := a.Steps.Open(ctx, r.scope, info.ScheduledTime.UnixNano())
	if err != nil {
		return nil, err
	}
	r.scope.Attempt, r.scope.Scheduled, r.since = opened.Attempt, info.ScheduledTime.UnixNano(), opened.Since
	if opened.Superseded > 0 && opened.Superseded < opened.Attempt {
		if err := r.Emit(ctx, event.AttemptSuperseded{Attempt: opened.Superseded, Reason: cmp.Or(p.After, "the step was tried again")}); err != nil {
			return nil, err
		}
	}
	return context.WithValue(ctx, recorderKey{}, r), nil
}

// Failed tells viewers of an attempt that failed.
func (a *Activities) Failed(ctx context.Context, toolName string, failure error) {
	r, err := recorder(ctx)
	if err != nil {
		return
	}
	hint, suggestions := fault.Hint(failure), []string{"The step is tried again by itself; nothing done is lost."}
	var refused *llm.Error
	if errors.As(failure, &refused) {
		hint = refused.Hint
		if !refused.Retryable() {
			suggestions = []string{}
		}
	}
	if hint != "" {
		suggestions = append([]string{hint}, suggestions...)
	}
	e := event.Error{ErrorType: llm.CodeOf(failure), ToolName: toolName, Message: failure.Error(), RecoverySuggestions: suggestions}
	if err := r.Emit(detached(ctx), e); err != nil {
		a.Log.WarnContext(ctx, "an error event could not be stored", "step", r.Scope().Step, "error", err)
	}
}

func scopeOf(d discovery.Discovery, gen int, step string, attempt int) event.Scope {
	return event.Scope{
		SessionID: d.SessionID, DiscoveryID: d.ID, UserID: d.UserID, Mode: string(d.Mode.Effective()),
		Gen: gen, Step: step, Attempt: attempt,
	}
}
