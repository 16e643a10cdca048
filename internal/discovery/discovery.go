// Package discovery is one request of a user (query, mode, budget) and its
// life: the statuses, the limits, what was spent, and the ports by which it is
// started, stored and stepped through.
package discovery

import (
	"strings"
	"time"
	"unicode/utf8"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// MaxQuery is the longest query in bytes.
const MaxQuery = 16 << 10

// Mode is how a discovery works.
type Mode string

// The modes. Auto starts creative and escalates on named signals.
const (
	ModeCreative Mode = "creative"
	ModeRigorous Mode = "rigorous"
	ModeAuto     Mode = "auto"
)

// Effective gives the mode that events carry: creative or rigorous.
func (m Mode) Effective() Mode {
	if m == ModeRigorous {
		return ModeRigorous
	}
	return ModeCreative
}

// Status is where a discovery stands.
type Status string

// The statuses.
const (
	StatusQueued          Status = "queued"
	StatusRunning         Status = "running"
	StatusPaused          Status = "paused"
	StatusNeedsAttention  Status = "needs_attention" // Reason: failure | approval | question
	StatusCompleted       Status = "completed"
	StatusCancelled       Status = "cancelled"
	StatusBudgetExhausted Status = "budget_exhausted"
	StatusDeclined        Status = "declined"
	StatusFailed          Status = "failed"
)

// Closed reports whether the status is final.
func (s Status) Closed() bool {
	switch s {
	case StatusCompleted, StatusCancelled, StatusBudgetExhausted, StatusDeclined, StatusFailed:
		return true
	}
	return false
}

// Budget limits a discovery. Zero means no limit of that kind.
type Budget struct {
	WallS     float64  `json:"wall_s"`
	Tokens    int64    `json:"tokens"`
	ToolCalls int      `json:"tool_calls"`
	Cost      *float64 `json:"cost"`
}

// Usage is what was spent.
type Usage = event.Usage

// DefaultBudget gives the limits of a mode when the request names none.
func DefaultBudget(m Mode) Budget {
	if m == ModeRigorous {
		return Budget{WallS: 4 * 3600, Tokens: 2_000_000, ToolCalls: 200}
	}
	return Budget{WallS: 3600, Tokens: 500_000, ToolCalls: 60}
}

// Again gives the limits of another go: those asked for, else those before; a
// limit that is spent is granted once more. Wall time begins anew.
func (d Discovery) Again(asked *Budget) Budget {
	b := d.Budget
	if b.Tokens > 0 && d.Usage.TokensIn+d.Usage.TokensOut >= b.Tokens {
		b.Tokens = d.Usage.TokensIn + d.Usage.TokensOut + d.Budget.Tokens
	}
	if b.ToolCalls > 0 && d.Status == StatusBudgetExhausted {
		b.ToolCalls += d.Usage.ToolCalls
	}
	if b.Cost != nil && d.Usage.Cost != nil && *d.Usage.Cost >= *b.Cost {
		more := *d.Usage.Cost + *b.Cost
		b.Cost = &more
	}
	return b.With(asked)
}

// With gives the limits changed by those that are asked for; zero changes none.
func (b Budget) With(asked *Budget) Budget {
	if asked == nil {
		return b
	}
	if asked.WallS > 0 {
		b.WallS = asked.WallS
	}
	if asked.Tokens > 0 {
		b.Tokens = asked.Tokens
	}
	if asked.ToolCalls > 0 {
		b.ToolCalls = asked.ToolCalls
	}
	if asked.Cost != nil {
		b.Cost = asked.Cost
	}
	return b
}

// Agent is who reasons, with the hash of the prompt it was given.
type Agent struct {
	llm.Identity
	PromptSHA256 string `json:"prompt_sha256"`
}

// Discovery is the record of one request.
type Discovery struct {
	ID        string     `json:"id"`
	SessionID string     `json:"session_id"`
	UserID    string     `json:"-"`
	ParentID  string     `json:"parent_id,omitempty"`
	RequestID string     `json:"request_id"`
	Query     string     `json:"query"`
	Mode      Mode       `json:"mode"`
	Status    Status     `json:"status"`
	Reason    string     `json:"reason,omitempty"`
	Details   string     `json:"details,omitempty"`
	Budget    Budget     `json:"budget"`
	Usage     Usage      `json:"usage"`
	Agent     Agent      `json:"agent"`
	CreatedAt time.Time  `json:"created_at"`
	StartedAt *time.Time `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`

	ForkTurn   *int       `json:"fork_turn,omitempty"` // of a fork: the parent's turn it goes on from
	Retries    int        `json:"retries,omitempty"`   // how often it was opened again
	ReopenedAt *time.Time `json:"-"`
	Paused     bool       `json:"-"`
	Deadline   *time.Time `json:"-"` // when the wall limit ends, as the run last said
}

// Request is what a user asks for. SessionID "" opens a new session; RequestID
// deduplicates: the same one twice gives the same discovery.
type Request struct {
	UserID    string `json:"-"`
	RequestID string `json:"request_id,omitempty"`
	SessionID string `json:"session_id,omitempty"`
	Query     string `json:"query"`
	Mode      Mode   `json:"mode,omitempty"`
	Budget    Budget `json:"budget"`
}

// Normalize checks a request, fills its defaults and names what is wrong.
func (r Request) Normalize() (Request, error) {
	r.Query = strings.TrimSpace(r.Query)
	switch {
	case r.Query == "":
		return r, fault.Invalid("query", "is empty").WithHint(`ask for a material, for example "What is the crystal structure of NaCl?"`)
	case len(r.Query) > MaxQuery:
		return r, fault.Invalid("query", "is %d bytes long; at most %d are accepted", len(r.Query), MaxQuery).
			WithHint("put long data in a file and ask about it in a sentence")
	case !utf8.ValidString(r.Query) || strings.ContainsRune(r.Query, 0):
		return r, fault.Invalid("query", "is not valid UTF-8 text")
	}
	if r.Mode == "" {
		r.Mode = ModeAuto
	}
	if r.Mode != ModeCreative && r.Mode != ModeRigorous && r.Mode != ModeAuto {
		return r, fault.Invalid("mode", "%q is unknown", string(r.Mode)).WithHint("use creative, rigorous or auto")
	}
	if r.Budget.WallS < 0 || r.Budget.Tokens < 0 || r.Budget.ToolCalls < 0 || (r.Budget.Cost != nil && *r.Budget.Cost < 0) {
		return r, fault.Invalid("budget", "has a negative limit").WithHint("leave a limit out for the default of the mode")
	}
	def := DefaultBudget(r.Mode)
	if r.Budget.WallS == 0 {
		r.Budget.WallS = def.WallS
	}
	if r.Budget.Tokens == 0 {
		r.Budget.Tokens = def.Tokens
	}
	if r.Budget.ToolCalls == 0 {
		r.Budget.ToolCalls = def.ToolCalls
	}
	return r, nil
}
