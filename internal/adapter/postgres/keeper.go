package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
)

type keeper struct{ *DB }

var _ session.Keeper = keeper{}

// SessionKeeper changes sessions.
func (d *DB) SessionKeeper() session.Keeper { return keeper{d} }

// Create opens a session with its first event.
func (d keeper) Create(ctx context.Context, userID, alias, title string) (out session.Session, created bool, err error) {
	sid := id.New()
	err = d.tx(ctx, func(q *db.Queries) error {
		if err := q.EnsureUser(ctx, userID); err != nil {
			return err
		}
		var name *string
		if alias != "" {
			name = &alias
		}
		row, err := q.CreateSession(ctx, db.CreateSessionParams{ID: sid, UserID: userID, Alias: name, Title: title})
		if err != nil {
			return err
		}
		out, created = toSession(row), row.ID == sid
		if !created {
			return nil
		}
		return announce(ctx, q, outside(out, "start"), event.SessionStart{Title: title, Alias: alias})
	})
	return out, created, err
}

// outside is the scope of an event that belongs to a session alone.
func outside(s session.Session, what string) event.Scope {
	return event.Scope{SessionID: s.ID, UserID: s.UserID, Mode: "creative", Step: event.Outside(what)}
}

// Rename gives a session another title.
func (d keeper) Rename(ctx context.Context, userID, sid, title string) (session.Session, error) {
	row, err := one2(d.q.RenameSession(ctx, db.RenameSessionParams{ID: sid, UserID: userID, Title: title}))("session", sid)
	return toSession(row), err
}

// End closes a session to new questions.
func (d keeper) End(ctx context.Context, userID, sid string) (session.Session, error) {
	return d.end(ctx, userID, sid, session.EndedByUser, func(db.Session) error { return nil })
}

// end closes a session unless the check of its locked row refuses.
func (d keeper) end(ctx context.Context, userID, sid, reason string, check func(db.Session) error) (out session.Session, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		// The same lock as a new question takes: none slips in behind the count.
		row, err := one2(q.LockSession(ctx, sid))("session", sid)
		if err != nil {
			return err
		}
		if row.UserID != userID {
			return fault.NotFound("session", sid)
		}
		if err := check(row); err != nil {
			return err
		}
		open, err := q.OpenInSession(ctx, sid)
		if err != nil {
			return err
		}
		if open > 0 {
			return fault.New(fault.CodeConflict, "%d discoveries of the session are not closed", open).WithHint("cancel them first, or wait")
		}
		ended, err := q.EndSession(ctx, db.EndSessionParams{ID: sid, UserID: userID})
		if errors.Is(err, pgx.ErrNoRows) {
			out = toSession(row) // it had ended before
			return nil
		}
		if err != nil {
			return err
		}
		out = toSession(ended)
		return announce(ctx, q, outside(out, "end"), event.SessionEnd{Reason: reason})
	})
	return out, err
}

// Search gives the sessions in which the text stands.
func (d keeper) Search(ctx context.Context, userID, text, before string, limit int) ([]session.Session, error) {
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
	rows, err := d.q.SearchSessions(ctx, db.SearchSessionsParams{UserID: userID, Pattern: pattern, Before: before, MaxRows: int32(limit)})
	out := make([]session.Session, len(rows))
	for i, r := range rows {
		out[i] = toSession(r)
	}
	return out, wrap(err)
}
