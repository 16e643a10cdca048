package postgres

import (
	"context"
	"encoding/json"
	"slices"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/fault"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// Get gives a session of the user.
func (d sessions) Get(ctx context.Context, userID, id string) (session.Session, error) {
	row, err := one2(d.q.GetSession(ctx, db.GetSessionParams{ID: id, UserID: userID}))("session", id)
	return toSession(row), err
}

// List gives the user's sessions, newest first.
func (d sessions) List(ctx context.Context, userID, before string, limit int) ([]session.Session, error) {
	rows, err := d.q.ListSessions(ctx, db.ListSessionsParams{UserID: userID, Before: before, MaxRows: int32(limit)})
	out := make([]session.Session, len(rows))
	for i, r := range rows {
		out[i] = toSession(r)
	}
	return out, wrap(err)
}

func toSession(r db.Session) session.Session {
	s := session.Session{ID: r.ID, UserID: r.UserID, Title: r.Title, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt}
	if r.Alias != nil {
		s.Alias = *r.Alias
	}
	return s
}

// Get gives a structure the user may see, as the discovery has it.
func (d structures) Get(ctx context.Context, userID, did, id string) (structure.Structure, error) {
	told, err := d.Records(ctx, userID, did, []string{id})
	if err != nil {
		return structure.Structure{}, err
	}
	if told[id] == nil {
		return structure.Structure{}, fault.NotFound("structure", id)
	}
	row, err := one2(d.q.GetStructure(ctx, db.GetStructureParams{ID: id, Record: told[id]}))("structure", id)
	if err != nil {
		return structure.Structure{}, err
	}
	return toStructure(row.Formula, row.Body)
}

// Relaxed reports whether the user, or the discovery, had a structure relaxed.
func (d structures) Relaxed(ctx context.Context, userID, did, id string) (bool, error) {
	yes, err := d.q.IsRelaxed(ctx, db.IsRelaxedParams{ID: id, UserID: userID, DiscoveryID: did})
	return yes, wrap(err)
}

// Records gives what is said of those of the structures that the user may see.
func (d structures) Records(ctx context.Context, userID, did string, ids []string) (map[string]json.RawMessage, error) {
	rows, err := d.q.RecordsOf(ctx, db.RecordsOfParams{UserID: userID, DiscoveryID: did, Ids: ids})
	if err != nil {
		return nil, wrap(err)
	}
	// The first call that has it speaks, as in the report.
	slices.SortFunc(rows, func(a, b db.RecordsOfRow) int { return stepOrder(b.CallID, a.CallID) })
	out := make(map[string]json.RawMessage, len(ids))
	for _, r := range rows {
		out[r.StructureID] = r.Record
	}
	return out, nil
}

func toStructure(formula string, body json.RawMessage) (structure.Structure, error) {
	s := structure.Structure{Body: body}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fault.Wrap(fault.CodeInternal, err, "a stored structure is damaged")
	}
	s.Formula = formula
	return s, nil
}

// SaveServerStates notes the MCP servers of a worker.
func (d *DB) SaveServerStates(ctx context.Context, worker string, states map[string]tool.ServerState) error {
	for name, s := range states {
		body, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := d.q.SaveServerState(ctx, db.SaveServerStateParams{Worker: worker, Server: name, State: body}); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// ForgetServerStates removes a worker that ends.
func (d *DB) ForgetServerStates(ctx context.Context, worker string) error {
	return wrap(d.q.ForgetServerStates(ctx, worker))
}

// ServerStates gives the newest state of every MCP server.
func (d *DB) ServerStates(ctx context.Context) (map[string]tool.ServerState, error) {
	rows, err := d.q.ServerStates(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	out := map[string]tool.ServerState{}
	for _, r := range rows {
		var s tool.ServerState
		if err := json.Unmarshal(r.State, &s); err != nil {
			return nil, fault.Wrap(fault.CodeInternal, err, "a stored server state is damaged")
		}
		out[r.Server] = s // rows come oldest first
	}
	return out, nil
}

// OpenKeys gives the idempotency keys of the calls of open discoveries.
func (d *DB) OpenKeys(ctx context.Context) (map[string]bool, error) {
	keys, err := d.q.OpenKeys(ctx)
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out, wrap(err)
}
