package activities

import (
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// Names of the activities. They are part of recorded histories: never change
// one, add a new one beside it.
const (
	NameBegin    = "Begin"
	NameLLMTurn  = "LLMTurn"
	NameCallTool = "CallTool"
	NameSkipTool = "SkipTool"
	NameAnnounce = "Announce"
	NameFinish   = "Finish"

	NameParseStructure   = "ParseStructure"
	NameConvertStructure = "ConvertStructure"
	NameListPotentials   = "ListPotentials"

	NameSettle   = "Settle"
	NameAskUser  = "AskUser"
	NameRemember = "Remember"

	NameNotify           = "Notify"
	NameOpenCandidates   = "OpenCandidates"
	NameSettleCandidates = "SettleCandidates"
)

// BeginInput asks for the session and writes the opening of the transcript.
type BeginInput struct {
	DiscoveryID string
	Resume      bool // find where a reopened discovery goes on
	Continued   bool `json:",omitempty"` // a run goes on as a new one: the transcript is open
}

// BeginResult is ready when the discovery has its session.
type BeginResult struct {
	Ready     bool
	Head      string
	Mode      discovery.Mode
	Budget    discovery.Budget
	UserID    string
	SessionID string
	Query     string // not filled any more: the engine keeps what it is given after a user had it forgotten
	Policy    discovery.Policy
	Turn      int // turns that are done already: those a fork or a retry goes on from
	Forked    bool
	Resume    *ResumePoint
	Notify    bool   // somebody wants to be told of the end
	LongQueue string // where long calls run; "" is where all run

	FanOuts []FanOut `json:",omitempty"` // those of the turns that are done already
}

// FanOut is a call that fanned out, with the numbers of its candidates: from
// Base+1 on.
type FanOut struct {
	Call        string
	Base, Count int
}

// ResumePoint is where a reopened discovery goes on.
type ResumePoint struct {
	Gen      int // the new generation
	PrevGen  int // of the last turn
	Head     string
	Open     []CallRef // the calls of the last turn; those done are found by their key
	Answered bool      // the last turn is the answer; only the report is missing
	Usage    discovery.Usage
}

// Note is an instruction of the user that the model reads before its next turn.
type Note struct{ ID, Text string }

// NoResults as PrevGen says that the transcript has the results already.
const NoResults = -1

// TurnInput asks for one language-model turn. It and CallInput carry their
// place, so that hooks can name it without knowing the activity.
type TurnInput struct {
	DiscoveryID string
	Gen         int
	Turn        int
	Step        string
	Head        string // transcript before the results of the previous turn
	PrevGen     int    // generation of the previous turn's step, whose calls are appended; NoResults: none are
	Notes       []Note `json:",omitempty"`
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

	EstimateS float64 `json:",omitempty"` // a guess of its wall time, for the policy
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
	Reason      string        // of a skip
	Candidate   *CandidateRef `json:",omitempty"`
	// Settles says that the run itself gives a call that it stops its outcome:
	// only the run knows whether the call is given up or made again after a pause.
	// Calls of older shapes record that they were cancelled themselves.
	Settles bool `json:",omitempty"`
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

	Notice   string            `json:",omitempty"` // reason of the event alone: steered, budget, decided
	Approval *ApprovalAsk      `json:",omitempty"`
	Question *event.Question   `json:",omitempty"`
	Budget   *discovery.Budget `json:",omitempty"`
	Deadline time.Time
	Paused   bool `json:",omitempty"`
}

// ApprovalAsk names the call that waits for the user; its arguments are read
// from its turn.
type ApprovalAsk struct {
	CallID  string
	Turn    int
	TurnGen int
	Why     string
}

// SettleInput gives a call an outcome that no tool gave.
type SettleInput struct {
	CallInput
	Status tool.Status
	Answer *Answer     `json:",omitempty"`
	Error  *tool.Error `json:",omitempty"`
}

// Answer is the result of a question.
type Answer struct {
	Question   string `json:"question"`
	Answer     string `json:"answer"`
	AnsweredBy string `json:"answered_by"` // user, or default and why
}

// Asked is a question as the model asks it. Done says that there is nothing to
// wait for: it is answered already, or it was no question.
type Asked struct {
	Done     bool
	Text     string
	Options  []string
	Default  string
	TimeoutS float64
}

// RememberInput keeps a decision for the rest of the session.
type RememberInput struct {
	DiscoveryID string
	Decision    discovery.Remembered
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
	Usage    discovery.Usage // as the report has it, wall time included
}

// Place says where a turn stands; the hook opens the step with it.
func (in TurnInput) Place() Place {
	return Place{DiscoveryID: in.DiscoveryID, Gen: in.Gen, Step: in.Step}
}

// Place says where a call stands.
func (in CallInput) Place() Place {
	return Place{DiscoveryID: in.DiscoveryID, Gen: in.Gen, Step: in.Step}
}

// Place says where a call stands that gets its outcome from the run: in an
// attempt of its own.
func (in SettleInput) Place() Place {
	p := in.CallInput.Place()
	p.After = "its outcome is recorded"
	return p
}
