package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

// approval is a call that waits for the user to allow it.
type approval struct {
	call     *activeCall
	why      string
	since    time.Time
	decision discovery.Decision
	remember bool
}

// question is a question of the model that waits for its answer.
type question struct {
	id     string
	asked  activities.Asked
	since  time.Time
	answer string
	given  bool
}

// permit asks the policy, and the user where the policy says so. A call that is
// denied has its outcome: the model is told.
func (r *run) permit(ctx workflow.Context, c *activeCall) (bool, error) {
	decision, why := r.st.Policy.Decide(discovery.Digest{Tool: c.ref.Tool, Server: c.ref.Server, EstimateS: c.ref.EstimateS})
	if c.ref.Server == "" {
		decision = discovery.Allow // a call that could not be planned answers with its error
	}
	if decision == discovery.Ask {
		var err error
		if decision, why, err = r.askApproval(ctx, c, why); err != nil {
			return false, err
		}
	}
	if decision == discovery.Allow {
		return true, nil
	}
	r.st.Reserved--
	return false, r.settle(ctx, c, activities.SettleInput{Status: tool.StatusToolError, Error: &tool.Error{
		Code: "denied", Message: "the call was not allowed: " + why, Suggestions: []string{"reach the goal another way, or say that this was not allowed"},
	}})
}

// askApproval waits for the user, for a day. Silence denies.
func (r *run) askApproval(ctx workflow.Context, c *activeCall, why string) (discovery.Decision, string, error) {
	a := &approval{call: c, why: why, since: workflow.Now(ctx)}
	r.approvals = append(r.approvals, a)
	r.clock.wait(ctx, r, 1)
	letGo := func() {
		r.approvals = slices.DeleteFunc(r.approvals, func(x *approval) bool { return x == a })
		r.clock.wait(ctx, r, -1)
	}
	err := r.announce(ctx, notice{details: c.ref.Summary + " waits to be allowed: " + why, approval: &activities.ApprovalAsk{
		CallID: c.ref.CallID, Turn: r.st.Turn, TurnGen: c.turnGen, Why: why,
	}})
	if err == nil {
		_, err = waitNamed(ctx, holdFor, c.ref.Summary+" waits to be allowed; silence denies it", func() bool { return a.decision != "" || r.finishNow || c.cancelled })
	}
	letGo()
	if err != nil {
		return "", "", err
	}
	switch {
	case a.decision == discovery.Allow:
		why = "allowed by the user"
	case a.decision == discovery.Deny:
		why = "denied by the user"
	case r.finishNow || c.cancelled:
		a.decision, why = discovery.Deny, "given up by the user"
	default:
		a.decision, why = discovery.Deny, fmt.Sprintf("nobody decided within %s", holdFor)
	}
	if a.remember {
		m := discovery.Remembered{Tool: c.ref.Tool, Decision: a.decision}
		r.st.Policy.Remembered = append(r.st.Policy.Remembered, m)
		actx := activity(ctx, QueueDiscovery, fmt.Sprintf("%d.%s.remember", r.st.Gen, c.ref.CallID), "remember: "+string(m.Decision)+" "+m.Tool, quick)
		if err := workflow.ExecuteActivity(actx, activities.NameRemember, activities.RememberInput{DiscoveryID: r.in.DiscoveryID, Decision: m}).Get(ctx, nil); err != nil {
			return "", "", err
		}
	}
	return a.decision, why, r.announce(ctx, notice{details: c.ref.Summary + ": " + why, word: "decided"})
}

// askUser opens a question of the model and waits for its answer.
func (r *run) askUser(ctx workflow.Context, c *activeCall) (activities.CallResult, error) {
	in := r.callInput(c)
	actx := activity(ctx, QueueDiscovery, fmt.Sprintf("%d.%s.ask", r.st.Gen, c.ref.CallID), "ask the user", quick)
	q := &question{id: c.ref.CallID}
	if err := workflow.ExecuteActivity(actx, activities.NameAskUser, in).Get(ctx, &q.asked); err != nil {
		return activities.CallResult{}, err
	}
	if q.asked.Done {
		return activities.CallResult{}, nil
	}
	by, err := r.awaitAnswer(ctx, q)
	if err != nil {
		return activities.CallResult{}, err
	}
	given := &activities.Answer{Question: q.asked.Text, Answer: q.answer, AnsweredBy: by}
	return activities.CallResult{Status: tool.StatusOK}, r.settle(ctx, c, activities.SettleInput{Status: tool.StatusOK, Answer: given})
}

// awaitAnswer waits for the user; after the question's patience its default
// holds.
func (r *run) awaitAnswer(ctx workflow.Context, q *question) (by string, err error) {
	q.since = workflow.Now(ctx)
	r.questions = append(r.questions, q)
	r.clock.wait(ctx, r, 1)
	err = r.announce(ctx, notice{details: q.asked.Text, question: activities.QuestionOf(q.id, q.asked)})
	if err == nil {
		_, err = waitNamed(ctx, patience(q), "a question waits for its answer; then its default holds", func() bool { return q.given || r.finishNow })
	}
	r.questions = slices.DeleteFunc(r.questions, func(x *question) bool { return x == q })
	r.clock.wait(ctx, r, -1)
	if err != nil {
		return "", err
	}
	by = "user"
	if !q.given {
		q.answer, by = q.asked.Default, "default: nobody answered in time"
	}
	return by, r.announce(ctx, notice{details: "the answer is: " + q.answer, word: "answered"})
}

func patience(q *question) time.Duration {
	return time.Duration(q.asked.TimeoutS * float64(time.Second))
}
