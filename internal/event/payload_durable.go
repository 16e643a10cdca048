package event

// SessionStart opens a session.
type SessionStart struct {
	Title string `json:"title"`
	Alias string `json:"alias,omitempty"`
}

// SessionEnd closes a session to new questions: its user ended it, or nothing
// happened in it for as long as the operator allows.
type SessionEnd struct {
	Reason string `json:"reason"` // user | idle
}

// ReasoningStart says that a language-model turn began. Speaker is the model's
// name, or the built-in planner's.
type ReasoningStart struct {
	Query    string `json:"query,omitempty"` // the user's words, on the first turn
	Turn     int    `json:"turn"`
	Speaker  string `json:"speaker"`
	Provider string `json:"provider"`
}

// ReasoningEnd carries the full text of the turn; updates before it were only
// its live form.
type ReasoningEnd struct {
	Turn         int        `json:"turn"`
	Text         string     `json:"text"`
	FinishReason string     `json:"finish_reason"`
	ToolCalls    []ToolPlan `json:"tool_calls"`
	Usage        Usage      `json:"usage"`
}

// ToolPlan is a tool call the model asked for, before it runs.
type ToolPlan struct {
	CallID string `json:"call_id"`
	Tool   string `json:"tool"`
}

// Usage is what one step spent, or a discovery so far.
type Usage struct {
	TokensIn  int64    `json:"tokens_in"`
	TokensOut int64    `json:"tokens_out"`
	ToolCalls int      `json:"tool_calls"`
	WallS     float64  `json:"wall_s"`
	Cost      *float64 `json:"cost"` // null without a price
}

// ToolCallStart says that a tool is being called.
type ToolCallStart struct {
	CallID    string         `json:"call_id"`
	Tool      string         `json:"tool"`
	Server    string         `json:"server"`
	Arguments map[string]any `json:"arguments"`
	Waiting   string         `json:"waiting,omitempty"` // what it waits for before it can run
}

// ToolCallResult carries the outcome of a call. Result is the typed result, or
// absent when ResultRef names the artifact that holds a large one.
type ToolCallResult struct {
	CallID          string         `json:"call_id"`
	Tool            string         `json:"tool"`
	Server          string         `json:"server"`
	Status          string         `json:"status"` // ok | tool_error | failed | cancelled
	Result          map[string]any `json:"result,omitempty"`
	ResultRef       string         `json:"result_ref,omitempty"`
	Error           *Failure       `json:"error,omitempty"`
	DurationS       float64        `json:"duration_s"`
	Cached          bool           `json:"cached,omitempty"`
	ReusedFrom      string         `json:"reused_from,omitempty"` // <discovery>/<call_id> that computed it
	ResumedFromStep *int           `json:"resumed_from_step,omitempty"`
}

// Failure is a typed error with what may help.
type Failure struct {
	Code        string   `json:"code"`
	Message     string   `json:"message"`
	Field       string   `json:"field,omitempty"`
	Suggestions []string `json:"suggestions"`
}

// TaskStart opens a phase or fan-out with a count.
type TaskStart struct {
	TaskID     string `json:"task_id"`
	TaskType   string `json:"task_type"` // screening | structure_search | relaxation | waiting | tool
	TotalSteps int    `json:"total_steps"`
	Details    string `json:"details"`
}

// TaskEnd closes it.
type TaskEnd struct {
	TaskID         string `json:"task_id"`
	TaskType       string `json:"task_type"`
	TotalSteps     int    `json:"total_steps"`
	CompletedSteps int    `json:"completed_steps"`
	Status         string `json:"status"` // completed | failed | cancelled
	Details        string `json:"details"`
}

// MemoryWrite says that a memory was stored. Memories are named by id in events;
// content is joined in at delivery, so that forgetting reaches every log.
type MemoryWrite struct {
	MemoryID   string `json:"memory_id"`
	MemoryType string `json:"memory_type"` // working | short_term | long_term
	Content    string `json:"content,omitempty"`
}

