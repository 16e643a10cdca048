package postgres

import (
	"context"
	"time"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/fault"
	"crystalyse/internal/session"
)

// idlePage is how many sessions are looked at together.
const idlePage = 200

// EndIdle ends the sessions in which nothing has happened since, of all users,
// and gives how many it ended.
func (d *DB) EndIdle(ctx context.Context, since time.Time) (int, error) {
	ended, after := 0, ""
	for {
		rows, err := d.q.IdleSessions(ctx, db.IdleSessionsParams{After: after, Since: float64(since.UnixMicro()) / 1e6, MaxRows: idlePage})
		if err != nil {
			return ended, wrap(err)
		}
		for _, row := range rows {
			after = row.ID
			_, err := keeper{d}.end(ctx, row.UserID, row.ID, session.EndedIdle, func(now db.Session) error {
				if now.LastOrd != row.LastOrd {
					return fault.New(fault.CodeConflict, "something has happened in the session")
				}
				return nil
			})
			switch {
			case err == nil:
				ended++
			case fault.Is(err, fault.CodeConflict), fault.Is(err, fault.CodeNotFound): // used again, or deleted
			default:
				return ended, err
			}
		}
		if len(rows) < idlePage {
			return ended, nil
		}
	}
}
