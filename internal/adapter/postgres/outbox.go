package postgres

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/event/publish"
	"crystalyse/internal/fault"
)

var _ publish.Outbox = (*DB)(nil)

// committed collects the events a transaction has numbered, by session.
type committed struct {
	sessions []string
	events   map[string][]event.Event
}

func (c *committed) add(sessionID string, e event.Event) {
	if c.events == nil {
		c.events = map[string][]event.Event{}
	}
	if _, known := c.events[sessionID]; !known {
		c.sessions = append(c.sessions, sessionID)
	}
	c.events[sessionID] = append(c.events[sessionID], e)
}

// outboxes finds the collection of a transaction by its queries: those are made
// for one transaction and end with it, and every writer has them in hand.
var outboxes sync.Map // *db.Queries -> *committed

// collect notes an event that will be published if its transaction commits.
func collect(q *db.Queries, sessionID string, e event.Event) {
	if c, ok := outboxes.Load(q); ok {
		c.(*committed).add(sessionID, e)
	}
}

// OnCommit sets what is told of durable events right after their commit, in the
// order of each session. It must be set before the first write, and must not
// block. Events that a crash keeps from it are found by Sessions of the outbox.
func (d *DB) OnCommit(f func(sessionID string, events []event.Event)) { d.onCommit = f }

func (d *DB) tell(c *committed) {
	if d.onCommit == nil {
		return
	}
	for _, s := range c.sessions {
		d.onCommit(s, c.events[s])
	}
}

// Unpublished gives the oldest events of the session that were not published.
func (d *DB) Unpublished(ctx context.Context, sessionID string, limit int) ([]event.Event, error) {
	rows, err := d.q.UnpublishedEvents(ctx, db.UnpublishedEventsParams{SessionID: sessionID, Limit: int32(limit)})
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]event.Event, len(rows))
	for i, r := range rows {
		if out[i], err = stored(r.Ord, r.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Numbered gives the events of the session after an ord.
func (d *DB) Numbered(ctx context.Context, sessionID string, after int64, limit int) ([]event.Event, error) {
	rows, err := d.q.NumberedEvents(ctx, db.NumberedEventsParams{SessionID: sessionID, Ord: after, Limit: int32(limit)})
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]event.Event, len(rows))
	for i, r := range rows {
		if out[i], err = stored(r.Ord, r.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MarkPublished notes that everything up to the ord is published.
func (d *DB) MarkPublished(ctx context.Context, sessionID string, through int64) error {
	return wrap(d.q.MarkPublished(ctx, db.MarkPublishedParams{SessionID: sessionID, Ord: through}))
}

// OutboxBacklog counts the events that are not published, and tells how old the
// oldest is.
func (d *DB) OutboxBacklog(ctx context.Context) (events int64, oldest time.Duration, err error) {
	b, err := d.q.OutboxBacklog(ctx)
	return b.Events, time.Duration(b.AgeS * float64(time.Second)), wrap(err)
}

// ToPublish names sessions with unpublished events.
func (d *DB) ToPublish(ctx context.Context, limit int) ([]string, error) {
	ids, err := d.q.SessionsToPublish(ctx, int32(limit))
	return ids, wrap(err)
}

// LastOrd gives the ord of the newest event of the owner's session.
func (d *DB) LastOrd(ctx context.Context, userID, sessionID string) (int64, error) {
	n, err := d.q.LastOrd(ctx, db.LastOrdParams{ID: sessionID, UserID: userID})
	return one(n, err, "session", sessionID)
}

// stored reads an event as it was written.
func stored(ord int64, body json.RawMessage) (event.Event, error) {
	var e event.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fault.Wrap(fault.CodeInternal, err, "a stored event is damaged")
	}
	e.Metadata.Ord = ord
	return e, nil
}
