package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Create writes a queued discovery, its session when it has none, and their
// first events, in one transaction.
func (d *DB) Create(ctx context.Context, r discovery.Request) (out discovery.Discovery, created bool, err error) {
	if r.RequestID == "" {
		r.RequestID = id.New()
	}
	err = d.tx(ctx, func(q *db.Queries) error {
		out, created, err = create(ctx, q, r)
		return err
	})
	return out, created, err
}

func create(ctx context.Context, q *db.Queries, r discovery.Request) (discovery.Discovery, bool, error) {
	none := discovery.Discovery{}
	if r.SessionID == "" { // who has a session is known
		if err := q.EnsureUser(ctx, r.UserID); err != nil {
			return none, false, err
		}
	}
	if have, err := q.DiscoveryByRequest(ctx, db.DiscoveryByRequestParams{UserID: r.UserID, RequestID: r.RequestID}); err == nil {
		return repeated(have, r)
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return none, false, err
	}
	did := id.NewDiscovery()
	events := []event.Payload{}
	if r.SessionID == "" {
		r.SessionID = id.New()
		title := title(r.Query)
		if err := q.InsertSession(ctx, db.InsertSessionParams{ID: r.SessionID, UserID: r.UserID, Title: title}); err != nil {
			return none, false, err
		}
		events = append(events, event.SessionStart{Title: title})
	} else {
		// Locked, so that the session does not end between the look and the write.
		s, err := one2(q.LockSession(ctx, r.SessionID))("session", r.SessionID)
		if err != nil {
			return none, false, err
		}
		if s.UserID != r.UserID {
			return none, false, fault.NotFound("session", r.SessionID)
		}
		if s.EndedAt != nil {
			return none, false, fault.New(fault.CodeConflict, "session %s has ended", r.SessionID).WithHint("ask without a session to open a new one")
		}
	}
	budget, err := json.Marshal(r.Budget)
	if err != nil {
		return none, false, err
	}
	row, err := q.InsertDiscovery(ctx, db.InsertDiscoveryParams{
		ID: did, SessionID: r.SessionID, UserID: r.UserID, RequestID: r.RequestID, Query: r.Query,
		Mode: string(r.Mode), Status: string(discovery.StatusQueued), Budget: budget,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		// The same request arrived twice at the same moment; the other one won.
		return none, false, fault.New(fault.CodeConflict, "the request %s is being accepted already", r.RequestID).WithHint("send it again")
	}
	if err != nil {
		return none, false, err
	}
	out, err := toDiscovery(row)
	if err != nil {
		return none, false, err
	}
	scope := event.Scope{SessionID: r.SessionID, UserID: r.UserID, Mode: string(r.Mode.Effective()), Step: event.Outside(r.RequestID)}
	if err := announce(ctx, q, scope, events...); err != nil {
		return none, false, err
	}
	scope.DiscoveryID = did
	return out, true, announce(ctx, q, scope, event.DiscoveryStatus{Status: string(discovery.StatusQueued), Details: "accepted"})
}

func announce(ctx context.Context, q *db.Queries, scope event.Scope, payloads ...event.Payload) error {
	for _, p := range payloads {
		e, err := scope.New(p)
		if err != nil {
			return err
		}
		if err := appendEvents(ctx, q, scope, []event.Event{e}); err != nil {
			return err
		}
	}
	return nil
}

func repeated(have db.Discovery, r discovery.Request) (discovery.Discovery, bool, error) {
	if have.Query != r.Query || have.Mode != string(r.Mode) {
		return discovery.Discovery{}, false, fault.New(fault.CodeConflict, "the request id %s was used for another query", r.RequestID).
			WithHint("use a new request id for a new query")
	}
	out, err := toDiscovery(have)
	return out, false, err
}

func title(query string) string {
	t := []rune(strings.Join(strings.Fields(query), " "))
	if len(t) > 80 {
		t = append(t[:79], '…')
	}
	return string(t)
}

// one2 is one for a query's two results.
func one2[T any](row T, err error) func(what, id string) (T, error) {
	return func(what, id string) (T, error) { return one(row, err, what, id) }
}

// Get gives a discovery of the user.
func (d *DB) Get(ctx context.Context, userID, did string) (discovery.Discovery, error) {
	row, err := one2(d.q.GetUserDiscovery(ctx, db.GetUserDiscoveryParams{ID: did, UserID: userID}))("discovery", did)
	if err != nil {
		return discovery.Discovery{}, err
	}
	return toDiscovery(row)
}

// List gives the user's discoveries, newest first.
func (d *DB) List(ctx context.Context, userID, sessionID, before string, limit int) ([]discovery.Discovery, error) {
	rows, err := d.q.ListDiscoveries(ctx, db.ListDiscoveriesParams{UserID: userID, SessionID: sessionID, Before: before, MaxRows: int32(limit)})
	if err != nil {
		return nil, wrap(err)
	}
	return toDiscoveries(rows)
}

// Report gives the report of a closed discovery.
func (d *DB) Report(ctx context.Context, userID, did string) (json.RawMessage, error) {
	row, err := one2(d.q.GetUserDiscovery(ctx, db.GetUserDiscoveryParams{ID: did, UserID: userID}))("discovery", did)
	if err != nil {
		return nil, err
	}
	if row.Report == nil {
		return nil, fault.New(fault.CodeConflict, "the discovery is %s and has no report yet", row.Status).WithHint("follow it until it ends")
	}
	return row.Report, nil
}

// OpenDiscoveries gives every discovery that is not closed, oldest first.
func (d *DB) OpenDiscoveries(ctx context.Context) ([]discovery.Discovery, error) {
	rows, err := d.q.OpenDiscoveries(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	return toDiscoveries(rows)
}

// CountRunning counts the discoveries that work or wait to work.
func (d *DB) CountRunning(ctx context.Context) (int, error) {
	n, err := d.q.CountOpen(ctx)
	return int(n), wrap(err)
}

func toDiscoveries(rows []db.Discovery) ([]discovery.Discovery, error) {
	out := make([]discovery.Discovery, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = toDiscovery(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func toDiscovery(r db.Discovery) (discovery.Discovery, error) {
	out := discovery.Discovery{
		ID: r.ID, SessionID: r.SessionID, UserID: r.UserID, RequestID: r.RequestID, Query: r.Query, Mode: discovery.Mode(r.Mode),
		Status: discovery.Status(r.Status), Reason: r.Reason, Details: r.Details, CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
		Retries: int(r.Retries), ReopenedAt: r.ReopenedAt, Deadline: r.Deadline, Paused: r.Paused,
	}
	if r.ForkTurn != nil {
		n := int(*r.ForkTurn)
		out.ForkTurn = &n
	}
	if r.ParentID != nil {
		out.ParentID = *r.ParentID
	}
	return out, errors.Join(json.Unmarshal(r.Budget, &out.Budget), json.Unmarshal(r.Usage, &out.Usage), json.Unmarshal(r.Agent, &out.Agent))
}
