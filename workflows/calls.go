package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// activeCall is a call of the current turn.
type activeCall struct {
	ref       activities.CallRef
	turnGen   int
	cancel    func()
	begun     bool // viewers may know of it
	running   bool // its activity is scheduled
	stopped   bool // by a pause: it is made again afterwards
	cancelled bool // given up by the user
	done      bool
	err       error

	fan       *activities.FanOut // of a call that fanned out
	evaluated int                // candidates of it that the budget allowed
	made      int                // calls of them that were made
}

// callAll runs the calls of a turn side by side. One failing step does not
// disturb the others: it waits for the user while they go on. Every call has
// ended when callAll returns, since its processes must be gone before the
// discovery is closed.
func (r *run) callAll(ctx workflow.Context, refs []activities.CallRef) error {
	if err := r.reserve(ctx, len(refs)); err != nil {
		return err
	}
	r.details(ctx, describe(refs))
	r.calls = make([]*activeCall, len(refs))
	left := len(refs)
	for i, ref := range refs {
		c := &activeCall{ref: ref, turnGen: r.st.PrevGen}
		r.calls[i] = c
		var before *activeCall
		if i > 0 && r.shape < shapeControl {
			before = r.calls[i-1]
		}
		workflow.Go(ctx, func(gctx workflow.Context) {
			c.err = r.call(gctx, c, before)
			c.done = true
			left--
		})
	}
	quiet, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := workflow.Await(quiet, func() bool { return left == 0 }); err != nil {
		return err
	}
	var err error
	for _, c := range r.calls {
		if c.err != nil && err == nil {
			err = c.err
		}
	}
	r.calls, r.st.Reserved = nil, 0
	if err == nil {
		r.st.Open = nil
	}
	return err
}

// call takes one call to its end. One that has begun and is cut off for good has
// its outcome recorded here: nobody else knows that it is not made again.
func (r *run) call(ctx workflow.Context, c *activeCall, before *activeCall) error {
	err := r.pursue(ctx, c, before)
	if err == nil || !c.begun || r.shape < shapeSettle {
		return err
	}
	quiet, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if serr := r.settle(quiet, c, r.cutOff(ctx, err)); serr != nil {
		workflow.GetLogger(ctx).Warn("a call that was cut off could not be recorded", "call", c.ref.CallID, "error", serr)
	}
	return err
}

// cutOff words why a call has no outcome of its own.
func (r *run) cutOff(ctx workflow.Context, cause error) activities.SettleInput {
	var stop *errStop
	why := "stopped from outside"
	switch {
	case errors.As(cause, &stop):
		why = stop.details
	case r.late:
		why = "the wall time limit of the discovery is reached"
	case ctx.Err() != nil:
		why = "stopped by the user"
	}
	return activities.SettleInput{Status: tool.StatusCancelled, Error: &tool.Error{
		Code: "cancelled", Message: why, Suggestions: []string{"what was computed before is kept"},
	}}
}

// pursue takes one call to its outcome: the policy, the tool itself, and what
// the user decides on the way.
func (r *run) pursue(ctx workflow.Context, c *activeCall, before *activeCall) error {
	if allowed, err := r.permit(ctx, c); err != nil || !allowed {
		return err
	}
	for {
		if err := r.unpausedOr(ctx, func() bool { return c.cancelled && r.shape >= shapeSettle }); err != nil {
			return err
		}
		if c.cancelled || r.finishNow && r.shape >= shapeControl {
			return r.giveUp(ctx, c)
		}
		res, err := r.execute(ctx, c)
		switch {
		case err == nil:
			if !res.Cached {
				r.st.Usage.ToolCalls++
			}
			r.st.Reserved--
			return nil
		case ctx.Err() != nil:
			return err
		case c.cancelled, temporal.IsCanceledError(err) && r.finishNow && r.shape >= shapeControl:
			return r.giveUp(ctx, c)
		case c.stopped:
			c.stopped = false
			continue
		case temporal.IsCanceledError(err):
			return err
		}
		if before != nil {
			// The older shape told of failures one after another.
			if err := workflow.Await(ctx, func() bool { return before.done }); err != nil {
				return err
			}
			if before.err != nil {
				return err
			}
		}
		choice, herr := r.hold(ctx, c.ref.CallID, true, err)
		if herr != nil {
			return herr
		}
		if choice == discovery.UpdateSkipStep {
			r.st.Reserved--
			return r.skip(ctx, c)
		}
	}
}

