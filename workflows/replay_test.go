package workflows_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

var registered = workflow.RegisterOptions{Name: workflows.Discovery}

// TestReplay replays every recorded history: a change of the workflow that
// would break a discovery in flight fails here. Record new ones with
// CRYSTALYSE_RECORD=1; never edit or remove old ones.
func TestReplay(t *testing.T) {
	t.Parallel()
	if os.Getenv("CRYSTALYSE_RECORD") != "" {
		record(t)
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			r := worker.NewWorkflowReplayer()
			r.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
			require.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(nil, f))
		})
	}
}

// record runs one discovery of each shape on a real server and keeps its history.
func record(t *testing.T) {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t)})
	require.NoError(t, err)
	defer c.Close()
	refuse := temporal.NewNonRetryableApplicationError("refused", "invalid", nil)
	for name, f := range map[string]*fakes{
		"completed": {turn: answerAfter(2, 2)},
		"budget":    {turn: answerAfter(9, 4)},
		"failed":    {turn: func(activities.TurnInput) (activities.TurnResult, error) { return activities.TurnResult{}, refuse }},
		"held":      {turn: answerAfter(1, 1), call: failOnce(refuse)},
		"cancelled": {turn: answerAfter(1, 1), call: untilCancelled},
		"continued": {turn: answerAfter(45, 1), begin: func(int) activities.BeginResult { return activities.BeginResult{Ready: true, Head: "h0"} }},
	} {
		recordOne(t, c, name, f)
	}
}

func failOnce(err error) func(context.Context, activities.CallInput) (activities.CallResult, error) {
	failed := false
	return func(context.Context, activities.CallInput) (activities.CallResult, error) {
		if !failed {
			failed = true
			return activities.CallResult{}, err
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
}

func untilCancelled(ctx context.Context, _ activities.CallInput) (activities.CallResult, error) {
	for ctx.Err() == nil {
		activity.RecordHeartbeat(ctx, nil)
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return activities.CallResult{}, ctx.Err()
}

func recordOne(t *testing.T, c client.Client, name string, f *fakes) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	workers := []worker.Worker{}
	for _, q := range []string{workflows.QueueDiscovery, workflows.QueueLLM, workflows.QueueTools} {
		w := worker.New(c, q, worker.Options{MaxHeartbeatThrottleInterval: time.Second, DefaultHeartbeatThrottleInterval: time.Second})
		w.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
		f.register(w)
		require.NoError(t, w.Start())
		workers = append(workers, w)
	}
	did := id.NewDiscovery()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: did, TaskQueue: workflows.QueueDiscovery}, workflows.Discovery, workflows.Input{DiscoveryID: did})
	require.NoError(t, err)
	first := run.GetRunID()
	update := map[string]discovery.UpdateKind{"held": discovery.UpdateRetryStep, "failed": discovery.UpdateFinishNow}[name]
	if update != "" {
		require.Eventually(t, func() bool {
			v, err := c.QueryWorkflow(ctx, did, "", workflows.QueryState)
			var st workflows.State
			if err != nil || v.Get(&st) != nil || st.Status != discovery.StatusNeedsAttention {
				return false
			}
			_, err = c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: did, UpdateName: string(update), Args: []any{discovery.Update{}}, WaitForStage: client.WorkflowUpdateStageCompleted})
			return err == nil
		}, 30*time.Second, 200*time.Millisecond)
	}
	if name == "cancelled" {
		require.Eventually(t, func() bool {
			d, err := c.DescribeWorkflowExecution(ctx, did, "")
			return err == nil && len(d.GetPendingActivities()) > 0 && d.GetPendingActivities()[0].GetActivityType().GetName() == activities.NameCallTool
		}, 30*time.Second, 50*time.Millisecond)
		require.NoError(t, c.CancelWorkflow(ctx, did, ""))
	}
	_ = run.Get(ctx, nil) // how it ended is what is recorded
	for _, w := range workers {
		w.Stop()
	}
	it := c.GetWorkflowHistory(ctx, did, first, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var h history.History
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, e)
	}
	body, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&h)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(filepath.Join("testdata", name+".v1.json"), body, 0o600))
}

func acceptedUpdate(t *testing.T) *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{
		OnReject:   func(err error) { t.Errorf("the update was refused: %v", err) },
		OnComplete: func(_ any, err error) { require.NoError(t, err) },
		OnAccept:   func() {},
	}
}

func refusedUpdate(t *testing.T) *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{
		OnReject:   func(err error) { require.Error(t, err) },
		OnComplete: func(any, error) {},
		OnAccept:   func() { t.Error("the update was accepted") },
	}
}
