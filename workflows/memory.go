package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
)

// Workflows of the memory. All they know is in the database; each step goes on
// where it was cut off, so they are retried without end.
const (
	ConsolidateMemory = "ConsolidateMemory"
	ReembedMemory     = "ReembedMemory"
)

// ConsolidateMemoryWorkflow turns what a user (or, without one, everybody) did
// lately into memories that last.
func ConsolidateMemoryWorkflow(ctx workflow.Context, in activities.KeepInput) (activities.KeepResult, error) {
	var digested, kept activities.KeepResult
	dctx := upkeep(ctx, "remember closed discoveries")
	if err := workflow.ExecuteActivity(dctx, activities.NameMemoryDigest, in).Get(ctx, &digested); err != nil {
		return digested, err
	}
	kctx := upkeep(ctx, "promote, merge and forget memories")
	err := workflow.ExecuteActivity(kctx, activities.NameMemoryKeep, in).Get(ctx, &kept)
	kept.Digested = digested.Digested
	return kept, err
}

// ReembedMemoryWorkflow gives every memory a vector of the current model.
func ReembedMemoryWorkflow(ctx workflow.Context) (int, error) {
	n := 0
	err := workflow.ExecuteActivity(upkeep(ctx, "embed memories with the current model"), activities.NameMemoryEmbed).Get(ctx, &n)
	return n, err
}

func upkeep(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueTools, Summary: summary, HeartbeatTimeout: heartbeatTool, StartToCloseTimeout: 24 * time.Hour, RetryPolicy: retry(time.Second, time.Minute, 0),
	})
}
