package discovery

import (
	"context"
	"encoding/json"
	"time"

	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// Runner starts and steers the durable run of a discovery. Its adapter is the
// only thing that knows the workflow engine.
type Runner interface {
	// Start begins the run; starting twice is one run.
	Start(ctx context.Context, d Discovery) error
	// Cancel asks the run to stop and keep what it has.
	Cancel(ctx context.Context, discoveryID, reason string) error
	// Update sends a validated, deduplicated instruction to the run.
	Update(ctx context.Context, discoveryID string, u Update) error
	// Retry begins another run of a discovery that was reopened; it goes on from
	// what the ledger has. Starting twice is one run.
	Retry(ctx context.Context, d Discovery) error
	// State asks the run where it stands; fault.CodeConflict if there is none.
	State(ctx context.Context, discoveryID string) (RunState, error)
}

// Store is what the doors (HTTP, terminal) read and create. Every method is for
// one user: what is another's is fault.CodeNotFound.
type Store interface {
	// Create writes the discovery as queued, with its session when it has none,
	// and their first events, in one transaction. A known RequestID gives the
	// earlier discovery and created = false.
	Create(ctx context.Context, r Request) (d Discovery, created bool, err error)
	Get(ctx context.Context, userID, id string) (Discovery, error)
	// List gives the newest first, those older than the id `before` ("" = newest).
	List(ctx context.Context, userID, sessionID, before string, limit int) ([]Discovery, error)
	// Report gives the report object of a closed discovery; fault.CodeConflict
	// while it runs.
	Report(ctx context.Context, userID, id string) (json.RawMessage, error)
	// Reopen opens a closed discovery again, to go on from its failed step. A
	// request id that reopened it before gives it as it is and reopened = false.
	Reopen(ctx context.Context, userID, id string, r Retry) (d Discovery, reopened bool, err error)
	// Fork makes a queued discovery that goes on from a turn of another with an
	// edited instruction, in the same session: what was computed up to that turn
	// is its own, too. A known RequestID gives the earlier fork.
	Fork(ctx context.Context, userID, id string, f Fork) (d Discovery, created bool, err error)
	// Running gives the calls in progress with their last progress.
	Running(ctx context.Context, userID, id string) ([]RunningCall, error)
}

// Retry asks for another go at a closed discovery.
type Retry struct {
	RequestID string  `json:"request_id,omitempty"`
	Budget    *Budget `json:"budget,omitempty"` // zero or absent: as before; spent limits are granted once more
}

// Fork asks for another way from a turn. Turn 0 is before the first.
type Fork struct {
	RequestID string `json:"request_id,omitempty"`
	Turn      int    `json:"turn"`
	Query     string `json:"query"`
}

// RunningCall is a call in progress.
type RunningCall struct {
	CallID    string         `json:"call_id"`
	Tool      string         `json:"tool"`
	Attempt   int            `json:"attempt"`
	StartedAt time.Time      `json:"started_at"`
	Progress  *tool.Progress `json:"progress"`
}

// Opened is what opening an attempt of a step found.
type Opened struct {
	// Attempt counts over everything that ever tried the step: the engine counts
	// anew when a run is reset or a call is scheduled again after a pause.
	Attempt int
	// Superseded is the highest earlier attempt of the step; 0 if none.
	Superseded int
	// Since is when the step was opened first, in any attempt; zero if that is
	// not known.
	Since time.Time
}

// Steps is how activities record the attempts of steps. Every write is fenced:
// an attempt older than the current one gets fault.CodeConflict and must stop.
type Steps interface {
	// Open fences the attempt (scope.Gen, scope.Step, scope.Attempt) of what was
	// scheduled at a time (the engine's, in nanoseconds): later ones win.
	Open(ctx context.Context, scope event.Scope, scheduled int64) (Opened, error)
	// Unfinished gives the steps of candidates that were opened in a generation
	// and have no outcome.
	Unfinished(ctx context.Context, discoveryID string, gen int) ([]string, error)
	// Check gives fault.CodeConflict when a newer attempt was opened, and
	// fault.CodeUnavailable when this one's opening is not known any more.
	Check(ctx context.Context, scope event.Scope) error
	event.Appender
}

// Lifecycle is how a run records where the discovery stands.
type Lifecycle interface {
	// Claim gives the discovery its session. ready is false while an earlier
	// discovery of the session is not closed. It is idempotent. What a discovery
	// says first is recorded with it, in one transaction; nil says nothing.
	Claim(ctx context.Context, discoveryID string, b *Beginning) (d Discovery, ready bool, err error)
	// Load gives a discovery to the run itself.
	Load(ctx context.Context, discoveryID string) (Discovery, error)
	// SetStatus records a status with its events, in one transaction. Of a closed
	// discovery nothing is recorded: what comes after its end is late.
	SetStatus(ctx context.Context, scope event.Scope, s StatusChange, events ...event.Event) error
	// Close stores the report and the final status with its events, in one
	// transaction, once: a second close is a no-op. next is the discovery of the
	// session that waits next, "" if none.
	Close(ctx context.Context, scope event.Scope, c Closing, events ...event.Event) (next string, err error)
	// Reset opens a closed discovery whose run the operator has reset.
	Reset(ctx context.Context, scope event.Scope) error
	// Remembered gives what the user decided for the rest of the session.
	Remembered(ctx context.Context, sessionID string) ([]Remembered, error)
	// Remember keeps such a decision.
	Remember(ctx context.Context, d Discovery, r Remembered) error
	// Earlier gives the closed discoveries of the session, oldest first, for
	// the opening of a follow-up.
	Earlier(ctx context.Context, d Discovery) ([]Earlier, error)
}

// Beginning is what a discovery says once it has its session.
type Beginning struct {
	Scope  event.Scope
	Change StatusChange
	Events []event.Event
}

// StatusChange is a new status with what was spent so far.
type StatusChange struct {
	Status   Status
	Reason   string
	Details  string
	Usage    Usage
	Agent    *Agent     // set on the first change
	Budget   *Budget    // set when limits change
	Deadline *time.Time // set when the end of the wall time moves
	Paused   bool       // by its user; a status that asks for attention may hide it
}

// Closing ends a discovery.
type Closing struct {
	Status   Status
	Details  string
	Usage    Usage
	ReportID string
	Report   json.RawMessage
	Summary  string // rendered, for follow-ups
}

// Earlier is a closed discovery as a follow-up sees it.
type Earlier struct {
	ID      string
	Query   string
	Summary string // rendered
	Report  json.RawMessage
}
