package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/id"
)

// Limits of one run; beyond them the discovery continues as new.
const (
	maxTurnsPerRun = 40
	holdFor        = 24 * time.Hour
	recheckSession = time.Minute
)

// run is one run of a discovery.
type run struct {
	in    Input
	st    State
	begin activities.BeginResult

	finishNow bool
	held      *heldStep // set while waiting for the user after a failure
	turnsHere int
}

// errStop ends the loop with a status that is a result, not a failure.
type errStop struct {
	status  discovery.Status
	details string
}

func (e *errStop) Error() string { return string(e.status) + ": " + e.details }

// DiscoveryWorkflow runs one discovery to its report.
func DiscoveryWorkflow(ctx workflow.Context, in Input) (Result, error) {
	r := &run{in: in}
	if in.Carry != nil {
		r.st = *in.Carry
	}
	if err := r.handlers(ctx); err != nil {
		return Result{}, err
	}
	err := r.open(ctx)
	if err == nil {
		err = r.loop(ctx)
	}
	var again *workflow.ContinueAsNewError
	if errors.As(err, &again) {
		return Result{}, err
	}
	return r.finish(ctx, err)
}

// open waits until the session is ours.
func (r *run) open(ctx workflow.Context) error {
	nudge := workflow.GetSignalChannel(ctx, SignalNudge)
	for n := 0; ; n++ {
		actx := activity(ctx, QueueTools, fmt.Sprintf("begin.%d.%d", r.st.Counter, n), "take the session and open the transcript", quick)
		if err := workflow.ExecuteActivity(actx, activities.NameBegin, activities.BeginInput{DiscoveryID: r.in.DiscoveryID}).Get(ctx, &r.begin); err != nil {
			return err
		}
		if r.begin.Ready {
			break
		}
		r.details(ctx, "waiting for the earlier discovery of this session")
		if err := waitSignalOr(ctx, nudge, recheckSession); err != nil {
			return err
		}
	}
	if r.st.Started {
		return nil
	}
	r.st.Started = true
	r.st.Head = r.begin.Head
	r.st.Mode = r.begin.Mode
	r.st.Budget = r.begin.Budget
	r.st.Status = discovery.StatusRunning
	if r.st.Budget.WallS > 0 {
		r.st.Deadline = workflow.Now(ctx).Add(time.Duration(r.st.Budget.WallS * float64(time.Second)))
	}
	return r.upsert(ctx)
}

func waitSignalOr(ctx workflow.Context, ch workflow.ReceiveChannel, d time.Duration) error {
	tctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimer(tctx, d)
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(ch, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	sel.AddFuture(timer, func(workflow.Future) {})
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	sel.Select(ctx)
	return ctx.Err()
}

// loop makes turns until the model answers, a limit is reached or the user stops.
func (r *run) loop(ctx workflow.Context) error {
	// The wall limit is a deadline for whatever runs at that moment, so the loop
	// works under a context that the timer cancels.
	wctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	wallSpent := false
	if !r.st.Deadline.IsZero() {
		workflow.Go(wctx, func(gctx workflow.Context) {
			if r.awaitDeadline(gctx) == nil {
				wallSpent = true
				cancel()
			}
		})
	}
	for {
		done, err := r.turn(wctx)
		if wallSpent && ctx.Err() == nil {
			return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the wall time limit of %s is reached", seconds(r.st.Budget.WallS))}
		}
		if err != nil || done {
			return err
		}
		if r.turnsHere >= maxTurnsPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
			carry := r.st
			return workflow.NewContinueAsNewError(ctx, Discovery, Input{DiscoveryID: r.in.DiscoveryID, Carry: &carry})
		}
	}
}

// awaitDeadline returns when the wall time is spent. Time in which the discovery
// waits for its user does not count: hold moves the deadline.
func (r *run) awaitDeadline(ctx workflow.Context) error {
	for {
		if err := workflow.Await(ctx, func() bool { return r.held == nil }); err != nil {
			return err
		}
		left := r.st.Deadline.Sub(workflow.Now(ctx))
		if left <= 0 {
			return nil
		}
		if err := workflow.NewTimer(ctx, left).Get(ctx, nil); err != nil {
			return err
		}
	}
}

