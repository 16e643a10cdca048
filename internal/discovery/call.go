package discovery

import (
	"context"
	"encoding/json"
	"time"

	"crystalyse/internal/event"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/transcript"
	"crystalyse/internal/value"
)

// Call is the record of a tool call. Its id is its step.
type Call struct {
	ID              string          `json:"id"` // call_id: t1.tool2
	DiscoveryID     string          `json:"-"`
	UserID          string          `json:"-"`
	IdempotencyKey  string          `json:"-"`
	Gen             int             `json:"-"`
	Tool            string          `json:"tool"`
	Server          string          `json:"server"`
	ToolVersion     string          `json:"tool_version"`
	Arguments       json.RawMessage `json:"arguments"`
	Status          tool.Status     `json:"status"`
	Result          json.RawMessage `json:"-"`
	Error           *tool.Error     `json:"error,omitempty"`
	Attempts        int             `json:"attempts"`
	ResumedFromStep *int            `json:"resumed_from_step"`
	StartedAt       time.Time       `json:"started_at"`
	EndedAt         *time.Time      `json:"-"`
	DurationS       float64         `json:"duration_s"`
	// Computation names what the call computes; "" when it is never reused.
	Computation string `json:"-"`
	// ReusedFrom is the <discovery>/<call_id> whose result this call took over.
	ReusedFrom string `json:"reused_from,omitempty"`
}

// Made is everything a finished call leaves: its record, the values and the
// structures it produced. It is stored in one transaction with its events.
type Made struct {
	Call       Call
	Values     []value.Value
	Structures []structure.Structure
}

// Calls stores tool calls.
type Calls interface {
	// ByKey gives the finished call (status ok or tool_error) with the
	// idempotency key; fault.CodeNotFound if there is none. A result computed
	// once is never computed again.
	ByKey(ctx context.Context, key string) (Call, error)
	// ByComputation gives the newest successful call of the user that computed
	// the same; fault.CodeNotFound if there is none.
	ByComputation(ctx context.Context, userID, computation string) (Call, error)
	// Of gives the calls of a discovery in step order.
	Of(ctx context.Context, discoveryID string) ([]Call, error)
	// Newest gives the newest generation of a finished call; an empty one if
	// there is none.
	Newest(ctx context.Context, discoveryID, callID string) (Call, error)
	// Progress notes how far a running call is, for those who look later; the
	// last one wins and nothing else depends on it.
	Progress(ctx context.Context, scope event.Scope, c Call, p tool.Progress) error
	// Commit stores a finished call with its events, fenced by its attempt.
	Commit(ctx context.Context, scope event.Scope, m Made, events ...event.Event) error
	// Made gives the values and structures of a discovery, in step order.
	Made(ctx context.Context, discoveryID string) ([]value.Value, []structure.Structure, error)
}

// PlannedCall is a tool call as a committed turn asks for it.
type PlannedCall struct {
	CallID    string          `json:"call_id"`
	ModelID   string          `json:"model_id"` // the provider's id
	Tool      string          `json:"tool"`
	Server    string          `json:"server"`
	Version   string          `json:"version"`
	Long      bool            `json:"long"`
	Arguments json.RawMessage `json:"arguments"`        // an object
	Error     *tool.Error     `json:"error,omitempty"`  // set when it cannot be run: unknown tool, malformed arguments
	Raised    string          `json:"raised,omitempty"` // how the rules of the mode changed the arguments
}

// Turn is a committed language-model turn.
type Turn struct {
	Step         string
	Gen          int
	Head         string // ledger id of the assistant's message
	FinishReason string
	Calls        []PlannedCall
	Usage        Usage
}

// Turns stores language-model turns.
type Turns interface {
	transcript.Ledger
	// Turn gives the committed turn of a step, fault.CodeNotFound if none: an
	// attempt whose answer was lost after its commit is not asked again.
	Turn(ctx context.Context, discoveryID string, gen int, step string) (Turn, error)
	// LastTurn gives the newest committed turn with the highest generation that
	// any step of the discovery has; fault.CodeNotFound if there is no turn.
	LastTurn(ctx context.Context, discoveryID string) (t Turn, gen int, err error)
	// TurnAt gives the newest generation of a turn.
	TurnAt(ctx context.Context, discoveryID string, turn int) (Turn, error)
	// CommitTurn appends the entries and the turn with its events, fenced.
	CommitTurn(ctx context.Context, scope event.Scope, t Turn, entries []transcript.Entry, events ...event.Event) error
}
