package discovery

import (
	"context"
	"log/slog"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Controls is how a user steers an open discovery and asks where it stands, by
// whatever door they come.
type Controls struct {
	Store interface {
		Get(ctx context.Context, userID, id string) (Discovery, error)
	}
	Runner Runner
	Log    *slog.Logger
}

// Instruct checks an instruction and sends it to the run of the user's discovery,
// which takes or refuses it. It gives the instruction as it was sent: one without
// a request id gets one.
func (c Controls) Instruct(ctx context.Context, userID, did string, u Update) (Update, error) {
	u, err := u.Normalize()
	if err != nil {
		return u, err
	}
	if u.RequestID == "" {
		u.RequestID = id.New()
	} else if !id.IsRequest(u.RequestID) {
		return u, fault.Invalid("request_id", id.RequestRule)
	}
	d, err := c.find(ctx, userID, did)
	if err != nil {
		return u, err
	}
	if d.Status.Closed() {
		return u, fault.New(fault.CodeConflict, "the discovery is %s already", d.Status).WithHint("retry it, or fork it from one of its turns")
	}
	return u, c.Runner.Update(ctx, d.ID, u)
}

// State says where a discovery stands and what it waits for. A run that cannot be
// asked just now leaves what its record says.
func (c Controls) State(ctx context.Context, userID, did string) (RunState, error) {
	d, err := c.find(ctx, userID, did)
	if err != nil || d.Status.Closed() {
		return StateOf(d), err
	}
	live, err := c.Runner.State(ctx, d.ID)
	if err != nil {
		c.Log.DebugContext(ctx, "a run could not be asked for its state", "discovery", d.ID, "error", err)
		return StateOf(d), nil
	}
	return live, nil
}

func (c Controls) find(ctx context.Context, userID, did string) (Discovery, error) {
	if !id.IsDiscovery(did) {
		return Discovery{}, fault.NotFound("discovery", clipped(did))
	}
	return c.Store.Get(ctx, userID, did)
}
