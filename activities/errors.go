package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// Types of the errors the workflow and the operator see.
const (
	TypeToolLost   = "ToolTransportLost"
	TypeSuperseded = "Superseded"
	TypeConfig     = "Configuration"
)

var errWorkerStopping = errors.New("the worker is stopping")

// toTemporal translates an error once, at this edge: the message is safe to
// show, the hint travels as detail, and the type says whether to retry.
func toTemporal(err error) error {
	if err == nil || temporal.IsCanceledError(err) || errors.Is(err, context.Canceled) ||
		errors.Is(err, activity.ErrActivityPaused) || errors.Is(err, activity.ErrActivityReset) {
		return err
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return err
	}
	var le *llm.Error
	if errors.As(err, &le) {
		return applicationError(le.Message, string(le.Kind), le.Hint, temporal.ApplicationErrorOptions{
			NonRetryable: !le.Retryable(), NextRetryDelay: le.RetryAfter, Cause: le.Err,
		})
	}
	var fe *fault.Error
	if !errors.As(err, &fe) {
		return err
	}
	opts := temporal.ApplicationErrorOptions{Cause: fe.Err}
	switch fe.Code {
	case fault.CodeUnavailable:
		return applicationError(fe.Message, TypeToolLost, fe.Hint, opts)
	case fault.CodeConflict:
		// Somebody newer does this step: stop, and do not try again.
		opts.NonRetryable = true
		return applicationError(fe.Message, TypeSuperseded, fe.Hint, opts)
	case fault.CodeInternal:
		return applicationError(fe.Message, string(fe.Code), fe.Hint, opts)
	default:
		opts.NonRetryable = true
		return applicationError(fe.Message, string(fe.Code), fe.Hint, opts)
	}
}

func applicationError(msg, kind, hint string, o temporal.ApplicationErrorOptions) error {
	if hint != "" {
		o.Details = []any{hint}
	}
	return temporal.NewApplicationErrorWithOptions(msg, kind, o)
}