// turn makes one language-model turn and the tool calls it asks for.
func (r *run) turn(ctx workflow.Context) (done bool, err error) {
	if r.finishNow {
		return true, nil
	}
	if err := r.checkBudget(); err != nil {
		return false, err
	}
	r.st.Turn++
	r.turnsHere++
	res, err := r.think(ctx)
	if err != nil {
		return false, err
	}
	r.st.Head = res.Head
	if len(res.Calls) == 0 {
		return true, nil
	}
	if err := r.reserve(len(res.Calls)); err != nil {
		return false, err
	}
	return false, r.callAll(ctx, res.Calls)
}

// think runs the language-model step, holding on failure.
func (r *run) think(ctx workflow.Context) (activities.TurnResult, error) {
	step := id.LLMStep(r.st.Turn)
	for {
		var res activities.TurnResult
		r.details(ctx, "thinking (turn "+fmt.Sprint(r.st.Turn)+")")
		actx := activity(ctx, QueueLLM, fmt.Sprintf("%d.%s", r.st.Gen, step), fmt.Sprintf("turn %d: the model thinks", r.st.Turn), thinking)
		err := workflow.ExecuteActivity(actx, activities.NameLLMTurn, activities.TurnInput{
			DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, Turn: r.st.Turn, Step: step,
			Head: r.st.Head, PrevGen: r.st.PrevGen, Usage: r.st.Usage, Budget: r.st.Budget,
		}).Get(ctx, &res)
		if err == nil {
			r.st.PrevGen = r.st.Gen
			r.st.Usage.TokensIn += res.TokensIn
			r.st.Usage.TokensOut += res.TokensOut
			return res, nil
		}
		if ctx.Err() != nil || temporal.IsCanceledError(err) {
			return res, err
		}
		if _, herr := r.hold(ctx, step, false, err); herr != nil {
			return res, herr
		}
	}
}

// callAll runs the calls of a turn side by side. One failing step does not
// disturb the others: it is held when they are done.
func (r *run) callAll(ctx workflow.Context, calls []activities.CallRef) error {
	turnGen := r.st.PrevGen
	futures := make([]workflow.Future, len(calls))
	r.details(ctx, describe(calls))
	for i, c := range calls {
		futures[i] = r.startCall(ctx, c, turnGen)
	}
	for i, c := range calls {
		var res activities.CallResult
		err := futures[i].Get(ctx, &res)
		for err != nil {
			if ctx.Err() != nil || temporal.IsCanceledError(err) {
				break
			}
			choice, herr := r.hold(ctx, c.CallID, true, err)
			if herr != nil {
				err = herr
				break
			}
			if choice == discovery.UpdateSkipStep {
				err = r.skip(ctx, c, turnGen)
				break
			}
			err = r.startCall(ctx, c, turnGen).Get(ctx, &res)
		}
		if err != nil {
			return r.settle(ctx, futures[i+1:], err)
		}
		if !res.Cached {
			r.st.Usage.ToolCalls++
		}
		r.st.Reserved--
	}
	return nil
}

// settle waits for the calls that still run when the turn is given up: their
// processes must be gone before the discovery is closed.
func (r *run) settle(ctx workflow.Context, rest []workflow.Future, cause error) error {
	quiet, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	for _, f := range rest {
		// Their own ends are recorded by their activities; only waiting matters.
		_ = f.Get(quiet, nil)
	}
	r.st.Reserved = 0
	return cause
}

func (r *run) startCall(ctx workflow.Context, c activities.CallRef, turnGen int) workflow.Future {
	kind := short
	if c.Long {
		kind = long
	}
	actx := activity(ctx, QueueTools, fmt.Sprintf("%d.%s", r.st.Gen, c.CallID), c.Summary, kind)
	return workflow.ExecuteActivity(actx, activities.NameCallTool, r.callInput(c, turnGen))
}

func (r *run) callInput(c activities.CallRef, turnGen int) activities.CallInput {
	return activities.CallInput{
		DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, TurnGen: turnGen, Turn: r.st.Turn,
		Step: c.CallID, Branch: r.st.Branch, Deadline: r.st.Deadline,
	}
}

func (r *run) skip(ctx workflow.Context, c activities.CallRef, turnGen int) error {
	in := r.callInput(c, turnGen)
	in.Reason = "skipped by the user after it failed"
	actx := activity(ctx, QueueTools, fmt.Sprintf("%d.%s.skip", r.st.Gen, c.CallID), "skip "+c.Summary, quick)
	return workflow.ExecuteActivity(actx, activities.NameSkipTool, in).Get(ctx, nil)
}
