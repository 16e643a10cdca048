package event

// ReasoningUpdate is a piece of the text being written; Offset is its place in
// characters (Unicode code points), so that a viewer can tell a hole.
type ReasoningUpdate struct {
	Turn    int    `json:"turn"`
	Offset  int    `json:"offset"`
	Content string `json:"content"`
}

// ToolCallProgress is a running call's own report.
type ToolCallProgress struct {
	CallID   string             `json:"call_id"`
	Progress float64            `json:"progress"`
	Total    float64            `json:"total"`
	Message  string             `json:"message"`
	Details  map[string]float64 `json:"details"` // step, fmax, energy, member, ...
}

// TaskProgress is how far a task is.
type TaskProgress struct {
	TaskID         string  `json:"task_id"`
	CompletedSteps int     `json:"completed_steps"`
	TotalSteps     int     `json:"total_steps"`
	Progress       float64 `json:"progress"` // 0..1
	Details        string  `json:"details"`
}

// StructureUpdated is one frame of a running relaxation.
type StructureUpdated struct {
	StructureID string  `json:"structure_id"`
	CallID      string  `json:"call_id"`
	Frame       int     `json:"frame"`
	Energy      float64 `json:"energy_per_atom"` // eV/atom
	Fmax        float64 `json:"fmax"`            // eV/angstrom
	Compact     string  `json:"compact,omitempty"`
}

// UsageUpdate is what the discovery has spent so far.
type UsageUpdate struct {
	Usage Usage `json:"usage"`
}
