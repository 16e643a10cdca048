package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
)

// Names on the wire of the engine.
const (
	FanOut    = "FanOut"
	Candidate = "Candidate"
)

// Limits of a fan-out: how many candidates work at the same time, and after how
// many a run continues as new.
const (
	window        = 8
	perRun        = 200
	callsPerStage = 1
	callsEach     = activities.LastStage * callsPerStage
)

// FanOutInput evaluates candidates Next..Count-1 of a call.
type FanOutInput struct {
	Call     activities.CallInput
	UserID   string
	Queue    string
	Base     int // candidates are numbered from Base+1
	Next     int
	Count    int
	ToolCall int   // made so far, over earlier runs
	Quick    []int `json:",omitempty"` // stages that need no long slot; see activities.FanOutPlan
}

// FanOutResult counts what was spent; what was found is in the ledger.
type FanOutResult struct{ ToolCalls int }

// FanOutWorkflow runs a child workflow per candidate in a sliding window. One
// that fails does not disturb the others.
func FanOutWorkflow(ctx workflow.Context, in FanOutInput) (FanOutResult, error) {
	slots := workflow.NewSemaphore(ctx, window)
	last := min(in.Count, in.Next+perRun)
	working := 0
	for ; in.Next < last && ctx.Err() == nil; in.Next++ {
		if err := slots.Acquire(ctx, 1); err != nil {
			break // cancelled: what works is waited for
		}
		index := in.Next
		working++
		workflow.Go(ctx, func(gctx workflow.Context) {
			defer slots.Release(1)
			made := evaluate(gctx, in, index)
			in.ToolCall += made
			working--
		})
	}
	quiet, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := workflow.Await(quiet, func() bool { return working == 0 }); err != nil {
		return FanOutResult{in.ToolCall}, err
	}
	if ctx.Err() == nil && in.Next < in.Count {
		return FanOutResult{}, workflow.NewContinueAsNewError(ctx, FanOut, in)
	}
	if ctx.Err() != nil {
		return FanOutResult{}, temporal.NewCanceledError(in.ToolCall)
	}
	return FanOutResult{in.ToolCall}, nil
}

// spent gives the calls that were made before a cancellation: after a pause
// their results are found, and nobody would count them.
func spent(err error) int {
	var c *temporal.CanceledError
	n := 0
	if !errors.As(err, &c) || !c.HasDetails() || c.Details(&n) != nil {
		return 0
	}
	return n
}

// evaluate runs one candidate and gives the calls it made.
func evaluate(ctx workflow.Context, in FanOutInput, index int) int {
	number := in.Base + index + 1
	workflowID := fmt.Sprintf("%s/c%d", in.Call.DiscoveryID, number)
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: workflowID, WaitForCancellation: true,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		StaticSummary:     fmt.Sprintf("candidate %d of %d", index+1, in.Count),
		Priority:          temporal.Priority{FairnessKey: in.UserID},
	})
	c := CandidateInput{Call: in.Call, UserID: in.UserID, Queue: in.Queue, Number: number, Index: index, Quick: in.Quick}
	var calls int
	err := child(cctx, Candidate, workflowID, c, &calls)
	if err != nil && ctx.Err() == nil {
		// Its calls say what went wrong; the others go on.
		workflow.GetLogger(ctx).Warn("a candidate failed", "candidate", number, "error", err)
	}
	return calls + spent(err)
}

// CandidateInput evaluates one candidate.
type CandidateInput struct {
	Call   activities.CallInput
	UserID string
	Queue  string
	Number int
	Index  int
	Quick  []int `json:",omitempty"`
}

// runs gives where a stage runs, and how long it may take: a long slot is taken
// by what is long, and the quick stages of the others do not wait for it.
func (in CandidateInput) runs(stage int) (queue string, k kind) {
	if slices.Contains(in.Quick, stage) {
		return QueueTools, short
	}
	return cmp.Or(in.Queue, QueueTools), long
}

// CandidateWorkflow takes a composition through its stages. A stage that fails
// is recorded and the next ones are tried: each says by itself whether it has
// something to work on. It gives the calls it made.
func CandidateWorkflow(ctx workflow.Context, in CandidateInput) (int, error) {
	calls := 0
	for stage := 1; stage <= activities.LastStage; stage++ {
		call := in.Call
		call.Step = id.CandidateStep(in.Number, stage)
		call.Candidate = &activities.CandidateRef{Call: in.Call.Step, Index: in.Index, Number: in.Number, Stage: stage}
		queue, k := in.runs(stage)
		actx := activity(ctx, queue, fmt.Sprintf("%d.%s", call.Gen, call.Step), fmt.Sprintf("candidate %d, stage %d", in.Number, stage), k)
		actx = workflow.WithPriority(actx, temporal.Priority{FairnessKey: in.UserID})
		var res activities.CallResult
		err := workflow.ExecuteActivity(actx, activities.NameCallTool, call).Get(ctx, &res)
		if err == nil && !res.Cached {
			calls++ // one that ended just before a stop was made, too
		}
		if ctx.Err() != nil {
			return 0, temporal.NewCanceledError(calls)
		}
		if err == nil {
			continue
		}
		f := failureOf(err)
		sctx := activity(ctx, QueueDiscovery, fmt.Sprintf("%d.%s.settle", call.Gen, call.Step), "record the failure", quick)
		settle := activities.SettleInput{CallInput: call, Status: tool.StatusFailed, Error: f}
		if err := workflow.ExecuteActivity(sctx, activities.NameSettle, settle).Get(ctx, nil); err != nil {
			return calls, err
		}
	}
	return calls, nil
}

