package artifact

import "context"

// Shelf is a Store that can forget.
type Shelf interface {
	Store
	// Remove deletes an artifact; one that is not there is no error.
	Remove(ctx context.Context, path string) error
}
