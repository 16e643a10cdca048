package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// callRun is one attempt of one call.
type callRun struct {
	a       *Activities
	rec     *Recorder
	in      CallInput
	planned discovery.PlannedCall
	call    discovery.Call
	hb      *heartbeat
	copies  copier
	task    *event.TaskStart
	records map[string]tool.Record // of the structures it names

	said    []event.Event // what announces the call, while it is not stored
	told    chan struct{} // closed when telling it is over; then tellErr is set
	tellErr error
}

// already gives the result when this call, or the same computation under an
// earlier generation, is committed.
func (c *callRun) already(ctx context.Context) (*CallResult, error) {
	have, err := c.a.Calls.ByKey(ctx, c.call.IdempotencyKey)
	if fault.Is(err, fault.CodeNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &CallResult{Status: have.Status, Cached: have.Gen != c.in.Gen}, nil
}

func deref(r *CallResult) CallResult {
	if r == nil {
		return CallResult{}
	}
	return *r
}

// start makes what announces the call: it is stored with the outcome, or before
// that by announce.
func (c *callRun) start() error {
	var args map[string]any
	if err := json.Unmarshal(c.planned.Arguments, &args); err != nil {
		return fmt.Errorf("call %s: stored arguments: %w", c.call.ID, err)
	}
	if c.call.Server == memory.Server && args["content"] != nil {
		args["content"] = memory.Kept // events never hold the content of one
	}
	return c.say(event.ToolCallStart{CallID: c.call.ID, Tool: c.call.Tool, Server: c.call.Server, Arguments: args})
}

func (c *callRun) say(p event.Payload) error {
	events, err := c.rec.Make(p)
	c.said = append(c.said, events...)
	return err
}

// announce stores what announces the call.
func (c *callRun) announce(ctx context.Context) error {
	if len(c.said) == 0 {
		return nil
	}
	err := c.rec.Store(ctx, c.said...)
	if err == nil {
		c.said = nil
	}
	return err
}

// tell announces the call while its tool begins to work, which need not wait for
// the disk. Nothing of the call is shown before, and its outcome takes along what
// could not be stored.
func (c *callRun) tell(ctx context.Context) {
	c.told = make(chan struct{})
	go func() {
		defer close(c.told)
		c.tellErr = c.announce(ctx)
	}()
}

// refusal gives the reason why a call must not reach its server: it could not
// be planned, or it names a structure that is not this user's.
func (c *callRun) refusal(ctx context.Context) (*tool.Error, error) {
	if c.planned.Error != nil {
		return c.planned.Error, nil
	}
	ids := structure.FindIDs(c.planned.Arguments)
	if len(ids) == 0 {
		return nil, nil
	}
	mine, err := c.a.Structures.Records(ctx, c.call.UserID, c.call.DiscoveryID, ids)
	if err != nil {
		return nil, err
	}
	c.records = known(mine)
	var unknown []string
	for _, s := range ids {
		if mine[s] == nil {
			unknown = append(unknown, s)
		}
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	return &tool.Error{Code: "not_found", Field: "structure_id", Message: "unknown structure " + strings.Join(unknown, ", "),
		Suggestions: []string{"use the structure_id of an earlier result, exactly as it was returned"}}, nil
}

// run waits for the server and calls it, under the deadline of the discovery.
func (c *callRun) run(ctx context.Context) (CallResult, error) {
	cctx, cancel := stopWithWorker(ctx)
	defer cancel(nil)
	if deadline := c.raised(c.rec.deadline); !deadline.IsZero() {
		var stop context.CancelFunc
		cctx, stop = context.WithDeadlineCause(cctx, deadline, errDeadline)
		defer stop()
	}
	if err := c.waitReady(cctx); err != nil {
		return c.ended(ctx, cctx, err)
	}
	if err := c.stageIn(cctx); err != nil {
		return c.ended(ctx, cctx, err)
	}
	if err := c.startTask(); err != nil {
		return CallResult{}, err
	}
	c.tell(cctx)
	c.copies = copier{a: c.a, key: c.call.IdempotencyKey, seen: map[string]time.Time{}}
	inv := tool.Invocation{
		Tool: c.call.Tool, Server: c.call.Server, Arguments: c.call.Arguments, IdempotencyKey: c.call.IdempotencyKey,
		UserID: c.call.UserID, SessionID: c.rec.Scope().SessionID, DiscoveryID: c.call.DiscoveryID,
		Fence: fence(c.rec.Scope()), Deadline: c.in.Deadline, OnProgress: c.progress(cctx), Records: c.records,
	}
	if c.planned.Long {
		inv.CheckpointDir, inv.Computation = c.a.checkpointDir(c.call.IdempotencyKey), c.call.Computation
	}
	fl, out, err := c.fly(ctx, cctx, inv)
	<-c.told
	if err != nil {
		return c.ended(ctx, cctx, err)
	}
	c.call.StartedAt = fl.began // what it waited for a slot is not its own time
	res, err := c.commit(ctx, out)
	if err != nil {
		// The outcome waits for the next attempt: a database that was away for a
		// moment does not cost the calculation.
		fl.leave()
		return res, err
	}
	c.a.flights.land(inv.IdempotencyKey, fl.flight)
	return res, nil
}

// fly makes the call, or joins it where it runs already, and waits for it. When
// only touch with the engine is lost, the call goes on for the next attempt.
func (c *callRun) fly(ctx, cctx context.Context, inv tool.Invocation) (seat, tool.Outcome, error) {
	var slots Slots
	if c.planned.Long {
		slots = c.a.LongSlots
	}
	fl, joined := c.a.flights.board(ctx, c.rec.Scope(), inv, slots, c.a.Tools.Call)
	if joined {
		c.a.Log.InfoContext(ctx, "joined a call that runs already", "call", c.call.ID, "discovery", c.in.DiscoveryID)
	}
	select {
	case <-fl.done:
	case <-c.overtaken():
		fl.leave()
		return fl, tool.Outcome{}, c.tellErr
	case <-cctx.Done():
		if c.lostTouch(ctx, cctx) {
			fl.leave()
			return fl, tool.Outcome{}, fault.Wrap(fault.CodeUnavailable, context.Cause(cctx), "touch with the workflow engine was lost during %s; it goes on", c.call.Tool)
		}
		fl.cancel(context.Cause(cctx))
		<-fl.done
	}
	if fl.err != nil {
		c.a.flights.land(inv.IdempotencyKey, fl.flight)
	}
	return fl, fl.out, fl.err
}

// overtaken is closed when telling of the call finds that another attempt is
// newer.
func (c *callRun) overtaken() <-chan struct{} {
	over := make(chan struct{})
	go func() {
		<-c.told
		if fault.Is(c.tellErr, fault.CodeConflict) {
			close(over)
		}
	}()
	return over
}

// lostTouch reports whether an attempt ends for no reason of its own: nobody
// asked for its end, and the discovery is open.
func (c *callRun) lostTouch(ctx, cctx context.Context) bool {
	cause := context.Cause(cctx)
	for _, own := range []error{errWorkerStopping, errDeadline, activity.ErrActivityPaused, activity.ErrActivityReset} {
		if errors.Is(cause, own) {
			return false
		}
	}
	return !c.isCancelled(ctx)
}

// deadline is when the wall limit ends: as it was when the call was scheduled,
// or later if the user has raised it since. (A lowered one arrives as a
// cancellation.)
func (c *callRun) deadline(ctx context.Context) (time.Time, error) {
	if c.in.Deadline.IsZero() {
		return time.Time{}, nil
	}
	d, err := c.a.Lifecycle.Load(ctx, c.in.DiscoveryID)
	if err != nil {
		return time.Time{}, err
	}
	return c.raised(d.Deadline), nil
}

// raised takes a later deadline of the record; a call without one has none.
func (c *callRun) raised(recorded *time.Time) time.Time {
	if !c.in.Deadline.IsZero() && recorded != nil && recorded.After(c.in.Deadline) {
		c.in.Deadline = *recorded
	}
	return c.in.Deadline
}

// answerBy is half of the time there is when the tool is asked, which may be long
// after the call was scheduled, when no slot was free: a search that takes all the
// time leaves none for what its result is needed for.
func answerBy(began, deadline time.Time) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	return began.Add(deadline.Sub(began) / 2)
}

var errDeadline = errors.New("the wall time limit of the discovery is reached")

// fence orders the attempts of one computation by what the database counted for
// them, never by a clock: a host whose clock is set back must not make the
// newest attempt look stale. A later generation comes after every attempt of an
// earlier one. Folders of former versions hold a time in milliseconds, which the
// first bit is above of.
func fence(s event.Scope) int64 {
	return 1<<42 | int64(s.Gen)<<20 | int64(s.Attempt)
}

// ended tells apart why a call came back without an outcome.
func (c *callRun) ended(ctx, cctx context.Context, err error) (CallResult, error) {
	cause := context.Cause(cctx)
	switch {
	case errors.Is(cause, errWorkerStopping):
		return CallResult{}, fault.Wrap(fault.CodeUnavailable, err, "the worker stopped during %s; it goes on from its checkpoint", c.call.Tool)
	case errors.Is(cause, activity.ErrActivityPaused), errors.Is(cause, activity.ErrActivityReset):
		return CallResult{}, cause
	case errors.Is(cause, errDeadline):
		if later, derr := c.deadline(ctx); derr != nil || time.Until(later) > 0 {
			return CallResult{}, fault.Wrap(fault.CodeUnavailable, errors.Join(err, derr), "the wall limit was raised during %s; it goes on from its checkpoint", c.call.Tool)
		}
		return c.commit(ctx, cancelled(errDeadline.Error()))
	case c.isCancelled(ctx):
		if c.in.Settles && temporal.IsCanceledError(context.Cause(ctx)) {
			return CallResult{}, ctx.Err() // the run knows why, and records it
		}
		if paused, perr := c.isPaused(detached(ctx)); perr == nil && paused {
			return CallResult{}, ctx.Err() // it is made again after the pause, from its checkpoint
		}
		if _, cerr := c.commit(detached(ctx), cancelled("stopped by the user")); cerr != nil {
			c.a.Log.WarnContext(ctx, "a cancelled call could not be recorded", "call", c.call.ID, "error", cerr)
		}
		return CallResult{}, ctx.Err()
	}
	return CallResult{}, err
}

// isCancelled reports whether the engine asked for the end of the activity, as
// against losing touch with it (then another attempt goes on). An engine that
// does not know the attempt any more has timed it out, unless the discovery is
// closed.
func (c *callRun) isCancelled(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	cause := context.Cause(ctx)
	if temporal.IsCanceledError(cause) {
		return true
	}
	var gone *serviceerror.NotFound
	if !errors.As(cause, &gone) {
		return false
	}
	closed, err := c.a.isClosed(detached(ctx), c.in.DiscoveryID)
	return err == nil && closed
}

func (c *callRun) isPaused(ctx context.Context) (bool, error) {
	d, err := c.a.Lifecycle.Load(ctx, c.in.DiscoveryID)
	return d.Paused, err
}

func cancelled(why string) tool.Outcome {
	return tool.Outcome{Status: tool.StatusCancelled, Error: &tool.Error{Code: "cancelled", Message: why,
		Suggestions: []string{"what was computed before is kept"}}}
}
