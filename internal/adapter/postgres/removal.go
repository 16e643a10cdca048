package postgres

import (
	"context"
	"slices"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/removal"
)

type rows struct{ *DB }

var _ removal.Store = rows{}

// Rows deletes what its owner wants gone.
func (d *DB) Rows() removal.Store { return rows{d} }

// OpenIn gives the open discoveries of a session.
func (d rows) OpenIn(ctx context.Context, userID, sid string) ([]string, error) {
	if _, err := one2(d.q.GetSession(ctx, db.GetSessionParams{ID: sid, UserID: userID}))("session", sid); err != nil {
		return nil, err
	}
	ids, err := d.q.OpenOfSession(ctx, sid)
	return ids, wrap(err)
}

// RemoveDiscovery deletes a discovery, and leaves blank events in its places.
func (d rows) RemoveDiscovery(ctx context.Context, userID, did string) (left removal.Left, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		row, err := one2(q.GetUserDiscovery(ctx, db.GetUserDiscoveryParams{ID: did, UserID: userID}))("discovery", did)
		if err != nil {
			return err
		}
		s, err := lockOwn(ctx, q, userID, row.SessionID)
		if err != nil {
			return err
		}
		left = removal.Left{SessionID: s.ID, Discoveries: []string{did}}
		if err := q.DeleteMemoriesOf(ctx, db.DeleteMemoriesOfParams{DiscoveryID: did, UserID: userID}); err != nil {
			return err
		}
		if left.Structures, err = remove(ctx, q, left.Discoveries, func() error { return q.DeleteDiscovery(ctx, did) }); err != nil {
			return err
		}
		if err := q.BlankEvents(ctx, db.BlankEventsParams{SessionID: s.ID, DiscoveryID: did}); err != nil {
			return err
		}
		return announce(ctx, q, outside(toSession(s), "deleted-"+did), event.DiscoveryDeleted{DiscoveryID: did})
	})
	return left, err
}

// RemoveSession deletes a session with its discoveries and events.
func (d rows) RemoveSession(ctx context.Context, userID, sid string) (left removal.Left, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		if _, err := lockOwn(ctx, q, userID, sid); err != nil {
			return err
		}
		ids, err := q.DiscoveriesOfSession(ctx, sid)
		if err != nil {
			return err
		}
		left = removal.Left{SessionID: sid, Discoveries: ids}
		left.Structures, err = remove(ctx, q, ids, func() error { return q.DeleteSession(ctx, sid) })
		return err
	})
	return left, err
}

// lockOwn locks a session of the user: nothing is added to it meanwhile.
func lockOwn(ctx context.Context, q *db.Queries, userID, sid string) (db.Session, error) {
	s, err := one2(q.LockSession(ctx, sid))("session", sid)
	if err == nil && s.UserID != userID {
		err = fault.NotFound("session", sid)
	}
	return s, err
}

// remove deletes by del, keeping the messages that forks stand on, and gives
// the structures that nobody uses then.
func remove(ctx context.Context, q *db.Queries, ids []string, del func() error) ([]string, error) {
	if err := q.KeepSharedMessages(ctx, ids); err != nil {
		return nil, err
	}
	used, err := q.StructuresUsedBy(ctx, ids)
	if err != nil {
		return nil, err
	}
	// Workers that share no folder keep files here.
	if err := q.DeleteCheckpointsOf(ctx, ids); err != nil {
		return nil, err
	}
	if err := del(); err != nil {
		return nil, err
	}
	unused, err := q.DeleteUnusedStructures(ctx, used)
	if err != nil {
		return nil, err
	}
	return unused, q.DeleteStructureFiles(ctx, unused)
}

// Unused gives those of the structures that no record names.
func (d rows) Unused(ctx context.Context, ids []string) ([]string, error) {
	known, err := d.q.KnownStructures(ctx, ids)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(known, id) }), wrap(err)
}
