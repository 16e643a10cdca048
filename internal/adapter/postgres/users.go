package postgres

import (
	"context"

	"crystalyse/internal/user"
)

type users struct{ *DB }

var _ user.Store = users{}

// Users knows the users.
func (d *DB) Users() user.Store { return users{d} }

// Ensure makes a user on first sight.
func (d users) Ensure(ctx context.Context, id string) error { return wrap(d.q.EnsureUser(ctx, id)) }
