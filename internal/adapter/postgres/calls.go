package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"sort"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/id"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// ByKey gives the finished call with the key.
func (d *DB) ByKey(ctx context.Context, key string) (discovery.Call, error) {
	row, err := one2(d.q.CallByKey(ctx, key))("call", key)
	if err != nil {
		return discovery.Call{}, err
	}
	return toCall(row)
}

// ByComputation gives the newest call of the user that computed the same.
func (d *DB) ByComputation(ctx context.Context, userID, computation string) (discovery.Call, error) {
	row, err := one2(d.q.CallByComputation(ctx, db.CallByComputationParams{UserID: userID, Computation: computation}))("call", computation)
	if err != nil {
		return discovery.Call{}, err
	}
	return toCall(row)
}

// Of gives the finished calls of a discovery in step order.
func (d *DB) Of(ctx context.Context, did string) ([]discovery.Call, error) {
	rows, err := d.q.CallsOf(ctx, did)
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]discovery.Call, len(rows))
	for i, r := range rows {
		if out[i], err = toCall(r); err != nil {
			return nil, err
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return stepLess(out[i].ID, out[j].ID) })
	return out, nil
}

// Newest gives the newest generation of a finished call; an empty one if there
// is none.
func (d *DB) Newest(ctx context.Context, did, callID string) (discovery.Call, error) {
	row, err := d.q.NewestCall(ctx, db.NewestCallParams{DiscoveryID: did, CallID: callID})
	if errors.Is(err, pgx.ErrNoRows) {
		return discovery.Call{}, nil
	}
	if err != nil {
		return discovery.Call{}, wrap(err)
	}
	return toCall(row)
}

// Running gives the calls in progress.
func (d *DB) Running(ctx context.Context, userID, did string) ([]discovery.RunningCall, error) {
	rows, err := d.q.RunningCalls(ctx, db.RunningCallsParams{DiscoveryID: did, UserID: userID})
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]discovery.RunningCall, len(rows))
	for i, r := range rows {
		out[i] = discovery.RunningCall{CallID: r.CallID, Tool: r.Tool, Attempt: int(r.Attempts), StartedAt: r.StartedAt}
		if len(r.Progress) == 0 {
			continue
		}
		out[i].Progress = &tool.Progress{}
		if err := json.Unmarshal(r.Progress, out[i].Progress); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Progress notes how far a running call is.
func (d *DB) Progress(ctx context.Context, s event.Scope, c discovery.Call, p tool.Progress) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return wrap(d.q.NoteProgress(ctx, db.NoteProgressParams{
		DiscoveryID: s.DiscoveryID, CallID: c.ID, Gen: int32(c.Gen), UserID: s.UserID, IdempotencyKey: c.IdempotencyKey,
		Tool: c.Tool, Server: c.Server, ToolVersion: c.ToolVersion, Arguments: c.Arguments, Attempts: int32(s.Attempt),
		StartedAt: c.StartedAt, Progress: body,
	}))
}

// Commit stores a finished call, what it made and its events.
func (d *DB) Commit(ctx context.Context, s event.Scope, m discovery.Made, events ...event.Event) error {
	return d.tx(ctx, func(q *db.Queries) error {
		if err := fenced(ctx, q, s); err != nil {
			return err
		}
		if err := finishCall(ctx, q, m.Call); err != nil {
			return err
		}
		if err := insertValues(ctx, q, m); err != nil {
			return err
		}
		if err := insertStructures(ctx, q, s, m); err != nil {
			return err
		}
		return appendEvents(ctx, q, s, events)
	})
}

// insertStructures keeps the cells of a call, and beside it what it says of them.
func insertStructures(ctx context.Context, q *db.Queries, s event.Scope, m discovery.Made) error {
	named := map[string]bool{}
	for i, st := range m.Structures {
		if named[st.ID] {
			continue // the first word counts
		}
		named[st.ID] = true
		record, err := st.Record()
		if err != nil {
			return err
		}
		if err := q.InsertStructure(ctx, db.InsertStructureParams{ID: st.ID, Formula: st.Formula, Body: st.Body}); err != nil {
			return err
		}
		use := db.InsertStructureUseParams{StructureID: st.ID, UserID: s.UserID, DiscoveryID: s.DiscoveryID, CallID: m.Call.ID, Place: int32(i), Record: record}
		if err := q.InsertStructureUse(ctx, use); err != nil {
			return err
		}
	}
	return nil
}

