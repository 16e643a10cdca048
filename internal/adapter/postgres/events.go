package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

// Open fences the attempt of a step.
func (d *DB) Open(ctx context.Context, s event.Scope, scheduled int64) (discovery.Opened, error) {
	row, err := d.q.OpenStep(ctx, db.OpenStepParams{
		DiscoveryID: s.DiscoveryID, Gen: int32(s.Gen), Step: s.Step, UserID: s.UserID, Attempt: int32(s.Attempt), Scheduled: scheduled})
	if err != nil {
		return discovery.Opened{}, wrap(err)
	}
	o := discovery.Opened{Attempt: int(row.Base) + s.Attempt, Superseded: int(row.Before)}
	if row.Scheduled > scheduled || int(row.Now) > o.Attempt {
		return discovery.Opened{}, superseded(s, int(row.Now))
	}
	if o.Superseded == o.Attempt {
		o.Superseded = 0 // the same attempt, opened again
	}
	return o, nil
}

// Unfinished gives the steps of candidates that have no outcome.
func (d *DB) Unfinished(ctx context.Context, did string, gen int) ([]string, error) {
	steps, err := d.q.UnfinishedSteps(ctx, db.UnfinishedStepsParams{DiscoveryID: did, Gen: int32(gen)})
	return steps, wrap(err)
}

func superseded(s event.Scope, current int) error {
	return fault.New(fault.CodeConflict, "attempt %d of step %s is superseded by attempt %d", s.Attempt, s.Step, current)
}

// fenced refuses writes of an attempt that is not the step's current one, and
// holds the step so that no newer one can begin before the commit.
func fenced(ctx context.Context, q *db.Queries, s event.Scope) error {
	if s.Step == "" || event.IsOutside(s.Step) {
		return nil
	}
	current, err := q.LockStep(ctx, db.LockStepParams{DiscoveryID: s.DiscoveryID, Gen: int32(s.Gen), Step: s.Step})
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.CodeInternal, "step %s was never opened", s.Step)
	}
	if err != nil {
		return err
	}
	if int(current) > s.Attempt {
		return superseded(s, int(current))
	}
	return nil
}

// Append inserts events in order and numbers them.
func (d *DB) Append(ctx context.Context, s event.Scope, events ...event.Event) error {
	if len(events) == 0 {
		return nil
	}
	return d.tx(ctx, func(q *db.Queries) error {
		if err := fenced(ctx, q, s); err != nil {
			return err
		}
		return appendEvents(ctx, q, s, events)
	})
}

// appendEvents numbers the events that are new. Taking numbers locks the
// session's row, so the numbers of a session are committed in order: a reader
// never sees a hole that fills later.
func appendEvents(ctx context.Context, q *db.Queries, s event.Scope, events []event.Event) error {
	if len(events) == 0 {
		return nil
	}
	if _, err := q.LockSession(ctx, s.SessionID); err != nil {
		return fmt.Errorf("session %s: %w", s.SessionID, err)
	}
	ids := make([]string, len(events))
	for i, e := range events {
		if !event.Durable(e.Type) {
			return fault.New(fault.CodeInternal, "events of type %s are not stored", e.Type)
		}
		ids[i] = e.ID
	}
	stored, err := q.KnownEvents(ctx, ids)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(stored))
	for _, id := range stored {
		known[id] = true
	}
	fresh := make([]event.Event, 0, len(events))
	for _, e := range events {
		if !known[e.ID] {
			known[e.ID] = true
			fresh = append(fresh, e)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	last, err := q.TakeOrds(ctx, db.TakeOrdsParams{ID: s.SessionID, N: int64(len(fresh))})
	if err != nil {
		return err
	}
	for i, e := range fresh {
		e.Metadata.Ord = last - int64(len(fresh)-1-i)
		if err := insertEvent(ctx, q, s, e); err != nil {
			return err
		}
	}
	return nil
}

func insertEvent(ctx context.Context, q *db.Queries, s event.Scope, e event.Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	collect(q, s.SessionID, e)
	return q.InsertEvent(ctx, db.InsertEventParams{
		SessionID: s.SessionID, Ord: e.Metadata.Ord, ID: e.ID, UserID: s.UserID,
		DiscoveryID: s.DiscoveryID, Type: string(e.Type), Body: body,
	})
}

// After gives a page of the owner's events.
func (d *DB) After(ctx context.Context, userID, sessionID, discoveryID string, after int64, limit int) ([]event.Event, error) {
	rows, err := d.q.EventsAfter(ctx, db.EventsAfterParams{
		SessionID: sessionID, UserID: userID, After: after, DiscoveryID: discoveryID, MaxRows: int32(limit)})
	if err != nil {
		return nil, wrap(err)
	}
	if len(rows) == 0 {
		_, err := d.q.GetSession(ctx, db.GetSessionParams{ID: sessionID, UserID: userID})
		if _, err := one(struct{}{}, err, "session", sessionID); err != nil {
			return nil, err
		}
	}
	events := make([]event.Event, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Body, &events[i]); err != nil {
			return nil, fault.Wrap(fault.CodeInternal, err, "event %d of session %s is damaged", r.Ord, sessionID)
		}
		events[i].Metadata.Ord = r.Ord
	}
	return events, nil
}
