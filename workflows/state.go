package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// notice is what viewers are told outside of steps.
type notice struct {
	fromStep string
	failure  *tool.Error
	details  string
	word     string // reason of the event alone, where the status does not change
	approval *activities.ApprovalAsk
	question *event.Question
	limits   bool // the limits changed
	then     func()
}

// standing is the status of an open discovery: what waits for the user counts
// before a pause, a pause before work.
func (r *run) standing() (discovery.Status, string) {
	switch {
	case len(r.held) > 0:
		return discovery.StatusNeedsAttention, "failure"
	case len(r.approvals) > 0:
		return discovery.StatusNeedsAttention, "approval"
	case len(r.questions) > 0:
		return discovery.StatusNeedsAttention, "question"
	case r.st.Paused:
		return discovery.StatusPaused, r.st.PauseReason
	}
	return discovery.StatusRunning, ""
}

// announce records the status and what it is about. Announcements are made one
// after the other: a pause that is told late must not hide the resume after it.
func (r *run) announce(ctx workflow.Context, n notice) error {
	if r.shape >= shapeSettle {
		if err := r.voice.Lock(ctx); err != nil {
			return err
		}
		defer r.voice.Unlock()
	}
	s, reason := r.standing()
	r.st.Status, r.st.Reason = s, reason
	r.st.Counter++
	doing := string(s)
	switch {
	case n.failure != nil:
		doing = "step " + n.fromStep + " failed: " + n.failure.Message
		if err := workflow.UpsertTypedSearchAttributes(ctx, saError.ValueSet(n.failure.Code)); err != nil {
			return err
		}
	case n.details != "":
		doing = n.details
	}
	r.st.Details = doing
	r.details(ctx, doing)
	if err := r.upsert(ctx); err != nil {
		return err
	}
	in := activities.AnnounceInput{
		DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, Counter: r.st.Counter, Status: s, Reason: reason, Details: doing,
		FromStep: n.fromStep, Failure: n.failure, Usage: r.st.Usage,
		Notice: n.word, Approval: n.approval, Question: n.question, Deadline: r.st.Deadline, Paused: r.st.Paused,
	}
	if n.limits {
		b := r.st.Budget
		in.Budget = &b
	}
	actx := activity(ctx, QueueDiscovery, fmt.Sprintf("announce.%d", r.st.Counter), "status: "+string(s), quick)
	return workflow.ExecuteActivity(actx, activities.NameAnnounce, in).Get(ctx, nil)
}

// state is what the user's controls show.
func (r *run) state(ctx workflow.Context) discovery.RunState {
	s := discovery.RunState{
		Status: r.st.Status, Reason: r.st.Reason, Details: r.st.Details, Paused: r.st.Paused, Turn: r.st.Turn,
		Usage: r.st.Usage, Budget: r.st.Budget, Pending: r.pending(), Running: []string{}, Steering: len(r.st.Notes),
	}
	if s.Status == "" {
		s.Status = discovery.StatusQueued
	} else if !s.Status.Closed() {
		s.Status, s.Reason = r.standing()
	}
	if !r.st.Deadline.IsZero() {
		s.Usage.WallS = r.wallSpent(workflow.Now(ctx))
		if r.clock.since.IsZero() {
			d := r.st.Deadline
			s.Deadline = &d
		}
	}
	for _, c := range r.calls {
		if !c.done && !c.cancelled {
			s.Running = append(s.Running, c.ref.CallID)
		}
	}
	return s
}

func (r *run) pending() []discovery.Pending {
	out := []discovery.Pending{}
	until := func(since time.Time, d time.Duration) *time.Time { t := since.Add(d); return &t }
	for _, h := range r.held {
		p := discovery.Pending{Kind: "failure", ID: h.step, Text: h.message, Since: h.since, Until: until(h.since, holdFor), Options: []string{string(discovery.UpdateRetryStep)}}
		if h.canSkip {
			p.Options = append(p.Options, string(discovery.UpdateSkipStep))
		}
		p.Options = append(p.Options, string(discovery.UpdateFinishNow))
		out = append(out, p)
	}
	for _, a := range r.approvals {
		out = append(out, discovery.Pending{Kind: "approval", ID: a.call.ref.CallID, Tool: a.call.ref.Tool, Text: a.call.ref.Summary + ": " + a.why,
			Options: []string{string(discovery.Allow), string(discovery.Deny)}, Since: a.since, Until: until(a.since, holdFor)})
	}
	for _, q := range r.questions {
		p := discovery.Pending{Kind: "question", ID: q.id, Text: q.asked.Text, Options: q.asked.Options, Default: q.asked.Default, Since: q.since, Until: until(q.since, patience(q))}
		if p.Options == nil {
			p.Options = []string{}
		}
		out = append(out, p)
	}
	return out
}
