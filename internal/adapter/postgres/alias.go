package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
)

var _ session.Aliases = sessions{}

// Named opens sessions by their user's name for them.
func (d *DB) Named() NamedSessions { return sessions{d} }

// NamedSessions finds sessions by id and by name.
type NamedSessions interface {
	session.Store
	session.Aliases
}

// Named gives the user's session of that name, opened on first use.
func (d sessions) Named(ctx context.Context, userID, alias string) (session.Session, error) {
	key := db.SessionByAliasParams{UserID: userID, Alias: &alias}
	have, err := d.q.SessionByAlias(ctx, key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return toSession(have), wrap(err)
	}
	err = d.tx(ctx, func(q *db.Queries) error {
		if err := q.EnsureUser(ctx, userID); err != nil {
			return err
		}
		sid := id.New()
		have, err = q.InsertAlias(ctx, db.InsertAliasParams{ID: sid, UserID: userID, Alias: &alias, Title: alias})
		if errors.Is(err, pgx.ErrNoRows) { // somebody else opened it at the same moment
			have, err = q.SessionByAlias(ctx, key)
			return err
		}
		if err != nil {
			return err
		}
		scope := event.Scope{SessionID: sid, UserID: userID, Mode: "creative", Step: event.Outside("alias")}
		return announce(ctx, q, scope, event.SessionStart{Title: alias, Alias: alias})
	})
	if err != nil {
		return session.Session{}, err
	}
	return toSession(have), nil
}
