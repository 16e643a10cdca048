// Package event is what a viewer sees of a discovery: the envelope, every type
// with its payload, the ids, and the ports that store and read them.
//
// The story of an event: a hook around an activity makes it with a Scope, the
// store gives it its ord (gap-free within a session) in the transaction that
// also stores what it reports, and readers follow by ord. Durable types live in
// PostgreSQL; live-only types are lost with the connection and may be.
package event

import (
	"encoding/json"
	"fmt"
	"time"
)

// Type names what happened; the plan's names.
type Type string

// AgentName is the agent_name of every event of ours.
const AgentName = "CrystaLyse"

// Event is the envelope on every wire. Data holds one of the payloads of All.
type Event struct {
	ID        string          `json:"id"`
	Timestamp float64         `json:"timestamp"` // seconds since 1970, UTC
	Type      Type            `json:"type"`
	AgentName string          `json:"agent_name"`
	Mode      string          `json:"mode"` // the effective mode: creative or rigorous
	Data      json.RawMessage `json:"data"`
	Metadata  Metadata        `json:"metadata"`
}

// Metadata says where an event belongs. Ord is its place in the session's
// durable log; Epoch and Seq are set only on delivery through the relay.
type Metadata struct {
	SessionID   string `json:"session_id"`
	DiscoveryID string `json:"discovery_id,omitempty"`
	Step        string `json:"step,omitempty"`
	Attempt     int    `json:"attempt,omitempty"`
	Ord         int64  `json:"ord,omitempty"`
	Epoch       string `json:"epoch,omitempty"`
	Seq         int64  `json:"seq,omitempty"`
}

// Payload is implemented by every payload struct of this package, and by no
// other type, so that an event can only be made with data its type declares.
type Payload interface{ EventType() Type }

// Scope is where events are made: one attempt of one step, or one announcement
// outside of steps. It is not safe for concurrent use; Recorder adds the lock.
type Scope struct {
	SessionID   string
	DiscoveryID string
	UserID      string
	Mode        string
	Gen         int    // counts resets and retried steps
	Step        string // "t3.tool2"; "w/<request id>" outside of steps
	Attempt     int
	Scheduled   int64 // by the engine, in nanoseconds; orders what has the same number; 0 if it is not known
	Now         func() time.Time

	n int
}

// New makes the next event of the scope. The id is the same for the same
// (attempt, n) however often the attempt publishes it, so that a repeated write
// is recognized.
func (s *Scope) New(p Payload) (Event, error) {
	data, err := json.Marshal(filled(p))
	if err != nil {
		return Event{}, fmt.Errorf("event %s: encode data: %w", p.EventType(), err)
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	subject := s.DiscoveryID
	if subject == "" {
		subject = s.SessionID
	}
	e := Event{
		ID:        ID{Subject: subject, Gen: s.Gen, Step: s.Step, Attempt: s.Attempt, N: s.n}.String(),
		Timestamp: float64(now().UnixMicro()) / 1e6,
		Type:      p.EventType(),
		AgentName: AgentName,
		Mode:      s.Mode,
		Data:      data,
		Metadata:  Metadata{SessionID: s.SessionID, DiscoveryID: s.DiscoveryID, Attempt: s.Attempt},
	}
	if !IsOutside(s.Step) {
		e.Metadata.Step = s.Step
	}
	s.n++
	return e, nil
}
