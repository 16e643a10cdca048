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

// Structure is the canonical record, as in the artifact folder.
type Structure struct {
	ID         string       `json:"structure_id"`
	Formula    string       `json:"formula"` // reduced
	Species    []string     `json:"species"`
	Lattice    [][3]float64 `json:"lattice"` // three vectors, angstrom
	FracCoords [][3]float64 `json:"frac_coords"`
	Origin     string       `json:"origin"` // prototype|pyxtal|chemeleon|relaxed|input|reference
	ParentID   string       `json:"parent_id,omitempty"`
	Label      string       `json:"label,omitempty"`
	CIF        string       `json:"cif"`
	// Body is the whole record as written, annotations included.
	Body json.RawMessage `json:"-"`
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
	// Get gives a structure the user may see, else fault.CodeNotFound.
	Get(ctx context.Context, userID, structureID string) (Structure, error)
	// Visible gives those of the ids that the user may see.
	Visible(ctx context.Context, userID string, ids []string) (map[string]bool, error)
}
