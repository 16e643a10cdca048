// Package report is the answer of a discovery: one object in which every number
// links to the tool call that computed it, and its rendering for people.
package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// Report is the contract people script against (`discover --json`).
type Report struct {
	DiscoveryID string           `json:"discovery_id"`
	SessionID   string           `json:"session_id"`
	ParentID    string           `json:"parent_id"`
	Query       string           `json:"query"`
	Mode        discovery.Mode   `json:"mode"`
	Status      discovery.Status `json:"status"`
	Details     string           `json:"details,omitempty"`
	Agent       discovery.Agent  `json:"agent"`
	Assumptions []string         `json:"assumptions"`
	StartedAt   *time.Time       `json:"started_at"`
	EndedAt     time.Time        `json:"ended_at"`

	Compositions []Composition   `json:"compositions"`
	Summary      string          `json:"summary"`                 // markdown, rendered
	SummaryCited string          `json:"summary_cited,omitempty"` // the same with each sourced number as its citation
	Values       []Number        `json:"values"`
	Structures   []Structure     `json:"structures"`
	Candidates   []Candidate     `json:"candidates"`
	Validation   Validation      `json:"validation"`
	Calls        []Call          `json:"calls"`
	MemoriesUsed []string        `json:"memories_used"`
	Usage        discovery.Usage `json:"usage"`
}

// Composition is the verdict of a validity check.
type Composition struct {
	Formula         string         `json:"formula"`
	Valid           *bool          `json:"valid"`
	Applicable      bool           `json:"applicable"`
	OxidationStates map[string]any `json:"oxidation_states"`
	Assignment      string         `json:"assignment,omitempty"`
	MixedValence    bool           `json:"mixed_valence"`
	Reason          string         `json:"reason,omitempty"`
	CallID          string         `json:"call_id"`
}

// Number is a value as reported; Value is a number or a truth value.
type Number struct {
	value.Value
	V any `json:"value"`
}

// Lattice is a cell: lengths in angstrom, angles in degrees, volume in cubic
// angstrom.
type Lattice struct {
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	C      float64 `json:"c"`
	Alpha  float64 `json:"alpha"`
	Beta   float64 `json:"beta"`
	Gamma  float64 `json:"gamma"`
	Volume float64 `json:"volume"`
}

// SpaceGroup is a symmetry with its tolerance in angstrom.
type SpaceGroup struct {
	Symbol  string  `json:"symbol"`
	Number  int     `json:"number"`
	Symprec float64 `json:"symprec"`
}

// Conventional is the conventional standard cell.
type Conventional struct {
	Lattice Lattice `json:"lattice"`
	NAtoms  int     `json:"n_atoms"`
}

// Structure is a crystal that the discovery made.
type Structure struct {
	ID           string        `json:"id"`
	Formula      string        `json:"formula"`
	NAtoms       int           `json:"n_atoms"`
	Lattice      Lattice       `json:"lattice"`
	Conventional *Conventional `json:"conventional"`
	SpaceGroup   *SpaceGroup   `json:"space_group"`
	Origin       string        `json:"origin"`
	Label        string        `json:"label,omitempty"`
	ParentID     string        `json:"parent_id"`
}

// Candidate is a composition under study with the best of its structures. The
// hull fields stay null until a hull was computed.
type Candidate struct {
	Formula                string   `json:"formula"`
	StructureIDs           []string `json:"structure_ids"`
	Tried                  int      `json:"tried"`
	BestStructureID        string   `json:"best_structure_id"`
	EnergyPerAtom          *float64 `json:"energy_per_atom"`
	FormationEnergyPerAtom *float64 `json:"formation_energy_per_atom"`
	EnergyAboveHullPerAtom *float64 `json:"energy_above_hull_per_atom"`
	Decomposition          []string `json:"decomposition"`
	Verdict                string   `json:"verdict"`
	Threshold              *float64 `json:"threshold"`
	ModelError             *float64 `json:"model_error"`
	Hull                   *Hull    `json:"hull"`
}

// Hull says which phases a verdict is relative to.
type Hull struct {
	Kind        string      `json:"kind"`
	System      string      `json:"system"`
	Entries     int         `json:"entries"`
	Date        string      `json:"date"`
	EnergyLevel string      `json:"energy_level"`
	Competing   []Competing `json:"competing"`
	Missing     []string    `json:"missing"`
	CallID      string      `json:"call_id"`
}

// Competing is a phase of a hull.
type Competing struct {
	Formula                string  `json:"formula"`
	Phase                  string  `json:"phase"`
	StructureID            string  `json:"structure_id"`
	Kind                   string  `json:"kind"`
	Source                 string  `json:"source"`
	FormationEnergyPerAtom float64 `json:"formation_energy_per_atom"`
	OnHull                 bool    `json:"on_hull"`
}

// Validation is the provenance check of the summary.
type Validation struct {
	ValuesTotal    int      `json:"values_total"`
	ValuesResolved int      `json:"values_resolved"`
	Unsourced      []string `json:"unsourced"`
}

// Call is a tool call as reported.
type Call struct {
	ID              string          `json:"id"`
	Tool            string          `json:"tool"`
	Server          string          `json:"server"`
	ToolVersion     string          `json:"tool_version"`
	Arguments       json.RawMessage `json:"arguments"`
	Status          tool.Status     `json:"status"`
	Error           *tool.Error     `json:"error,omitempty"`
	Attempts        int             `json:"attempts"`
	ResumedFromStep *int            `json:"resumed_from_step"`
	ReusedFrom      string          `json:"reused_from,omitempty"` // <discovery>/<call_id> that computed it
	StartedAt       time.Time       `json:"started_at"`
	DurationS       float64         `json:"duration_s"`
}

// ID is the content address of a report.
func (r Report) ID() (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return "rep_" + hex.EncodeToString(sum[:])[:26], nil
}
