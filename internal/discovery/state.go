package discovery

import "time"

// RunState is where a run stands, for its user's controls.
type RunState struct {
	Status   Status     `json:"status"`
	Reason   string     `json:"reason,omitempty"`
	Details  string     `json:"details,omitempty"`
	Paused   bool       `json:"paused"`
	Turn     int        `json:"turn"`
	Usage    Usage      `json:"usage"`
	Budget   Budget     `json:"budget"`
	Deadline *time.Time `json:"deadline"` // when the wall limit ends; null without one or while it does not count
	Pending  []Pending  `json:"pending"`
	Running  []string   `json:"running"` // the calls that cancel_step takes
	Steering int        `json:"steering"`
}

// Pending is something a run waits for its user to decide.
type Pending struct {
	Kind    string     `json:"kind"` // failure | approval | question
	ID      string     `json:"id"`   // the step, call or question
	Tool    string     `json:"tool,omitempty"`
	Text    string     `json:"text"`
	Options []string   `json:"options"` // what may be decided
	Default string     `json:"default,omitempty"`
	Since   time.Time  `json:"since"`
	Until   *time.Time `json:"until"` // when it is decided without the user
}

// StateOf gives the state of a discovery whose run cannot be asked: what its
// record says.
func StateOf(d Discovery) RunState {
	return RunState{Status: d.Status, Reason: d.Reason, Details: d.Details, Paused: d.Status == StatusPaused,
		Usage: d.Usage, Budget: d.Budget, Pending: []Pending{}, Running: []string{}}
}
