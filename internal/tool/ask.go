package tool

import (
	"context"
	"encoding/json"
)

// Asker puts a quick question to a tool outside of any discovery, for pages
// that show what there is.
type Asker interface {
	// Potentials gives what list_models of the potential server answers;
	// fault.CodeUnavailable when it does not.
	Potentials(ctx context.Context) (json.RawMessage, error)
}
