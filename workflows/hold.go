package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// heldStep is a step that failed and waits for the user's choice.
type heldStep struct {
	step     string
	canSkip  bool
	message  string
	since    time.Time
	decision discovery.UpdateKind
}

// hold stops at a failed step: it says what happened, then waits for the user
// to retry, skip or finish, for a day. Waiting costs no worker slot.
func (r *run) hold(ctx workflow.Context, step string, canSkip bool, cause error) (discovery.UpdateKind, error) {
	failure := failureOf(cause)
	if canSkip {
		failure.Suggestions = append(failure.Suggestions, "skip it and go on without its result")
	}
	h := &heldStep{step: step, canSkip: canSkip, message: failure.Message, since: workflow.Now(ctx)}
	r.held = append(r.held, h)
	r.clock.wait(ctx, r, 1)
	letGo := func() {
		r.held = slices.DeleteFunc(r.held, func(x *heldStep) bool { return x == h })
		r.clock.wait(ctx, r, -1)
	}
	if err := r.announce(ctx, notice{fromStep: step, failure: failure}); err != nil {
		letGo()
		return "", err
	}
	ok, err := waitNamed(ctx, holdFor, step+" failed and waits for retry, skip or finish; then the discovery fails", func() bool { return h.decision != "" || r.finishNow })
	letGo()
	if err != nil {
		return "", err
	}
	if r.finishNow {
		return "", &errStop{discovery.StatusCompleted, "finished by the user at a failed step: " + failure.Message}
	}
	if !ok {
		return "", &errStop{discovery.StatusFailed, fmt.Sprintf("%s failed and nobody decided within %s: %s", step, holdFor, failure.Message)}
	}
	if r.shape < shapeControl {
		// The older shape made a new generation. Attempts count on over everything
		// that is scheduled for a step, so none is needed.
		r.st.Gen++
	}
	return h.decision, r.announce(ctx, notice{fromStep: step})
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

// unpaused waits while the user has paused the discovery.
func (r *run) unpaused(ctx workflow.Context) error {
	return r.unpausedOr(ctx, func() bool { return false })
}

// unpausedOr waits likewise, or until there is nothing to wait for.
func (r *run) unpausedOr(ctx workflow.Context, over func() bool) error {
	if !r.st.Paused {
		return nil
	}
	r.clock.wait(ctx, r, 1)
	err := workflow.Await(ctx, func() bool { return !r.st.Paused || r.finishNow || over() })
	r.clock.wait(ctx, r, -1)
	return err
}
