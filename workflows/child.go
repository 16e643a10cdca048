package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// How long is waited for an older child to end.
const (
	olderFirst = time.Second
	olderMost  = time.Minute

	// changeOlder is the change after which an older child is waited for.
	changeOlder = "older-child"
)

// child runs a child workflow under an id that a child of an earlier run may
// still have: an operator who resets a run leaves its children running. That
// one is waited for, since what it computes is found by the new one. Whoever
// stops this run stops the older child, too.
func child(ctx workflow.Context, name, workflowID string, in, out any) error {
	for wait := olderFirst; ; wait = min(2*wait, olderMost) {
		err := workflow.ExecuteChildWorkflow(ctx, name, in).Get(ctx, out)
		if !temporal.IsWorkflowExecutionAlreadyStartedError(err) || workflow.GetVersion(ctx, changeOlder, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			return err
		}
		if err := workflow.Sleep(ctx, wait); err != nil {
			quiet, cancel := workflow.NewDisconnectedContext(ctx)
			defer cancel()
			if rerr := workflow.RequestCancelExternalWorkflow(quiet, workflowID, "").Get(quiet, nil); rerr != nil {
				workflow.GetLogger(ctx).Info("an older child had ended before it was stopped", "child", workflowID, "error", rerr)
			}
			return err
		}
	}
}
