// Package structure is a crystal: its canonical JSON as the Python servers
// write it, and who may see it. Ids are computed in Python only.
package structure

import (
	"context"
	"encoding/json"
	"regexp"
)

// IDPattern is the form of a structure id.
var IDPattern = regexp.MustCompile(`^st_[0-9a-f]{26}$`)

var idInText = regexp.MustCompile(`\bst_[0-9a-f]{26}\b`)

// FindIDs gives the distinct structure ids that occur in a JSON text, in order.
func FindIDs(text []byte) []string {
	seen := map[string]bool{}
	ids := []string{}
	for _, m := range idInText.FindAllString(string(text), -1) {
		if !seen[m] {
			seen[m] = true
			ids = append(ids, m)
		}
	}
	return ids
}

// Structure is a crystal as one call has it. The cell is shared by all that
// address it by its content; where it comes from is what its call says, for
// another discovery may have come to the same cell another way.
type Structure struct {
	ID         string       `json:"structure_id"`
	Formula    string       `json:"formula"` // reduced
	Species    []string     `json:"species"`
	Lattice    [][3]float64 `json:"lattice"` // three vectors, angstrom
	FracCoords [][3]float64 `json:"frac_coords"`
	Origin     string       `json:"origin"` // prototype|pyxtal|chemeleon|relaxed|input|reference
	ParentID   string       `json:"parent_id,omitempty"`
	Label      string       `json:"label,omitempty"`
	CreatedBy  string       `json:"created_by,omitempty"` // the tool
	CIF        string       `json:"cif"`
	// SpaceGroup is the symmetry as the call says it, with its tolerance.
	SpaceGroup json.RawMessage `json:"space_group,omitempty"`
	// Body is the cell with its annotations, and with the record where it was read
	// from a store.
	Body json.RawMessage `json:"-"`
}

// Record gives what the call says of the crystal, as it is kept beside the call:
// every field is named, so that it stands instead of another's.
func (s Structure) Record() (json.RawMessage, error) {
	return json.Marshal(struct {
		Origin     string          `json:"origin"`
		ParentID   *string         `json:"parent_id"`
		Label      *string         `json:"label"`
		CreatedBy  string          `json:"created_by"`
		SpaceGroup json.RawMessage `json:"space_group"`
	}{s.Origin, said(s.ParentID), said(s.Label), s.CreatedBy, s.SpaceGroup})
}

// Relaxed reports whether a relaxation gave the atoms, as far as the record says.
func (s Structure) Relaxed() bool { return s.Origin == "relaxed" || s.Origin == "reference" }

func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Use says who made a structure and who may see it.
type Use struct {
	UserID      string
	DiscoveryID string
	CallID      string
	StructureID string
}

// Store keeps structures and answers only to those who may see them.
type Store interface {
	// Get gives a structure the user may see, else fault.CodeNotFound. It is told
	// as the discovery has it; where that has not made it or is "", as another
	// discovery of its session, the user's own file or the user's first discovery
	// has it. The body names whose word it is.
	Get(ctx context.Context, userID, discoveryID, structureID string) (Structure, error)
	// Relaxed reports whether a call of the user, or of the discovery where it is
	// named, had the structure from a relaxation.
	Relaxed(ctx context.Context, userID, discoveryID, structureID string) (bool, error)
	// Records gives what is said of those of the structures that the user may see,
	// told as by Get.
	Records(ctx context.Context, userID, discoveryID string, ids []string) (map[string]json.RawMessage, error)
}