// MemoryRead says that a memory was used.
type MemoryRead struct {
	MemoryID string `json:"memory_id"`
}

// MemorySearch says what was looked for and what was found.
type MemorySearch struct {
	Query     string   `json:"query"`
	MemoryIDs []string `json:"memory_ids"`
}

// MemoryConsolidate says that memories were merged into one.
type MemoryConsolidate struct {
	MemoryID  string   `json:"memory_id"`
	MergedIDs []string `json:"merged_ids"`
}

// StructureGenerated announces a structure that a call made.
type StructureGenerated struct {
	StructureID string      `json:"structure_id"`
	CallID      string      `json:"call_id"`
	Formula     string      `json:"formula"`
	NAtoms      int         `json:"n_atoms"`
	Origin      string      `json:"origin"`
	ParentID    string      `json:"parent_id,omitempty"`
	Label       string      `json:"label,omitempty"`
	SpaceGroup  *SpaceGroup `json:"space_group"`
}

// SpaceGroup is a symmetry with the tolerance it was found at.
type SpaceGroup struct {
	Symbol  string  `json:"symbol"`
	Number  int     `json:"number"`
	Symprec float64 `json:"symprec"` // angstrom
}

// EnergyCalculated announces an energy, with the potential it belongs to.
type EnergyCalculated struct {
	Key         string  `json:"key"`  // value key
	Name        string  `json:"name"` // energy_per_atom, formation_energy_per_atom, ...
	Value       float64 `json:"value"`
	Unit        string  `json:"unit"`
	StructureID string  `json:"structure_id,omitempty"`
	Formula     string  `json:"formula,omitempty"`
	Potential   string  `json:"potential"`
	Converged   *bool   `json:"converged"`
}

// ValidationComplete gives the provenance check of the final answer.
type ValidationComplete struct {
	ValuesTotal    int      `json:"values_total"`
	ValuesResolved int      `json:"values_resolved"`
	Unsourced      []string `json:"unsourced"`
}

// DiscoveryStatus announces a change of status. Gen and FromStep tell the fold
// to drop older generations from that step on.
type DiscoveryStatus struct {
	Status   string   `json:"status"`
	Reason   string   `json:"reason,omitempty"` // needs_attention: failure | approval | question
	Details  string   `json:"details,omitempty"`
	Gen      int      `json:"gen"`
	FromStep string   `json:"from_step,omitempty"`
	Failure  *Failure `json:"failure,omitempty"`
}

// DiscoveryComplete closes a discovery, whatever its status; a discovery that is
// tried again (a queued discovery_status) has another one at its next end.
type DiscoveryComplete struct {
	Status   string `json:"status"`
	ReportID string `json:"report_id"`
	Summary  string `json:"summary"`
	Usage    Usage  `json:"usage"`
}

// DiscoveryDeleted says that its user deleted a discovery: viewers drop it. Its
// earlier events become this one too, so that the session's log has no hole.
type DiscoveryDeleted struct {
	DiscoveryID string `json:"discovery_id"`
}

// ApprovalRequest asks the user to allow a call.
type ApprovalRequest struct {
	CallID    string         `json:"call_id"`
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Why       string         `json:"why"`
}

// Question asks the user something that changes the work.
type Question struct {
	QuestionID string   `json:"question_id"`
	Text       string   `json:"text"`
	Options    []string `json:"options"`
	Default    string   `json:"default"`
}

// AttemptSuperseded says that a newer attempt of the step has begun: viewers
// drop what the older ones showed.
type AttemptSuperseded struct {
	Attempt int    `json:"attempt"` // the attempt that is over
	Reason  string `json:"reason"`
}

// ToolFailure is the type of an Error by which a tool said no. The call's result,
// which follows, has its code and field.
const ToolFailure = "tool_failure"

// Error is a failure the user should see, with ways on.
type Error struct {
	ErrorType           string   `json:"error_type"` // tool_failure, or the code of what broke
	ToolName            string   `json:"tool_name,omitempty"`
	Message             string   `json:"message"`
	RecoverySuggestions []string `json:"recovery_suggestions"`
}