// evaluateCandidates answers the tool of that name: as many candidates as the
// budget has calls for are evaluated, and the rest is said to be left.
func (r *run) evaluateCandidates(ctx workflow.Context, c *activeCall) (activities.CallResult, error) {
	in := r.callInput(c)
	name := func(what string) string { return fmt.Sprintf("%d.%s.%s", r.st.Gen, c.ref.CallID, what) }
	actx := activity(ctx, QueueDiscovery, name("open"), "open "+c.ref.Summary, quick)
	var plan activities.FanOutPlan
	if err := workflow.ExecuteActivity(actx, activities.NameOpenCandidates, in).Get(ctx, &plan); err != nil || plan.Done {
		return activities.CallResult{Cached: plan.Done}, err
	}
	base := r.candidateBase(c, plan.Count)
	n, reserve := r.share(c, plan.Count)
	c.fan, c.evaluated = &activities.FanOut{Call: c.ref.CallID, Base: base, Count: plan.Count}, n
	if r.shape >= shapeSettle && (c.cancelled || r.finishNow || r.st.Paused) {
		c.stopped = true // told while the call was being opened
		return activities.CallResult{}, temporal.NewCanceledError()
	}
	r.st.Reserved += reserve
	defer func() { r.st.Reserved -= reserve }()
	if err := r.warn(ctx); err != nil {
		return activities.CallResult{}, err
	}
	workflowID := fmt.Sprintf("%s/%s", r.in.DiscoveryID, c.ref.CallID)
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: workflowID, WaitForCancellation: true,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL, StaticSummary: c.ref.Summary,
	})
	var res FanOutResult
	c.running = true
	r.clock.work(ctx, r, 1)
	err := child(cctx, FanOut, workflowID, FanOutInput{Call: in, UserID: r.begin.UserID, Queue: r.longQueue(), Base: base, Count: n, Quick: plan.Quick}, &res)
	r.clock.work(ctx, r, -1)
	c.running = false
	c.made += res.ToolCalls + spent(err)
	r.st.Usage.ToolCalls += res.ToolCalls + spent(err)
	if err != nil {
		return activities.CallResult{}, err
	}
	actx = activity(ctx, QueueDiscovery, name("gather"), "gather "+c.ref.Summary, quick)
	out := activities.CallResult{Status: tool.StatusOK}
	return out, workflow.ExecuteActivity(actx, activities.NameSettleCandidates, activities.SettleCandidatesInput{CallInput: r.callInput(c), Base: base, Evaluated: n}).Get(ctx, nil)
}

// candidateBase numbers the candidates of a call; made again after a pause or a
// retry it has the same numbers, so that nothing is computed twice.
func (r *run) candidateBase(c *activeCall, count int) int {
	for _, f := range r.st.FanOuts {
		if f.Call == c.ref.CallID {
			return f.Base
		}
	}
	base := 0
	for _, f := range r.st.FanOuts {
		base = max(base, f.Base+f.Count)
	}
	r.st.FanOuts = append(r.st.FanOuts, activities.FanOut{Call: c.ref.CallID, Base: base, Count: count})
	return base
}

// share gives how many candidates are evaluated, and the calls they need. A
// fan-out that goes on after a pause has the candidates it had: the calls that
// were made before are spent, and found.
func (r *run) share(c *activeCall, count int) (n, calls int) {
	if c.fan != nil && r.shape >= shapeSettle {
		return c.evaluated, max(0, c.evaluated*callsEach-c.made)
	}
	n = r.afford(count)
	return n, n * callsEach
}

// afford gives how many candidates the budget has calls for.
func (r *run) afford(n int) int {
	if limit := r.st.Budget.ToolCalls; limit > 0 {
		n = min(n, (limit-r.st.Usage.ToolCalls-r.st.Reserved)/callsEach)
	}
	return max(0, n)
}

// answerTool runs a tool that the workflow itself answers.
func (r *run) answerTool(ctx workflow.Context, c *activeCall) (activities.CallResult, error) {
	if c.ref.Tool == activities.ToolEvaluateCandidates {
		return r.evaluateCandidates(ctx, c)
	}
	return r.askUser(ctx, c)
}