// execute makes the call once, under a context of its own that cancel_step,
// pause and finish_now end.
func (r *run) execute(ctx workflow.Context, c *activeCall) (activities.CallResult, error) {
	cctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	c.cancel, c.begun = cancel, true
	if c.ref.Server == tool.ServerWorkflow {
		return r.answerTool(cctx, c)
	}
	k, queue := short, QueueTools
	if c.ref.Long {
		k, queue = long, r.longQueue()
	}
	actx := r.fair(activity(cctx, queue, fmt.Sprintf("%d.%s", r.st.Gen, c.ref.CallID), c.ref.Summary, k))
	var res activities.CallResult
	f := workflow.ExecuteActivity(actx, activities.NameCallTool, r.callInput(c))
	c.running = true
	r.clock.work(ctx, r, 1)
	err := f.Get(ctx, &res)
	r.clock.work(ctx, r, -1)
	c.running = false
	return res, err
}

// longQueue is where long calls run.
func (r *run) longQueue() string {
	if r.begin.LongQueue != "" {
		return r.begin.LongQueue
	}
	return QueueTools
}

func (r *run) callInput(c *activeCall) activities.CallInput {
	return activities.CallInput{
		DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, TurnGen: c.turnGen, Turn: r.st.Turn,
		Step: c.ref.CallID, Branch: r.st.Branch, Deadline: r.st.Deadline, Settles: r.shape >= shapeSettle,
	}
}

func (r *run) skip(ctx workflow.Context, c *activeCall) error {
	in := r.callInput(c)
	in.Reason = "skipped by the user after it failed"
	actx := activity(ctx, QueueDiscovery, fmt.Sprintf("%d.%s.skip", r.st.Gen, c.ref.CallID), "skip "+c.ref.Summary, quick)
	return workflow.ExecuteActivity(actx, activities.NameSkipTool, in).Get(ctx, nil)
}

// giveUp records a call that the user gave up, unless its own activity did.
func (r *run) giveUp(ctx workflow.Context, c *activeCall) error {
	r.st.Reserved--
	return r.settle(ctx, c, activities.SettleInput{Status: tool.StatusCancelled, Error: &tool.Error{
		Code: "cancelled", Message: "given up by the user", Suggestions: []string{"go on without this result, and say that it is missing"},
	}})
}

// settle gives a call an outcome that no tool gave. One that fanned out keeps
// what its candidates found.
func (r *run) settle(ctx workflow.Context, c *activeCall, in activities.SettleInput) error {
	in.CallInput = r.callInput(c)
	actx := activity(ctx, QueueDiscovery, fmt.Sprintf("%d.%s.settle", r.st.Gen, c.ref.CallID), "outcome of "+c.ref.Summary, quick)
	if c.fan != nil && r.shape >= shapeSettle {
		return workflow.ExecuteActivity(actx, activities.NameSettleCandidates, activities.SettleCandidatesInput{
			CallInput: in.CallInput, Base: c.fan.Base, Evaluated: c.evaluated, Status: in.Status, Error: in.Error,
		}).Get(ctx, nil)
	}
	return workflow.ExecuteActivity(actx, activities.NameSettle, in).Get(ctx, nil)
}

// fair shares a queue between users: nobody's thousand calls keep another's one
// waiting.
func (r *run) fair(ctx workflow.Context) workflow.Context {
	if r.begin.UserID == "" {
		return ctx
	}
	return workflow.WithPriority(ctx, temporal.Priority{FairnessKey: r.begin.UserID})
}
