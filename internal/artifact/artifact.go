// Package artifact is a file a tool made or needs: structures, trajectories,
// reference phases. Servers see a folder; the store decides where it lives.
package artifact

import (
	"context"
	"io"
)

// Store keeps artifacts by their path relative to the artifact folder, for
// example "structures/st_....json".
type Store interface {
	// Open reads an artifact; fault.CodeNotFound if there is none.
	Open(ctx context.Context, path string) (io.ReadCloser, error)
	// Put writes an artifact whole or not at all.
	Put(ctx context.Context, path string, r io.Reader) error
}
