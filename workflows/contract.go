// Package workflows says WHAT happens in a discovery, in order. Everything here
// is deterministic: it is replayed from history after every restart. HOW each
// step touches the world is in package activities.
//
// History carries ids, digests and decisions only; texts, arguments and results
// live in PostgreSQL and are loaded by the activities.
package workflows

import (
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// Task queues.
const (
	QueueDiscovery = "discovery" // workflows
	QueueLLM       = "llm"
	QueueTools     = "tools"
)

// Names on the wire of the engine. They are part of recorded histories: never
// change one, add a new one beside it.
const (
	Discovery = "Discovery"

	ActivityBegin    = "Begin"
	ActivityLLMTurn  = "LLMTurn"
	ActivityCallTool = "CallTool"
	ActivitySkipTool = "SkipTool"
	ActivityAnnounce = "Announce"
	ActivityFinish   = "Finish"

	SignalNudge     = "nudge" // look again: the session may be yours now
	UpdateRetryStep = string(discovery.UpdateRetryStep)
	UpdateSkipStep  = string(discovery.UpdateSkipStep)
	UpdateFinishNow = string(discovery.UpdateFinishNow)
	QueryState      = "state"
)

// Input starts a discovery, or carries it on in a new run.
type Input struct {
	DiscoveryID string
	Carry       *State
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
}

// Result is how a discovery ended. A spent budget and a user's stop are results.
type Result struct {
	Status   discovery.Status
	ReportID string
	Usage    discovery.Usage
}

// BeginInput asks for the session and writes the opening of the transcript.
type BeginInput struct{ DiscoveryID string }

// BeginResult is ready when the discovery has its session.
type BeginResult struct {
	Ready     bool
	Head      string
	Mode      discovery.Mode
	Budget    discovery.Budget
	UserID    string
	SessionID string
	Query     string // first 80 characters, for the operator's eyes
}

// TurnInput asks for one language-model turn. It and CallInput carry their
// place, so that hooks can name it without knowing the activity.
type TurnInput struct {
	DiscoveryID string
	Gen         int
	Turn        int
	Step        string
	Head        string // transcript before the results of the previous turn
	PrevGen     int    // generation of the previous turn's step; its calls are appended
	Usage       discovery.Usage
	Budget      discovery.Budget
}

// TurnResult is what the workflow must know of a turn to go on.
type TurnResult struct {
	Head         string
	FinishReason string
	Calls        []CallRef
	TokensIn     int64
	TokensOut    int64
}

// CallRef is a planned call without its arguments.
type CallRef struct {
	CallID  string
	Tool    string
	Server  string
	Long    bool
	Summary string // one line for the operator: "relax_structure NaCl"
}

// CallInput asks for one tool call.
type CallInput struct {
	DiscoveryID string
	Gen         int
	TurnGen     int // generation of the turn that planned it
	Turn        int
	Step        string // the call id
	Branch      int
	Deadline    time.Time
	Reason      string // of a skip
}

// CallResult is what the workflow must know of a call.
type CallResult struct {
	Status tool.Status
	Cached bool
}

// AnnounceInput records a status outside of steps.
type AnnounceInput struct {
	DiscoveryID string
	Gen         int
	Counter     int
	Status      discovery.Status
	Reason      string
	Details     string
	FromStep    string
	Failure     *tool.Error
	Usage       discovery.Usage
}

// FinishInput closes a discovery.
type FinishInput struct {
	DiscoveryID string
	Gen         int
	Status      discovery.Status // "" lets the answer decide: completed or declined
	Details     string
	Head        string
	Usage       discovery.Usage
}

// FinishResult names what waits next in the session.
type FinishResult struct {
	Status   discovery.Status
	ReportID string
	Next     string
}