func finishCall(ctx context.Context, q *db.Queries, c discovery.Call) error {
	p := db.FinishCallParams{
		DiscoveryID: c.DiscoveryID, CallID: c.ID, Gen: int32(c.Gen), UserID: c.UserID, IdempotencyKey: c.IdempotencyKey,
		Tool: c.Tool, Server: c.Server, ToolVersion: c.ToolVersion, Arguments: c.Arguments, Status: string(c.Status),
		Result: c.Result, Attempts: int32(c.Attempts), StartedAt: c.StartedAt, EndedAt: c.EndedAt,
		Computation: c.Computation, ReusedFrom: c.ReusedFrom,
	}
	if c.ResumedFromStep != nil {
		n := int32(*c.ResumedFromStep)
		p.ResumedFromStep = &n
	}
	if c.Error != nil {
		body, err := json.Marshal(c.Error)
		if err != nil {
			return err
		}
		p.Error = body
	}
	return q.FinishCall(ctx, p)
}

func insertValues(ctx context.Context, q *db.Queries, m discovery.Made) error {
	// A call finished again under a new generation replaces its values.
	if err := q.DeleteValues(ctx, db.DeleteValuesParams{DiscoveryID: m.Call.DiscoveryID, CallID: m.Call.ID}); err != nil {
		return err
	}
	rows := make([]db.InsertValueParams, len(m.Values))
	for i, v := range m.Values {
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		rows[i] = db.InsertValueParams{
			DiscoveryID: m.Call.DiscoveryID, Key: v.Key, UserID: m.Call.UserID, Place: int64(i), CallID: m.Call.ID,
			Name: v.Name, Number: v.Number, Truth: v.Bool, Unit: v.Unit, Body: body,
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := q.InsertValue(ctx, rows)
	return err
}

// Made gives the values and structures of a discovery, in step order.
func (d *DB) Made(ctx context.Context, did string) ([]value.Value, []structure.Structure, error) {
	rows, err := d.q.ValuesOf(ctx, did)
	if err != nil {
		return nil, nil, wrap(err)
	}
	values := make([]value.Value, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Body, &values[i]); err != nil {
			return nil, nil, err
		}
		values[i].Number, values[i].Bool = r.Number, r.Truth
	}
	sort.SliceStable(values, func(i, j int) bool { return stepLess(values[i].CallID, values[j].CallID) })
	uses, err := d.q.StructuresOf(ctx, did)
	if err != nil {
		return nil, nil, wrap(err)
	}
	sort.SliceStable(uses, func(i, j int) bool { return stepLess(uses[i].CallID, uses[j].CallID) })
	seen := map[string]bool{}
	made := make([]structure.Structure, 0, len(uses))
	for _, u := range uses {
		if seen[u.ID] {
			continue
		}
		seen[u.ID] = true
		s, err := toStructure(u.Formula, u.Body)
		if err != nil {
			return nil, nil, err
		}
		made = append(made, s)
	}
	return values, made, nil
}

func stepOrder(a, b string) int {
	switch {
	case stepLess(a, b):
		return -1
	case stepLess(b, a):
		return 1
	}
	return 0
}

// stepLess orders steps by turn, then by call: t2 before t10.
func stepLess(a, b string) bool {
	x, okX := id.ParseStep(a)
	y, okY := id.ParseStep(b)
	if !okX || !okY {
		return a < b
	}
	return x.Less(y)
}

func toCall(r db.Call) (discovery.Call, error) {
	c := discovery.Call{
		ID: r.CallID, DiscoveryID: r.DiscoveryID, UserID: r.UserID, IdempotencyKey: r.IdempotencyKey, Gen: int(r.Gen),
		Tool: r.Tool, Server: r.Server, ToolVersion: r.ToolVersion, Arguments: r.Arguments, Status: tool.Status(r.Status),
		Result: r.Result, Attempts: int(r.Attempts), StartedAt: r.StartedAt, EndedAt: r.EndedAt,
		Computation: r.Computation, ReusedFrom: r.ReusedFrom,
	}
	if r.ResumedFromStep != nil {
		n := int(*r.ResumedFromStep)
		c.ResumedFromStep = &n
	}
	if r.EndedAt != nil {
		c.DurationS = r.EndedAt.Sub(r.StartedAt).Seconds()
	}
	var err error
	if len(r.Error) > 0 {
		c.Error = &tool.Error{}
		err = json.Unmarshal(r.Error, c.Error)
	}
	return c, errors.Join(err)
}
