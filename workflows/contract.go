// Package workflows says WHAT happens in a discovery, in order. Everything here
// is deterministic: it is replayed from history after every restart. HOW each
// step touches the world is in package activities.
//
// History carries ids, digests and decisions only; texts, arguments and results
// live in PostgreSQL and are loaded by the activities.
package workflows

import (
	"time"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
)

// Task queues.
const (
	QueueDiscovery = "discovery" // workflows, and their steps that only write to the database
	QueueLLM       = "llm"
	QueueTools     = "tools"
	QueueToolsGPU  = "tools-gpu" // long calls, where workers with accelerators serve it
)

// Names on the wire of the engine. They are part of recorded histories: never
// change one, add a new one beside it.
const (
	Discovery = "Discovery"

	SignalNudge     = "nudge" // look again: the session may be yours now
	UpdateRetryStep = string(discovery.UpdateRetryStep)
	UpdateSkipStep  = string(discovery.UpdateSkipStep)
	UpdateFinishNow = string(discovery.UpdateFinishNow)
	QueryState      = "state"
	QueryRun        = "run" // discovery.RunState, for the user's controls
)

// Input starts a discovery, or carries it on in a new run.
type Input struct {
	DiscoveryID string
	Carry       *State
	Retry       int `json:",omitempty"` // counts the times the discovery was opened again
}

// State is everything a run knows; it crosses continue-as-new whole.
type State struct {
	Started  bool
	Gen      int // counts retried steps; part of event ids and activity ids
	Branch   int // changes only when the user asks to compute a step again from scratch
	Turn     int // the last turn begun
	PrevGen  int // generation of the last turn's step
	Reserved int // calls scheduled and not yet counted
	Head     string
	Counter  int // announcements made
	Deadline time.Time
	Budget   discovery.Budget
	Usage    discovery.Usage
	Status   discovery.Status
	Reason   string
	Details  string
	Mode     discovery.Mode

	Paused      bool                 `json:",omitempty"`
	PauseReason string               `json:",omitempty"`
	Notes       []activities.Note    `json:",omitempty"` // steering the model has not read yet
	Open        []activities.CallRef `json:",omitempty"` // calls of the last turn that are still to be made
	Answered    bool                 `json:",omitempty"` // the last turn is the answer
	Warned      []string             `json:",omitempty"` // limits of which 80 % was told
	Seen        []string             `json:",omitempty"` // the last request ids, newest last
	BeganAt     time.Time
	FanOuts     []activities.FanOut `json:",omitempty"`
	Policy      discovery.Policy
}

// Result is how a discovery ended. A spent budget and a user's stop are results.
type Result struct {
	Status   discovery.Status
	ReportID string
	Usage    discovery.Usage
}
