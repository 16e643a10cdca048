package temporal

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"crystalyse/activities"
	"crystalyse/internal/auth"
	"crystalyse/internal/memory"
	"crystalyse/workflows"
)

// Keeper starts the upkeep of memories.
type Keeper struct{ client client.Client }

var _ memory.Consolidator = (*Keeper)(nil)

// NewKeeper gives a keeper over a connected client.
func NewKeeper(c client.Client) *Keeper { return &Keeper{client: c} }

// Consolidate starts the consolidation of a user's memories, or joins the one
// that runs. At the end of a discovery it runs once for that discovery.
func (k *Keeper) Consolidate(ctx context.Context, userID, discoveryID string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	name := "memory-" + auth.Hash(userID)[:20] // a user's name may be a mail address
	if discoveryID != "" {
		name = "memory-" + discoveryID
	}
	return k.start(ctx, name, workflows.ConsolidateMemory, activities.KeepInput{UserID: userID})
}

// Reembed starts, or joins, the embedding of memories with a model.
func (k *Keeper) Reembed(ctx context.Context, model string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return k.start(ctx, "memory-embed-"+model, workflows.ReembedMemory)
}

func (k *Keeper) start(ctx context.Context, name, kind string, args ...any) error {
	_, err := k.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: name, TaskQueue: workflows.QueueDiscovery, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, kind, args...)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	return wrap(err, "start the consolidation")
}

const (
	scheduleID    = "memory-consolidation"
	scheduleEvery = time.Hour
)

// Schedule has everybody's memories consolidated every hour.
func (k *Keeper) Schedule(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := k.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      scheduleID,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: scheduleEvery}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{
			ID: scheduleID, Workflow: workflows.ConsolidateMemory, Args: []any{activities.KeepInput{}}, TaskQueue: workflows.QueueDiscovery,
		},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return wrap(err, "schedule the consolidation")
}
