// Package temporal runs discoveries on Temporal. It is the only place, beside
// the workflows, their activities and their worker, that knows the engine.
package temporal

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
	"crystalyse/workflows"
)

// Runner starts and steers discoveries.
type Runner struct{ client client.Client }

var _ discovery.Runner = (*Runner)(nil)

// NewRunner gives a runner over a connected client.
func NewRunner(c client.Client) *Runner { return &Runner{client: c} }

// callTimeout bounds one request to the engine: a user waits for it.
const callTimeout = 10 * time.Second

// Start begins the workflow of a discovery; its id is the workflow's, so that
// starting twice is one run.
func (r *Runner) Start(ctx context.Context, d discovery.Discovery) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return r.start(ctx, d, workflows.Input{DiscoveryID: d.ID}, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

// Retry begins another run of a reopened discovery, once the earlier one is
// closed.
func (r *Runner) Retry(ctx context.Context, d discovery.Discovery) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// A run that has just said its end may not be closed yet; starting now would
	// find that one and begin nothing. One that does not close is this retry's own.
	closing, stop := context.WithTimeout(ctx, closePatience)
	defer stop()
	_ = r.client.GetWorkflow(closing, d.ID, "").Get(closing, nil)
	return r.start(ctx, d, workflows.Input{DiscoveryID: d.ID, Retry: d.Retries}, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
}

// closePatience is how long the run before may take from its last event to its end.
const closePatience = 3 * time.Second

func (r *Runner) start(ctx context.Context, d discovery.Discovery, in workflows.Input, reuse enums.WorkflowIdReusePolicy) error {
	opts := client.StartWorkflowOptions{
		ID:                       d.ID,
		TaskQueue:                workflows.QueueDiscovery,
		WorkflowIDReusePolicy:    reuse,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            label(d),
		TypedSearchAttributes:    workflows.SearchAttributes(d),
		Priority:                 temporal.Priority{FairnessKey: d.UserID},
	}
	_, err := r.client.ExecuteWorkflow(ctx, opts, workflows.Discovery, in)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	return wrap(err, "start the discovery")
}

// Cancel asks the run to stop; what it has is kept.
func (r *Runner) Cancel(ctx context.Context, discoveryID, _ string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return wrap(r.client.CancelWorkflow(ctx, discoveryID, ""), "cancel the discovery")
}

// Update sends an instruction and waits until the run has taken or refused it.
func (r *Runner) Update(ctx context.Context, discoveryID string, u discovery.Update) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	h, err := r.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: discoveryID, UpdateID: u.RequestID, UpdateName: string(u.Kind),
		Args: []any{u}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return wrap(err, "send the instruction")
	}
	return wrap(h.Get(ctx, nil), "send the instruction")
}

// queryTimeout bounds a look at a run: whoever asks has the record to fall back on.
const queryTimeout = 3 * time.Second

// State asks the run where it stands.
func (r *Runner) State(ctx context.Context, discoveryID string) (discovery.RunState, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var s discovery.RunState
	v, err := r.client.QueryWorkflow(ctx, discoveryID, "", workflows.QueryRun)
	if err != nil {
		return s, wrap(err, "look at the discovery")
	}
	if err := v.Get(&s); err != nil {
		return s, fault.Wrap(fault.CodeInternal, err, "the state of the discovery cannot be read")
	}
	return s, nil
}

// State says whether the engine has a run of the discovery.
type State string

// The states of a run, seen from outside.
const (
	StateAbsent     State = "absent"
	StateRunning    State = "running"
	StatePaused     State = "paused" // by the operator, in the engine's own page or command line
	StateClosed     State = "closed"
	StateTerminated State = "terminated"
)

// Seen is what the engine itself says of a run.
type Seen struct {
	State State
	// Since tells one pause from another; it is set for StatePaused.
	Since time.Time
}

// Describe gives the state of the discovery's run.
func (r *Runner) Describe(ctx context.Context, discoveryID string) (Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := r.client.DescribeWorkflowExecution(ctx, discoveryID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return Seen{State: StateAbsent}, nil
	}
	if err != nil {
		return Seen{}, wrap(err, "look at the discovery")
	}
	switch d.GetWorkflowExecutionInfo().GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return Seen{StatePaused, d.GetWorkflowExtendedInfo().GetPauseInfo().GetPausedTime().AsTime()}, nil
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		for _, a := range d.GetPendingActivities() {
			if a.GetPaused() {
				return Seen{StatePaused, a.GetPauseInfo().GetPauseTime().AsTime()}, nil
			}
		}
		return Seen{State: StateRunning}, nil
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return Seen{State: StateTerminated}, nil
	}
	return Seen{State: StateClosed}, nil
}

// wrap gives engine errors their domain code.
func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return fault.Wrap(fault.CodeConflict, err, "the discovery is not running")
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.Type() == string(fault.CodeConflict) {
		return fault.New(fault.CodeConflict, "%s", app.Message())
	}
	var busy *serviceerror.ResourceExhausted
	if errors.As(err, &busy) {
		return fault.Wrap(fault.CodeLimit, err, "the workflow engine has too much to do to %s", doing).
			WithHint("nothing was changed; send it again in a moment")
	}
	return fault.Wrap(fault.CodeUnavailable, err, "the workflow engine could not %s", doing).
		WithHint("nothing is lost; try again in a moment")
}

// label names a discovery in the engine's own page: what it is about, never the
// words of its user, which the engine would keep when they are forgotten.
func label(d discovery.Discovery) string {
	formulas := memory.FindFormulas(d.Query)
	if len(formulas) == 0 {
		return string(d.Mode) + ": a question without a formula"
	}
	return string(d.Mode) + ": " + strings.Join(formulas[:min(len(formulas), 12)], ", ")
}
