// Package fault is the one domain error of CrystaLyse.
//
// Every noun and adapter returns a *fault.Error (or wraps one) where a caller
// may have to decide something; each edge (HTTP, Temporal, terminal) maps the
// Code exactly once. The Message is safe to show to a user; the wrapped Err is
// for the log only.
package fault

import (
	"errors"
	"fmt"
	"log/slog"
)

// Code says what kind of failure this is, for the edge that maps it.
type Code string

// The codes, and what an edge makes of them.
const (
	CodeInvalid     Code = "invalid"     // the caller's input is wrong; Field names it
	CodeNotFound    Code = "not_found"   // unknown, or not the caller's
	CodeConflict    Code = "conflict"    // true at another time, not now
	CodeUnknown     Code = "unknown"     // who asks is not known: no token, or one that is worth nothing
	CodeDenied      Code = "denied"      // known caller, not allowed
	CodeUnavailable Code = "unavailable" // a part is absent or slow; trying later may help
	CodeLimit       Code = "limit"       // too large, too many, too often
	CodeInternal    Code = "internal"    // ours
)

// Error is a failure with a code, the field it is about and a next step.
type Error struct {
	Code    Code
	Field   string // the input that is wrong, as the caller spelled it; "" when none
	Message string // one sentence a user can act on
	Hint    string // the next step; "" when the message says it all
	Said    string // what another program said of it, in its own words, which may quote anything; "" when nothing
	Err     error  // the cause, for logs; never shown
}

// Error gives the message, the field and the cause.
func (e *Error) Error() string { return e.text(e.Told()) }

// LogValue gives the same without what another program said: it may quote a user,
// and nobody can take it out of a log.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.text(e.Message)) }

func (e *Error) text(s string) string {
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithHint returns a copy that says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Told gives the message with what another program said of the failure.
func (e *Error) Told() string {
	if e.Said == "" {
		return e.Message
	}
	return e.Message + ": " + e.Said
}

// Saying returns a copy with what another program said of the failure.
func (e *Error) Saying(words string) *Error {
	c := *e
	c.Said = words
	return &c
}

// New makes an error of the given code.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of the given code around its cause.
func Wrap(code Code, err error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// Invalid says that one field of the input is wrong.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// NotFound says that the named thing does not exist for this caller.
func NotFound(what, id string) *Error {
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf("%s %q not found", what, id)}
}

// CodeOf gives the code of the first *Error in the chain; CodeInternal if there
// is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return CodeOf(err) == code }

// Hint gives the next step of the first *Error in the chain that has one.
func Hint(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// MessageOf gives what a user may read of an error.
func MessageOf(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Told()
	}
	return "an unexpected error"
}
