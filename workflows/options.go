package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
)

// kind groups activities that share timeouts and retries.
type kind int

const (
	quick    kind = iota // a database write
	thinking             // a language-model turn
	short                // a tool that answers in seconds
	long                 // a tool that runs for hours and keeps checkpoints
)

// The heartbeat timeouts bound how long a dead worker goes unnoticed.
const (
	heartbeatLLM  = 20 * time.Second
	heartbeatTool = 15 * time.Second
)

// activity gives the context of one activity: its queue, its own id (stable
// over resets, unlike the engine's default), a line for the operator and the
// timeouts of its kind.
func activity(ctx workflow.Context, queue, activityID, summary string, k kind) workflow.Context {
	o := workflow.ActivityOptions{TaskQueue: queue, ActivityID: activityID, Summary: summary}
	switch k {
	case quick:
		// A database that is away for an hour must not fail a discovery.
		o.StartToCloseTimeout = 30 * time.Second
		o.RetryPolicy = retry(time.Second, 30*time.Second, 0)
	case thinking:
		o.StartToCloseTimeout = 10 * time.Minute
		o.ScheduleToCloseTimeout = 45 * time.Minute
		o.HeartbeatTimeout = heartbeatLLM
		o.WaitForCancellation = true
		o.RetryPolicy = retry(time.Second, time.Minute, 8)
	case short:
		// Long enough to wait for an environment that is still being installed.
		o.StartToCloseTimeout = 45 * time.Minute
		o.ScheduleToCloseTimeout = 90 * time.Minute
		o.HeartbeatTimeout = heartbeatTool
		o.WaitForCancellation = true
		o.RetryPolicy = retry(time.Second, 30*time.Second, 4)
	case long:
		o.StartToCloseTimeout = 4 * time.Hour
		o.ScheduleToCloseTimeout = 24 * time.Hour
		o.HeartbeatTimeout = heartbeatTool
		o.WaitForCancellation = true
		o.RetryPolicy = retry(2*time.Second, 2*time.Minute, 20)
	}
	return workflow.WithActivityOptions(ctx, o)
}

// waitNamed waits for a condition, at most for so long. The operator sees for
// what in the engine's page; a replay does not look at it.
func waitNamed(ctx workflow.Context, most time.Duration, what string, until func() bool) (ok bool, err error) {
	return workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{Timeout: most, TimerOptions: workflow.TimerOptions{Summary: what}}, until)
}

func retry(first, most time.Duration, attempts int32) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: first, BackoffCoefficient: 2, MaximumInterval: most, MaximumAttempts: attempts}
}

func describe(calls []activities.CallRef) string {
	names := make([]string, len(calls))
	for i, c := range calls {
		names[i] = c.Summary
	}
	return "calling " + strings.Join(names, ", ")
}

func seconds(s float64) string {
	return fmt.Sprint(time.Duration(s * float64(time.Second)).Round(time.Second))
}
