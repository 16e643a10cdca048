package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/transcript"
)

// Load gives the messages from the root to head.
func (d turns) Load(ctx context.Context, head string) ([]transcript.Entry, error) {
	rows, err := d.q.LoadTranscript(ctx, head)
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]transcript.Entry, len(rows))
	for i, r := range rows {
		out[i] = transcript.Entry{ID: r.ID, ParentID: r.ParentID, DiscoveryID: r.DiscoveryID, UserID: r.UserID, Step: r.Step}
		if err := errors.Join(json.Unmarshal(r.Body, &out[i].Message), json.Unmarshal(r.Usage, &out[i].Usage)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Turn gives the committed turn of a step.
func (d turns) Turn(ctx context.Context, did string, gen int, step string) (discovery.Turn, error) {
	r, err := one2(d.q.GetTurn(ctx, db.GetTurnParams{DiscoveryID: did, Gen: int32(gen), Step: step}))("turn", step)
	if err != nil {
		return discovery.Turn{}, err
	}
	return toTurn(r)
}

func toTurn(r db.Turn) (discovery.Turn, error) {
	t := discovery.Turn{Step: r.Step, Gen: int(r.Gen), Head: r.Head, FinishReason: r.FinishReason}
	return t, errors.Join(json.Unmarshal(r.Calls, &t.Calls), json.Unmarshal(r.Usage, &t.Usage))
}

// CommitTurn appends the entries and the turn with its events.
func (d turns) CommitTurn(ctx context.Context, s event.Scope, t discovery.Turn, entries []transcript.Entry, events ...event.Event) error {
	calls, err := json.Marshal(append([]discovery.PlannedCall{}, t.Calls...))
	if err != nil {
		return err
	}
	usage, err := json.Marshal(t.Usage)
	if err != nil {
		return err
	}
	return d.tx(ctx, func(q *db.Queries) error {
		if err := fenced(ctx, q, s); err != nil {
			return err
		}
		for _, e := range entries {
			if err := insertMessage(ctx, q, e); err != nil {
				return err
			}
		}
		err := q.InsertTurn(ctx, db.InsertTurnParams{
			DiscoveryID: s.DiscoveryID, Gen: int32(t.Gen), Step: t.Step, UserID: s.UserID,
			Head: t.Head, FinishReason: t.FinishReason, Calls: calls, Usage: usage})
		if err != nil {
			return err
		}
		return appendEvents(ctx, q, s, events)
	})
}

func insertMessage(ctx context.Context, q *db.Queries, e transcript.Entry) error {
	body, err := json.Marshal(e.Message)
	if err != nil {
		return err
	}
	usage, err := json.Marshal(e.Usage)
	if err != nil {
		return err
	}
	var parent *string
	if e.ParentID != "" {
		parent = &e.ParentID
	}
	return q.InsertMessage(ctx, db.InsertMessageParams{
		ID: e.ID, ParentID: parent, DiscoveryID: e.DiscoveryID, UserID: e.UserID, Step: e.Step, Body: body, Usage: usage})
}
