// Package value is a number a tool returned, and the only way a number gets
// into a report.
package value

// Potential names the machine-learned potential that computed a number.
type Potential struct {
	Name             string `json:"name"`
	Version          string `json:"version"`
	CheckpointSHA256 string `json:"checkpoint_sha256"`
	Device           string `json:"device"`
	EnergyLevel      string `json:"energy_level"`
}

// Value is one number (or truth value) with everything needed to trust it.
// Exactly one of Number and Bool is set.
type Value struct {
	Key         string     `json:"key"`  // [<discovery>/]<call_id>.<path>
	Name        string     `json:"name"` // canonical: energy_per_atom, lattice_a, ...
	Number      *float64   `json:"-"`    // stored and rendered beside the rest: number or truth value
	Bool        *bool      `json:"-"`
	Unit        string     `json:"unit"`
	CallID      string     `json:"call_id"`
	Tool        string     `json:"tool"`
	Field       string     `json:"field"` // path in the result
	Potential   *Potential `json:"potential"`
	StructureID string     `json:"structure_id"`
	Formula     string     `json:"formula"`
	Converged   *bool      `json:"converged"`
	Expression  string     `json:"expression"` // of a derived value
	Inputs      []string   `json:"inputs"`     // value keys or structure ids
	// Origin is the key under which an earlier discovery computed it, when this
	// one reused the call: [<discovery>/]<call_id>.<path>.
	Origin string `json:"origin,omitempty"`
}
