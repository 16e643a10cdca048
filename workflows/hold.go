package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// heldStep is a step that failed and waits for the user's choice.
type heldStep struct {
	step     string
	canSkip  bool
	decision discovery.UpdateKind
}

// hold stops at a failed step: it says what happened, then waits for the user
// to retry, skip or finish, for a day. Waiting costs no worker slot.
func (r *run) hold(ctx workflow.Context, step string, canSkip bool, cause error) (discovery.UpdateKind, error) {
	failure := failureOf(cause)
	if canSkip {
		failure.Suggestions = append(failure.Suggestions, "skip it and go on without its result")
	}
	r.held = &heldStep{step: step, canSkip: canSkip}
	began := workflow.Now(ctx)
	defer func() {
		if r.held = nil; !r.st.Deadline.IsZero() {
			r.st.Deadline = r.st.Deadline.Add(workflow.Now(ctx).Sub(began))
		}
	}()
	if err := r.announce(ctx, discovery.StatusNeedsAttention, "failure", step, failure); err != nil {
		return "", err
	}
	ok, err := workflow.AwaitWithTimeout(ctx, holdFor, func() bool { return r.held.decision != "" || r.finishNow })
	if err != nil {
		return "", err
	}
	if r.finishNow {
		return "", &errStop{discovery.StatusCompleted, "finished by the user at a failed step: " + failure.Message}
	}
	if !ok {
		return "", &errStop{discovery.StatusFailed, fmt.Sprintf("%s failed and nobody decided within %s: %s", step, holdFor, failure.Message)}
	}
	// A new generation gives the step new event and activity ids; the fold drops
	// what the older one showed from this step on.
	r.st.Gen++
	decision := r.held.decision
	return decision, r.announce(ctx, discovery.StatusRunning, "", step, nil)
}

// failureOf turns an activity error into what the user reads.
func failureOf(err error) *tool.Error {
	f := &tool.Error{Code: "internal", Message: err.Error()}
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case errors.As(err, &app):
		f.Code, f.Message = app.Type(), app.Message()
		var hint string
		if app.HasDetails() && app.Details(&hint) == nil && hint != "" {
			f.Suggestions = append(f.Suggestions, hint)
		}
	case errors.As(err, &timeout):
		f.Code, f.Message = "timeout", "the step did not end within its time limit"
	}
	f.Suggestions = append(f.Suggestions, "retry the step once the cause is mended", "finish now with what is there")
	return f
}

// handlers registers updates and queries before any work, so that none is lost
// at the start of a run.
func (r *run) handlers(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, QueryState, func() (State, error) { return r.st, nil }); err != nil {
		return err
	}
	decide := func(kind discovery.UpdateKind) func(workflow.Context, discovery.Update) error {
		return func(_ workflow.Context, _ discovery.Update) error {
			r.held.decision = kind
			return nil
		}
	}
	for _, kind := range []discovery.UpdateKind{discovery.UpdateRetryStep, discovery.UpdateSkipStep} {
		opts := workflow.UpdateHandlerOptions{Validator: func(_ workflow.Context, u discovery.Update) error { return r.mayDecide(kind, u) }}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, string(kind), decide(kind), opts); err != nil {
			return err
		}
	}
	finish := func(_ workflow.Context, _ discovery.Update) error { r.finishNow = true; return nil }
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateFinishNow, finish, workflow.UpdateHandlerOptions{
		Validator: func(workflow.Context, discovery.Update) error {
			if r.st.Status.Closed() {
				return refused("the discovery is closed")
			}
			return nil
		},
	})
}

func (r *run) mayDecide(kind discovery.UpdateKind, u discovery.Update) error {
	switch {
	case r.held == nil || r.held.decision != "":
		return refused("no step waits for a decision")
	case u.Step != "" && u.Step != r.held.step:
		return refused(fmt.Sprintf("step %s does not wait; %s does", u.Step, r.held.step))
	case kind == discovery.UpdateSkipStep && !r.held.canSkip:
		return refused("a turn of the model cannot be skipped; retry it or finish now")
	}
	return nil
}

// refused is an update the run does not take now.
func refused(msg string) error {
	return temporal.NewApplicationErrorWithOptions(msg, string(fault.CodeConflict), temporal.ApplicationErrorOptions{NonRetryable: true})
}
