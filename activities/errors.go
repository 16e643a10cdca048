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
// show, the hint travels as detail, and the type says whether to retry. What
// another program said of it may quote the user, and is not for the engine.
func toTemporal(err error) error {
	return translate(err, func(string) string { return "" })
}

// translate does so with what keep gives for the words of another program.
func translate(err error, keep func(words string) string) error {
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
		return applicationError(with(le.Message, keep(le.Said)), string(le.Kind), le.Hint, temporal.ApplicationErrorOptions{
			NonRetryable: !le.Retryable(), NextRetryDelay: le.RetryAfter, Cause: le.Err,
		})
	}
	var fe *fault.Error
	if !errors.As(err, &fe) {
		return err
	}
	msg, opts := with(fe.Message, keep(fe.Said)), temporal.ApplicationErrorOptions{Cause: fe.Err}
	switch fe.Code {
	case fault.CodeUnavailable:
		return applicationError(msg, TypeToolLost, fe.Hint, opts)
	case fault.CodeConflict:
		// Somebody newer does this step: stop, and do not try again.
		opts.NonRetryable = true
		return applicationError(msg, TypeSuperseded, fe.Hint, opts)
	case fault.CodeInternal:
		return applicationError(msg, string(fe.Code), fe.Hint, opts)
	default:
		opts.NonRetryable = true
		return applicationError(msg, string(fe.Code), fe.Hint, opts)
	}
}

// with adds words to a message, if there are any.
func with(message, words string) string {
	if words == "" {
		return message
	}
	return message + ": " + words
}

func applicationError(msg, kind, hint string, o temporal.ApplicationErrorOptions) error {
	if hint != "" {
		o.Details = []any{hint}
	}
	return temporal.NewApplicationErrorWithOptions(msg, kind, o)
}
