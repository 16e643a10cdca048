package main

import (
	"context"
	"errors"

	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded"
	"crystalyse/internal/fault"
)

// The exit codes of discover, follow and report; exitHelp documents them.
const (
	exitOther       = 1
	exitUsage       = 2
	exitDeclined    = 3
	exitCancelled   = 4
	exitBudget      = 5
	exitHeld        = 6
	exitFailed      = 7
	exitUnavailable = embedded.ExitUnavailable
	exitLeft        = 130
)

const exitHelp = `Exit codes:
    0  completed
    1  something else went wrong
    2  wrong usage or bad input; the message names the field
    3  declined: no tool gives what was asked
    4  cancelled
    5  budget exhausted; the report has what was found
    6  held: a step failed and waits for retry, skip, finish or cancel
    7  failed
    8  the stack is not available
  130  left running at Ctrl-C`

// exitError ends the program with a code. A nil err was told already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// ExitCode gives the code of the process.
func (e *exitError) ExitCode() int { return e.code }

// exitCodeOf gives the exit code of any error a command returned.
func exitCodeOf(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitLeft
	}
	switch fault.CodeOf(err) {
	case fault.CodeInvalid, fault.CodeNotFound, fault.CodeConflict, fault.CodeDenied, fault.CodeLimit:
		return exitUsage
	case fault.CodeUnavailable:
		return exitUnavailable
	}
	return exitOther
}

// statusCodes gives each way a discovery ends its exit code.
var statusCodes = map[discovery.Status]int{
	discovery.StatusCompleted: 0, discovery.StatusDeclined: exitDeclined, discovery.StatusCancelled: exitCancelled,
	discovery.StatusBudgetExhausted: exitBudget, discovery.StatusFailed: exitFailed, discovery.StatusNeedsAttention: exitHeld,
}

// ended gives the error that ends the program after a discovery's report.
func ended(s discovery.Status) error {
	code, known := statusCodes[s]
	if !known {
		code = exitOther
	}
	if code == 0 {
		return nil
	}
	return &exitError{code: code}
}
