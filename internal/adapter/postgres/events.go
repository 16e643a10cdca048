package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
	if row.OpenedAt != nil {
		o.Since = *row.OpenedAt
	}
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
// holds the step so that no newer one can begin before the commit. Openings do
// not wait for the disk: one that a crash of the database has taken away is
// missed here, before anything was written in its name, and is made again.
func fenced(ctx context.Context, q *db.Queries, s event.Scope) error {
	if !ofStep(s) {
		return nil
	}
	row, err := q.LockStep(ctx, db.LockStepParams{DiscoveryID: s.DiscoveryID, Gen: int32(s.Gen), Step: s.Step})
	current := int(row.Attempt)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && current < s.Attempt:
		return fault.New(fault.CodeUnavailable, "attempt %d of step %s is not open", s.Attempt, s.Step).
			WithHint("the database was restarted; the step is tried again")
	case err != nil:
		return err
	case current > s.Attempt, s.Scheduled > 0 && row.Scheduled > s.Scheduled:
		// What was scheduled later may have the same number, where the opening of
		// this one was lost.
		return superseded(s, current)
	}
	return nil
}

// Check tells whether an attempt is the current one of its step.
func (d *DB) Check(ctx context.Context, s event.Scope) error {
	return d.tx(ctx, func(q *db.Queries) error { return fenced(ctx, q, s) })
}

// ofStep tells what an attempt of a step writes from what is announced outside
// of steps.
func ofStep(s event.Scope) bool { return s.Step != "" && !event.IsOutside(s.Step) }

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
	rows := db.InsertEventsParams{SessionID: s.SessionID, UserID: s.UserID, DiscoveryID: s.DiscoveryID, Step: ofStep(s)}
	for _, e := range events {
		if !event.Durable(e.Type) {
			return fault.New(fault.CodeInternal, "events of type %s are not stored", e.Type)
		}
	}
	events = slices.Clone(events)
	last, err := q.TakeOrds(ctx, db.TakeOrdsParams{ID: s.SessionID, N: int64(len(events))})
	if err != nil {
		return fmt.Errorf("session %s: %w", s.SessionID, err)
	}
	before := last - int64(len(events))
	for i := range events {
		events[i].Metadata.Ord = before + 1 + int64(i)
		body, err := json.Marshal(events[i])
		if err != nil {
			return err
		}
		rows.Ords, rows.Ids = append(rows.Ords, events[i].Metadata.Ord), append(rows.Ids, events[i].ID)
		rows.Types, rows.Bodies = append(rows.Types, string(events[i].Type)), append(rows.Bodies, string(body))
	}
	n, err := q.InsertEvents(ctx, rows)
	if err != nil {
		return err
	}
	if int(n) < len(events) {
		return appendNew(ctx, q, s, events, before)
	}
	for _, e := range events {
		collect(q, s.SessionID, e)
	}
	return nil
}

// appendNew gives the numbers of events back of which some are stored already,
// as happens where a step is tried again, and stores the others.
func appendNew(ctx context.Context, q *db.Queries, s event.Scope, events []event.Event, before int64) error {
	if ofStep(s) {
		ended, err := q.HasEnded(ctx, s.DiscoveryID)
		if err != nil {
			return err
		}
		if ended {
			return fault.New(fault.CodeConflict, "%s has ended; step %s comes too late", s.DiscoveryID, s.Step)
		}
	}
	if err := q.TakeBack(ctx, db.TakeBackParams{SessionID: s.SessionID, After: before}); err != nil {
		return err
	}
	if _, err := q.TakeOrds(ctx, db.TakeOrdsParams{ID: s.SessionID, N: int64(-len(events))}); err != nil {
		return err
	}
	ids := make([]string, len(events))
	for i, e := range events {
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
	var fresh []event.Event
	for _, e := range events {
		if !known[e.ID] {
			known[e.ID] = true
			fresh = append(fresh, e)
		}
	}
	if len(fresh) == len(events) {
		return fault.New(fault.CodeInternal, "the log of session %s goes beyond its last number", s.SessionID)
	}
	return appendEvents(ctx, q, s, fresh)
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
