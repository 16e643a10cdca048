package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// Load gives a discovery to its own run.
func (d lifecycle) Load(ctx context.Context, did string) (discovery.Discovery, error) {
	row, err := one2(d.q.GetDiscovery(ctx, did))("discovery", did)
	if err != nil {
		return discovery.Discovery{}, err
	}
	return toDiscovery(row)
}

// Claim gives a discovery its session when no earlier one of it is open.
func (d lifecycle) Claim(ctx context.Context, did string, b *discovery.Beginning) (out discovery.Discovery, ready bool, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		row, err := one2(q.LockDiscovery(ctx, did))("discovery", did)
		if err != nil {
			return err
		}
		if out, err = toDiscovery(row); err != nil {
			return err
		}
		before, err := q.OpenBefore(ctx, db.OpenBeforeParams{SessionID: row.SessionID, ID: did})
		if err != nil {
			return err
		}
		// A fork runs beside its parent; others wait for their turn.
		ready = before == 0 || row.ParentID != nil
		switch {
		case !ready:
			return nil
		case b == nil:
			return q.MarkStarted(ctx, did)
		}
		return setStatus(ctx, q, b.Scope, b.Change, b.Events)
	})
	return out, ready, err
}

// SetStatus records a status with its events.
func (d lifecycle) SetStatus(ctx context.Context, s event.Scope, c discovery.StatusChange, events ...event.Event) error {
	return d.tx(ctx, func(q *db.Queries) error { return setStatus(ctx, q, s, c, events) })
}

func setStatus(ctx context.Context, q *db.Queries, s event.Scope, c discovery.StatusChange, events []event.Event) error {
	usage, err := json.Marshal(c.Usage)
	if err != nil {
		return err
	}
	var agent, budget json.RawMessage
	if c.Agent != nil {
		if agent, err = json.Marshal(c.Agent); err != nil {
			return err
		}
	}
	if c.Budget != nil {
		if budget, err = json.Marshal(c.Budget); err != nil {
			return err
		}
	}
	n, err := q.SetDiscoveryStatus(ctx, db.SetDiscoveryStatusParams{
		ID: s.DiscoveryID, Status: string(c.Status), Reason: c.Reason, Details: c.Details, Usage: usage, Agent: agent, Budget: budget, Deadline: c.Deadline, Paused: c.Paused})
	if err != nil || n == 0 {
		return err // closed meanwhile: its last event is told
	}
	return appendEvents(ctx, q, s, events)
}

// Close ends a discovery once, and names the one of its session that is next.
func (d lifecycle) Close(ctx context.Context, s event.Scope, c discovery.Closing, events ...event.Event) (next string, err error) {
	usage, err := json.Marshal(c.Usage)
	if err != nil {
		return "", err
	}
	err = d.tx(ctx, func(q *db.Queries) error {
		n, err := q.CloseDiscovery(ctx, db.CloseDiscoveryParams{
			ID: s.DiscoveryID, Status: string(c.Status), Details: c.Details, Usage: usage, ReportID: c.ReportID, Report: c.Report, Summary: c.Summary})
		if err != nil {
			return err
		}
		if n > 0 {
			if err := q.CloseRunningCalls(ctx, s.DiscoveryID); err != nil {
				return err
			}
			if err := appendEvents(ctx, q, s, events); err != nil {
				return err
			}
		}
		next, err = q.NextInSession(ctx, db.NextInSessionParams{SessionID: s.SessionID, ID: s.DiscoveryID})
		if errors.Is(err, pgx.ErrNoRows) {
			next, err = "", nil
		}
		return err
	})
	return next, err
}

// Earlier gives the closed discoveries of the session before this one.
func (d lifecycle) Earlier(ctx context.Context, of discovery.Discovery) ([]discovery.Earlier, error) {
	rows, err := d.q.ClosedBefore(ctx, db.ClosedBeforeParams{SessionID: of.SessionID, ID: of.ID})
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]discovery.Earlier, len(rows))
	for i, r := range rows {
		out[i] = discovery.Earlier{ID: r.ID, Query: r.Query, Summary: r.Summary, Report: r.Report}
	}
	return out, nil
}
