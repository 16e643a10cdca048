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
	"crystalyse/internal/id"
)

// Reopen opens a closed discovery again.
func (d *DB) Reopen(ctx context.Context, userID, did string, r discovery.Retry) (out discovery.Discovery, reopened bool, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		if _, err := one2(q.GetUserDiscovery(ctx, db.GetUserDiscoveryParams{ID: did, UserID: userID}))("discovery", did); err != nil {
			return err
		}
		row, err := q.LockDiscovery(ctx, did)
		if err != nil {
			return err
		}
		if out, err = toDiscovery(row); err != nil || r.RequestID != "" && row.RetryRequest == r.RequestID {
			return err
		}
		if err := mayReopen(ctx, q, out); err != nil {
			return err
		}
		budget, err := json.Marshal(out.Again(r.Budget))
		if err != nil {
			return err
		}
		if row, err = q.ReopenDiscovery(ctx, db.ReopenDiscoveryParams{ID: did, Budget: budget, Request: r.RequestID}); err != nil {
			return err
		}
		if out, err = toDiscovery(row); err != nil {
			return err
		}
		reopened = true
		scope := event.Scope{SessionID: out.SessionID, DiscoveryID: did, UserID: userID, Mode: string(out.Mode.Effective()),
			Step: event.Outside(fmt.Sprintf("retry.%d", out.Retries))}
		return announce(ctx, q, scope, event.DiscoveryStatus{Status: string(discovery.StatusQueued), Details: "to be tried again"})
	})
	return out, reopened, err
}

func mayReopen(ctx context.Context, q *db.Queries, d discovery.Discovery) error {
	switch d.Status {
	case discovery.StatusFailed, discovery.StatusCancelled, discovery.StatusBudgetExhausted:
	case discovery.StatusCompleted, discovery.StatusDeclined:
		return fault.New(fault.CodeConflict, "the discovery is %s: there is no failed step", d.Status).WithHint("fork it to go another way")
	default:
		return fault.New(fault.CodeConflict, "the discovery is %s", d.Status).WithHint("wait until it is closed; a held step is tried again with retry_step")
	}
	// The same lock as a new question takes: none slips in behind the count.
	if _, err := q.LockSession(ctx, d.SessionID); err != nil {
		return err
	}
	n, err := q.OpenBefore(ctx, db.OpenBeforeParams{SessionID: d.SessionID, ID: maxID})
	if err == nil && n > 0 {
		err = fault.New(fault.CodeConflict, "another discovery of the session is open").WithHint("wait until it is closed, or fork this one")
	}
	return err
}

// maxID sorts after every discovery.
const maxID = id.DiscoveryPrefix + "~"

// Fork makes a discovery that goes on from a turn of another.
func (d *DB) Fork(ctx context.Context, userID, did string, f discovery.Fork) (out discovery.Discovery, created bool, err error) {
	err = d.tx(ctx, func(q *db.Queries) error {
		row, err := one2(q.GetUserDiscovery(ctx, db.GetUserDiscoveryParams{ID: did, UserID: userID}))("discovery", did)
		if err != nil {
			return err
		}
		parent, err := toDiscovery(row)
		if err != nil {
			return err
		}
		if f.Turn > 0 {
			row, err := q.TurnAt(ctx, db.TurnAtParams{DiscoveryID: did, Step: id.LLMStep(f.Turn)})
			if err != nil {
				_, err = one(struct{}{}, err, "turn", fmt.Sprint(f.Turn))
				return forkFault(err, f.Turn)
			}
			if err := settled(ctx, q, parent, row); err != nil {
				return err
			}
		}
		r, err := discovery.Request{UserID: userID, RequestID: f.RequestID, SessionID: parent.SessionID, Query: f.Query, Mode: parent.Mode}.Normalize()
		if err != nil {
			return err
		}
		if r.RequestID == "" {
			r.RequestID = id.New()
		}
		if out, created, err = create(ctx, q, r); err != nil || !created {
			return err
		}
		return copyTurns(ctx, q, parent.ID, &out, f.Turn)
	})
	return out, created, err
}

