package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// What one run takes before it is refused with clear words.
const (
	maxNotes  = 20   // steering the model has not read
	maxInTurn = 1800 // instructions within one run; the engine's own limit is 2000
	maxSeen   = 200  // request ids remembered over runs
)

// handler is how a run takes one kind of instruction. check runs before it is
// accepted and changes nothing; do changes the state; tell says it to viewers.
type handler struct {
	kind  discovery.UpdateKind
	check func(workflow.Context, discovery.Update) error
	do    func(workflow.Context, discovery.Update) *notice
}

// handlers registers updates and queries before any work, so that none is lost
// at the start of a run.
func (r *run) handlers(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, QueryState, func() (State, error) { return r.st, nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, QueryRun, func() (discovery.RunState, error) { return r.state(ctx), nil }); err != nil {
		return err
	}
	for _, h := range []handler{
		{discovery.UpdateSteer, r.maySteer, r.steer},
		{discovery.UpdateAnswer, r.mayAnswer, r.answer},
		{discovery.UpdateApprove, r.mayApprove, r.approve},
		{discovery.UpdatePause, r.mayPause, r.pause},
		{discovery.UpdateResume, r.mayResume, r.resume},
		{discovery.UpdateCancelStep, r.mayCancelStep, r.cancelStep},
		{discovery.UpdateSetBudget, r.maySetBudget, r.setBudget},
		{discovery.UpdateRetryStep, r.mayDecide, r.decide},
		{discovery.UpdateSkipStep, r.mayDecide, r.decide},
		{discovery.UpdateFinishNow, nil, r.finishEarly},
	} {
		if err := r.register(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) register(ctx workflow.Context, h handler) error {
	check := func(ctx workflow.Context, u discovery.Update) error {
		u.Kind = h.kind
		switch {
		case slices.Contains(r.st.Seen, u.RequestID) && u.RequestID != "":
			return nil // taken before this run; done again it changes nothing
		case r.closing || r.st.Status.Closed():
			return refused("the discovery is closed")
		case r.updates >= maxInTurn:
			return refused("too many instructions within one step; wait until it has ended")
		case h.check == nil:
			return nil
		}
		return h.check(ctx, u)
	}
	do := func(ctx workflow.Context, u discovery.Update) error {
		if u.RequestID != "" && slices.Contains(r.st.Seen, u.RequestID) {
			return nil
		}
		u.Kind = h.kind
		r.updates++
		r.st.Seen = append(r.st.Seen, u.RequestID)
		r.st.Seen = r.st.Seen[max(0, len(r.st.Seen)-maxSeen):]
		n := h.do(ctx, u)
		switch {
		case n == nil:
			return nil
		case !r.st.Started:
			r.early = append(r.early, *n)
			return nil
		}
		// The instruction is taken; whoever sent it does not wait for the telling.
		r.telling++
		workflow.Go(ctx, func(gctx workflow.Context) {
			defer func() { r.telling-- }()
			if err := r.announce(gctx, *n); err != nil {
				workflow.GetLogger(gctx).Warn("an instruction could not be told to viewers", "kind", h.kind, "error", err)
			}
			if n.then != nil {
				n.then()
			}
		})
		return nil
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, string(h.kind), do, workflow.UpdateHandlerOptions{Validator: check})
}

// told reports whether every instruction that was taken has been told.
func (r *run) told(ctx workflow.Context) bool {
	return r.telling == 0 && workflow.AllHandlersFinished(ctx)
}

func (r *run) maySteer(_ workflow.Context, u discovery.Update) error {
	if len(r.st.Notes) >= maxNotes {
		return refused(fmt.Sprintf("%d instructions wait for the model already; it reads them before its next turn", len(r.st.Notes)))
	}
	return nil
}

func (r *run) steer(_ workflow.Context, u discovery.Update) *notice {
	r.st.Notes = append(r.st.Notes, activities.Note{ID: u.RequestID, Text: u.Text})
	return &notice{details: u.Text, word: "steered"}
}

func (r *run) mayAnswer(_ workflow.Context, u discovery.Update) error {
	if r.openQuestion(u.QuestionID) == nil {
		return refused("no such question waits for an answer")
	}
	return nil
}

func (r *run) answer(_ workflow.Context, u discovery.Update) *notice {
	q := r.openQuestion(u.QuestionID)
	q.answer, q.given = u.Text, true
	return nil
}

// openQuestion gives the question of an id, or the only one for "".
func (r *run) openQuestion(qid string) *question {
	for _, q := range r.questions {
		if !q.given && (q.id == qid || qid == "" && len(r.questions) == 1) {
			return q
		}
	}
	return nil
}

func (r *run) mayApprove(_ workflow.Context, u discovery.Update) error {
	if r.openApproval(u.CallID) == nil {
		return refused("no such call waits to be allowed")
	}
	return nil
}

func (r *run) approve(_ workflow.Context, u discovery.Update) *notice {
	a := r.openApproval(u.CallID)
	a.decision, a.remember = u.Decision, u.Remember
	return nil
}

func (r *run) openApproval(callID string) *approval {
	for _, a := range r.approvals {
		if a.decision == "" && (a.call.ref.CallID == callID || callID == "" && len(r.approvals) == 1) {
			return a
		}
	}
	return nil
}

func (r *run) mayPause(workflow.Context, discovery.Update) error {
	if r.st.Paused {
		return refused("the discovery is paused already")
	}
	return nil
}

// pause begins nothing new. Long calls keep a checkpoint and stop; short ones
// and a turn of the model end by themselves.
func (r *run) pause(_ workflow.Context, u discovery.Update) *notice {
	r.st.Paused, r.st.PauseReason = true, u.Reason
	return &notice{details: u.Reason, then: func() {
		for _, c := range r.calls {
			if r.st.Paused && c.running && c.ref.Long {
				c.stopped = true
				c.cancel()
			}
		}
	}}
}

func (r *run) mayResume(workflow.Context, discovery.Update) error {
	if !r.st.Paused {
		return refused("the discovery is not paused")
	}
	return nil
}

func (r *run) resume(workflow.Context, discovery.Update) *notice {
	r.st.Paused, r.st.PauseReason = false, ""
	return &notice{details: "goes on"}
}

func (r *run) mayCancelStep(_ workflow.Context, u discovery.Update) error {
	if c := r.openCall(u.Step); c == nil {
		return refused(fmt.Sprintf("%s is no call that runs or waits", u.Step))
	}
	return nil
}

func (r *run) cancelStep(_ workflow.Context, u discovery.Update) *notice {
	c := r.openCall(u.Step)
	c.cancelled = true
	if c.running {
		c.cancel()
	}
	for _, q := range r.questions {
		if q.id == u.Step {
			q.given, q.answer = true, q.asked.Default
		}
	}
	if h := r.openHold(u.Step); h != nil {
		h.decision = discovery.UpdateSkipStep // it failed, and waits for nothing else
	}
	return &notice{details: c.ref.Summary + " is given up", word: "cancel_step"}
}

func (r *run) openCall(step string) *activeCall {
	for _, c := range r.calls {
		if c.ref.CallID == step && !c.done && !c.cancelled {
			return c
		}
	}
	return nil
}

func (r *run) mayDecide(_ workflow.Context, u discovery.Update) error {
	h := r.openHold(u.Step)
	switch {
	case h == nil && len(r.held) > 0 && u.Step != "":
		return refused(fmt.Sprintf("step %s does not wait; %s does", u.Step, r.held[0].step))
	case h == nil:
		return refused("no step waits for a decision")
	case u.Kind == discovery.UpdateSkipStep && !h.canSkip:
		return refused("a turn of the model cannot be skipped; retry it or finish now")
	}
	return nil
}

func (r *run) decide(_ workflow.Context, u discovery.Update) *notice {
	r.openHold(u.Step).decision = u.Kind
	return nil
}

func (r *run) openHold(step string) *heldStep {
	for _, h := range r.held {
		if h.decision == "" && (step == "" || h.step == step) {
			return h
		}
	}
	return nil
}

// finishEarly ends the discovery with what it has: running calls are stopped.
func (r *run) finishEarly(workflow.Context, discovery.Update) *notice {
	r.finishNow = true
	for _, c := range r.calls {
		if c.running && r.shape >= shapeControl {
			c.cancel()
		}
	}
	return nil
}

// refused is an update the run does not take now.
func refused(msg string) error {
	return temporal.NewApplicationErrorWithOptions(msg, string(fault.CodeConflict), temporal.ApplicationErrorOptions{NonRetryable: true})
}
