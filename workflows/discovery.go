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
	maxTurnsPerRun   = 40
	maxUpdatesPerRun = 1000
	holdFor          = 24 * time.Hour
	recheckSession   = time.Minute
)

// The shapes of a run. A change of what a run schedules, and when, gets a new
// one; what an older shape did stays as it was (CONTRIBUTING.md).
const (
	changeControl = "control"
	shapeControl  = 1 // parallel holds, budget warnings, finish_now ends running calls
	shapeSettle   = 2 // the run gives stopped calls their outcome; cancel_step acts under a pause
)

// run is one run of a discovery.
type run struct {
	in    Input
	st    State
	begin activities.BeginResult
	shape workflow.Version

	finishNow bool
	closing   bool // no instruction is taken any more
	late      bool // the wall time is spent
	turnsHere int
	updates   int
	telling   int      // instructions being told to viewers
	early     []notice // instructions that were taken before the start

	held      []*heldStep
	approvals []*approval
	questions []*question
	calls     []*activeCall
	clock     clock
	voice     workflow.Mutex // held while viewers are told something
}

// errStop ends the loop with a status that is a result, not a failure.
type errStop struct {
	status  discovery.Status
	details string
}

func (e *errStop) Error() string { return string(e.status) + ": " + e.details }

// DiscoveryWorkflow runs one discovery to its report.
func DiscoveryWorkflow(ctx workflow.Context, in Input) (Result, error) {
	r := &run{in: in, voice: workflow.NewMutex(ctx)}
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
	in := activities.BeginInput{DiscoveryID: r.in.DiscoveryID, Resume: r.in.Retry > 0 && !r.st.Started, Continued: r.st.Started}
	for n := 0; ; n++ {
		actx := activity(ctx, QueueDiscovery, fmt.Sprintf("begin.%d.%d", r.st.Counter, n), "take the session and open the transcript", quick)
		if err := workflow.ExecuteActivity(actx, activities.NameBegin, in).Get(ctx, &r.begin); err != nil {
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
	r.started()
	r.st.BeganAt = workflow.Now(ctx)
	if r.st.Budget.WallS > 0 {
		r.st.Deadline = workflow.Now(ctx).Add(time.Duration(r.st.Budget.WallS * float64(time.Second)))
	}
	return r.upsert(ctx)
}

// started takes what the first activity found.
func (r *run) started() {
	b := r.begin
	r.st.Started = true
	r.st.Head = b.Head
	r.st.Mode = b.Mode
	r.st.Policy = b.Policy
	asked := r.st.Budget // limits that were changed while the discovery was queued
	r.st.Budget = b.Budget.With(&asked)
	r.st.Status = discovery.StatusRunning
	r.st.Turn = b.Turn
	r.st.FanOuts = b.FanOuts
	if b.Forked {
		r.st.PrevGen = activities.NoResults
	}
	if p := b.Resume; p != nil {
		r.st.Gen, r.st.PrevGen, r.st.Open, r.st.Answered, r.st.Usage = p.Gen, p.PrevGen, p.Open, p.Answered, p.Usage
	}
}

func waitSignalOr(ctx workflow.Context, ch workflow.ReceiveChannel, d time.Duration) error {
	tctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(tctx, d, workflow.TimerOptions{Summary: "look again whether the session is free"})
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(ch, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	sel.AddFuture(timer, func(workflow.Future) {})
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	sel.Select(ctx)
	return ctx.Err()
}

// loop makes turns until the model answers, a limit is reached or the user stops.
func (r *run) loop(ctx workflow.Context) error {
	r.shape = workflow.GetVersion(ctx, changeControl, workflow.DefaultVersion, shapeSettle)
	if err := r.tellEarly(ctx); err != nil {
		return err
	}
	// The wall limit is a deadline for whatever runs at that moment, so the loop
	// works under a context that the timer cancels.
	wctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	if !r.st.Deadline.IsZero() || r.shape >= shapeControl {
		workflow.Go(wctx, func(gctx workflow.Context) {
			if r.awaitDeadline(gctx) == nil {
				r.late = true
				cancel()
			}
		})
	}
	for {
		done, err := r.turn(wctx)
		if r.late && ctx.Err() == nil {
			return &errStop{discovery.StatusBudgetExhausted, fmt.Sprintf("the wall time limit of %s is reached", seconds(r.st.Budget.WallS))}
		}
		if err != nil || done {
			return err
		}
		if r.finishNow && r.shape >= shapeControl {
			continue // the next turn ends it; a run that goes on as a new one would not know
		}
		if r.turnsHere >= maxTurnsPerRun || r.updates >= maxUpdatesPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if err := workflow.Await(ctx, func() bool { return r.told(ctx) }); err != nil {
				return err
			}
			if r.finishNow && r.shape >= shapeControl {
				continue
			}
			carry := r.st
			return workflow.NewContinueAsNewError(ctx, Discovery, Input{DiscoveryID: r.in.DiscoveryID, Carry: &carry, Retry: r.in.Retry})
		}
	}
}

// tellEarly tells viewers what was taken before the start.
func (r *run) tellEarly(ctx workflow.Context) error {
	if r.shape < shapeSettle {
		return nil
	}
	for len(r.early) > 0 {
		n := r.early[0]
		r.early = r.early[1:]
		if err := r.announce(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// turn makes one language-model turn and the tool calls it asks for.
func (r *run) turn(ctx workflow.Context) (done bool, err error) {
	if err := r.unpaused(ctx); err != nil {
		return false, err
	}
	if r.finishNow {
		return true, nil
	}
	if len(r.st.Open) > 0 {
		return false, r.callAll(ctx, r.st.Open)
	}
	if r.st.Answered && len(r.st.Notes) == 0 {
		return true, nil
	}
	if err := r.checkBudget(ctx); err != nil {
		return false, err
	}
	r.st.Turn++
	r.turnsHere++
	res, err := r.think(ctx)
	if err != nil {
		return false, err
	}
	r.st.Head = res.Head
	r.st.Open = res.Calls
	r.st.Answered = len(res.Calls) == 0
	if r.st.Answered {
		// Steering that came while the model gave its answer still counts.
		return len(r.st.Notes) == 0, nil
	}
	return false, r.callAll(ctx, res.Calls)
}

// think runs the language-model step, holding on failure.
func (r *run) think(ctx workflow.Context) (activities.TurnResult, error) {
	step := id.LLMStep(r.st.Turn)
	notes := r.st.Notes
	for {
		var res activities.TurnResult
		r.details(ctx, "thinking (turn "+fmt.Sprint(r.st.Turn)+")")
		actx := r.fair(activity(ctx, QueueLLM, fmt.Sprintf("%d.%s", r.st.Gen, step), fmt.Sprintf("turn %d: the model thinks", r.st.Turn), thinking))
		f := workflow.ExecuteActivity(actx, activities.NameLLMTurn, activities.TurnInput{
			DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, Turn: r.st.Turn, Step: step, Notes: notes,
			Head: r.st.Head, PrevGen: r.st.PrevGen, Usage: r.st.Usage, Budget: r.st.Budget,
		})
		r.clock.work(ctx, r, 1)
		err := f.Get(ctx, &res)
		r.clock.work(ctx, r, -1)
		if err == nil {
			r.st.PrevGen = r.st.Gen
			r.st.Notes = r.st.Notes[len(notes):]
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
		if err := r.unpaused(ctx); err != nil {
			return res, err
		}
	}
}
