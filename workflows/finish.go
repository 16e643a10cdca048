package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
)

// Search attributes, registered with the namespace.
var (
	saStatus  = temporal.NewSearchAttributeKeyKeyword("DiscoveryStatus")
	saMode    = temporal.NewSearchAttributeKeyKeyword("Mode")
	saUser    = temporal.NewSearchAttributeKeyKeyword("UserID")
	saSession = temporal.NewSearchAttributeKeyKeyword("SessionID")
	saError   = temporal.NewSearchAttributeKeyKeyword("ErrorType")
)

func (r *run) upsert(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx,
		saStatus.ValueSet(string(r.st.Status)), saMode.ValueSet(string(r.st.Mode)),
		saUser.ValueSet(r.begin.UserID), saSession.ValueSet(r.begin.SessionID))
}

// finish closes the discovery with what it has, whatever ended it. It runs even
// when the workflow is being cancelled, so that every discovery gets its report.
func (r *run) finish(ctx workflow.Context, cause error) (Result, error) {
	fctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	r.closing = true
	if err := workflow.Await(fctx, func() bool { return r.told(fctx) }); err != nil {
		return Result{}, err
	}
	in := activities.FinishInput{DiscoveryID: r.in.DiscoveryID, Gen: r.st.Gen, Head: r.st.Head, Usage: r.st.Usage}
	var stop *errStop
	switch {
	case cause == nil:
		if r.finishNow {
			in.Status, in.Details = discovery.StatusCompleted, "finished early by the user"
		}
	case errors.As(cause, &stop):
		in.Status, in.Details = stop.status, stop.details
	case ctx.Err() != nil || temporal.IsCanceledError(cause):
		in.Status, in.Details = discovery.StatusCancelled, "stopped by the user"
	default:
		in.Status, in.Details = discovery.StatusFailed, failureOf(cause).Message
	}
	var out activities.FinishResult
	actx := activity(fctx, QueueDiscovery, "finish", "assemble the report", quick)
	if err := workflow.ExecuteActivity(actx, activities.NameFinish, in).Get(fctx, &out); err != nil {
		return Result{}, err
	}
	r.st.Status = out.Status
	r.details(fctx, "report "+out.ReportID)
	if err := r.upsert(fctx); err != nil {
		return Result{}, err
	}
	r.notify(fctx)
	if out.Next != "" {
		// The next one also looks by itself every minute: a lost signal only delays it.
		if err := workflow.SignalExternalWorkflow(fctx, out.Next, "", SignalNudge, nil).Get(fctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("the next discovery could not be nudged", "next", out.Next, "error", err)
		}
	}
	res := Result{Status: out.Status, ReportID: out.ReportID, Usage: r.st.Usage}
	res.Usage.WallS = out.Usage.WallS // the report's clock: from the claim of the session on
	if out.Status == discovery.StatusFailed {
		return res, temporal.NewApplicationErrorWithOptions(in.Details, "DiscoveryFailed", temporal.ApplicationErrorOptions{NonRetryable: true})
	}
	return res, nil
}

// SearchAttributes are those a discovery starts with.
func SearchAttributes(d discovery.Discovery) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(saStatus.ValueSet(string(discovery.StatusQueued)),
		saMode.ValueSet(string(d.Mode)), saUser.ValueSet(d.UserID), saSession.ValueSet(d.SessionID))
}
