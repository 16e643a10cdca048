package workflows

import (
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
)

// Notify is the workflow that tells another program of an end; it outlives the
// discovery, which must not stay open for a receiver that is away.
const Notify = "Notify"

// longRun is how long a discovery must have taken for its end to be told.
const longRun = time.Minute

// NotifyWorkflow delivers one notification, for a day at most.
func NotifyWorkflow(ctx workflow.Context, in activities.NotifyInput) error {
	actx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueTools, Summary: "tell of the end of " + in.DiscoveryID,
		StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: 24 * time.Hour, RetryPolicy: retry(2*time.Second, 10*time.Minute, 0),
	})
	return workflow.ExecuteActivity(actx, activities.NameNotify, in).Get(ctx, nil)
}

// notify starts the telling of a long run's end.
func (r *run) notify(ctx workflow.Context) {
	if !r.begin.Notify || workflow.Now(ctx).Sub(r.st.BeganAt) < longRun {
		return
	}
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: r.in.DiscoveryID + "/notify", ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON, StaticSummary: "tell of the end",
	})
	child := workflow.ExecuteChildWorkflow(cctx, Notify, activities.NotifyInput{DiscoveryID: r.in.DiscoveryID})
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the end is not told", "error", err)
	}
}
