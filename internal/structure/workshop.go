package structure

import (
	"context"
	"encoding/json"
)

// Formats are what a structure can be read from and written to; "auto" is for
// reading only.
var Formats = []string{"cif", "poscar", "xyz", "json"}

// Upload is a structure file as a user gives it.
type Upload struct {
	UserID    string
	RequestID string // deduplicates
	Name      string // the file's name; "" when it has none
	Format    string // one of Formats, or auto
	Text      string
}

// Workshop reads and writes structure files with the tools that know how.
// Chemistry parsing is never ours. A tool's refusal is fault.CodeInvalid that
// names the field; a tool that does not answer is fault.CodeUnavailable.
type Workshop interface {
	// Parse reads a file, stores its structure for the user and gives the
	// reference the tool returned: structure_id, formula, n_atoms, ...
	Parse(ctx context.Context, u Upload) (json.RawMessage, error)
	// Convert writes a structure the user may see, as the discovery has it, and
	// gives the path of the file among the artifacts.
	Convert(ctx context.Context, userID, discoveryID, structureID, format string) (path string, err error)
}

// Uploads stores what users brought themselves.
type Uploads interface {
	// Keep stores an uploaded structure for its user.
	Keep(ctx context.Context, userID, name, format string, s Structure) error
}
