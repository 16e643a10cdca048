// Package user is the owner of every object.
package user

import "context"

// Local is the one user of single mode, created by the first migration.
const Local = "local"

// Store knows the users.
type Store interface {
	// Ensure makes the user if there is none of the name.
	Ensure(ctx context.Context, id string) error
}
