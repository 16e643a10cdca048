package activities

import (
	"time"

	"crystalyse/internal/discovery"
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
)

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

// Place says where a turn stands; the hook opens the step with it.
func (in TurnInput) Place() Place {
	return Place{DiscoveryID: in.DiscoveryID, Gen: in.Gen, Step: in.Step}
}

// Place says where a call stands.
func (in CallInput) Place() Place {
	return Place{DiscoveryID: in.DiscoveryID, Gen: in.Gen, Step: in.Step}
}