// settled refuses to go on from a turn whose calls are still at work: the fork
// would begin without results that its parent is about to have.
func settled(ctx context.Context, q *db.Queries, parent discovery.Discovery, row db.Turn) error {
	if parent.Status.Closed() {
		return nil // what is missing stays missing
	}
	t, err := toTurn(row)
	if err != nil {
		return err
	}
	for _, c := range t.Calls {
		_, err := q.NewestCall(ctx, db.NewestCallParams{DiscoveryID: parent.ID, CallID: c.CallID})
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.CodeConflict, "%s of that turn is still at work", c.CallID).
				WithHint("fork from an earlier turn, or once it has ended")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func forkFault(err error, turn int) error {
	if fault.Is(err, fault.CodeNotFound) {
		return fault.Invalid("turn", "the discovery has no turn %d", turn).WithHint("0 begins anew with an edited question")
	}
	return err
}

// copyTurns gives the fork what was computed up to the turn.
func copyTurns(ctx context.Context, q *db.Queries, parent string, fork *discovery.Discovery, turn int) error {
	n := int32(turn)
	row, err := q.MakeFork(ctx, db.MakeForkParams{ParentID: parent, ForkTurn: n, ID: fork.ID})
	if err != nil {
		return err
	}
	if *fork, err = toDiscovery(row); err != nil {
		return err
	}
	// Values and structures follow their calls, so the order counts.
	for _, copied := range []error{
		q.CopyTurns(ctx, db.CopyTurnsParams{Fork: fork.ID, Parent: parent, Turn: n}),
		q.CopyCalls(ctx, db.CopyCallsParams{Fork: fork.ID, Parent: parent, Turn: n}),
		q.CopyValues(ctx, db.CopyValuesParams{Fork: fork.ID, Parent: parent}),
		q.CopyUses(ctx, db.CopyUsesParams{Fork: fork.ID, Parent: parent}),
	} {
		if copied != nil {
			return copied
		}
	}
	return nil
}

// LastTurn gives the newest committed turn, and the highest generation.
func (d turns) LastTurn(ctx context.Context, did string) (discovery.Turn, int, error) {
	gen, err := d.q.HighestGen(ctx, did)
	if err != nil {
		return discovery.Turn{}, 0, wrap(err)
	}
	row, err := one2(d.q.LastTurn(ctx, did))("turn of", did)
	if err != nil {
		return discovery.Turn{}, int(gen), err
	}
	t, err := toTurn(row)
	return t, int(gen), err
}

// TurnAt gives the newest generation of a turn.
func (d turns) TurnAt(ctx context.Context, did string, turn int) (discovery.Turn, error) {
	step := id.LLMStep(turn)
	row, err := one2(d.q.TurnAt(ctx, db.TurnAtParams{DiscoveryID: did, Step: step}))("turn", step)
	if err != nil {
		return discovery.Turn{}, err
	}
	return toTurn(row)
}

// Reset opens a discovery whose run was reset from outside.
func (d lifecycle) Reset(ctx context.Context, s event.Scope) error {
	return d.tx(ctx, func(q *db.Queries) error {
		n, err := q.ResetDiscovery(ctx, s.DiscoveryID)
		if err != nil || n == 0 {
			return err
		}
		return announce(ctx, q, s, event.DiscoveryStatus{Status: string(discovery.StatusRunning), Details: "its run was reset", Gen: s.Gen})
	})
}

// Remembered gives what the user decided for the rest of a session.
func (d lifecycle) Remembered(ctx context.Context, sessionID string) ([]discovery.Remembered, error) {
	rows, err := d.q.SessionDecisions(ctx, sessionID)
	out := make([]discovery.Remembered, len(rows))
	for i, r := range rows {
		out[i] = discovery.Remembered{Tool: r.Tool, Decision: discovery.Decision(r.Decision)}
	}
	return out, wrap(err)
}

// Remember keeps such a decision.
func (d lifecycle) Remember(ctx context.Context, of discovery.Discovery, r discovery.Remembered) error {
	return wrap(d.q.RememberDecision(ctx, db.RememberDecisionParams{
		SessionID: of.SessionID, UserID: of.UserID, Tool: r.Tool, Decision: string(r.Decision)}))
}
