package workflows_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	enginetemporal "crystalyse/internal/adapter/temporal"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

var (
	fanOut    = workflow.RegisterOptions{Name: workflows.FanOut}
	candidate = workflow.RegisterOptions{Name: workflows.Candidate}
)

var registered = workflow.RegisterOptions{Name: workflows.Discovery}

// TestReplay replays every recorded history: a change of the workflow that
// would break a discovery in flight fails here. Record new ones with
// CRYSTALYSE_RECORD=1, or one shape by its name; never edit or remove old ones.
func TestReplay(t *testing.T) {
	t.Parallel()
	if os.Getenv("CRYSTALYSE_RECORD") != "" {
		record(t)
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	tracing, err := enginetemporal.Tracing()
	require.NoError(t, err)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			// With and without traces: they must change nothing.
			for _, with := range [][]interceptor.WorkerInterceptor{nil, {tracing}} {
				require.NoError(t, replayer(t, with...).ReplayWorkflowHistoryFromJSONFile(nil, f))
			}
		})
	}
}

// replayer knows the workflows. It takes a machine that is busy for a second for
// no deadlock.
func replayer(t *testing.T, with ...interceptor.WorkerInterceptor) worker.WorkflowReplayer {
	t.Helper()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: with, DisableDeadlockDetection: true})
	require.NoError(t, err)
	r.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
	r.RegisterWorkflowWithOptions(workflows.FanOutWorkflow, fanOut)
	r.RegisterWorkflowWithOptions(workflows.CandidateWorkflow, candidate)
	return r
}

// record runs one discovery of each shape on a real server and keeps its history.
func record(t *testing.T) {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t)})
	require.NoError(t, err)
	defer c.Close()
	refuse := temporal.NewNonRetryableApplicationError("refused", "invalid", nil)
	asks := discovery.Policy{AskAboveS: 1}
	ask := activities.CallRef{CallID: "t1.tool1", Tool: activities.ToolAskUser, Server: tool.ServerWorkflow, Summary: "ask_user"}
	for name, f := range map[string]*fakes{
		"completed": {turn: answerAfter(2, 2)},
		"budget":    {turn: answerAfter(9, 4)},
		"failed":    {turn: func(activities.TurnInput) (activities.TurnResult, error) { return activities.TurnResult{}, refuse }},
		"held":      {turn: answerAfter(1, 2), call: failOnce(refuse)},
		"cancelled": {turn: answerAfter(1, 1), call: untilCancelled},
		"continued": {turn: answerAfter(45, 1), begin: func(int) activities.BeginResult { return activities.BeginResult{Ready: true, Head: "h0"} }},
		"paused":    {turn: calling(activities.CallRef{CallID: "t1.tool1", Tool: "x", Server: "s", Long: true, Summary: "x"}), call: firstUntilCancelled()},
		"dropped":   {turn: answerAfter(1, 2), call: firstUntilCancelled()},
		"finished":  {turn: answerAfter(1, 1), call: untilCancelled},
		"steered":   {turn: answerAfter(1, 1), call: firstUntilCancelled()},
		"approved":  {turn: calling(expensive), begin: began(asks, discovery.Budget{WallS: 3600})},
		"asked":     {turn: calling(ask), asked: activities.Asked{Text: "which?", Default: "any", TimeoutS: 600}},
		"fanned":    {turn: calling(fanRef), candidates: 3, quick: []int{1, 3, 4}, begin: longApart},
		"fandrop":   {turn: calling(fanRef), candidates: 3, call: firstUntilCancelled()},
		"pausedrop": {turn: calling(longRef), call: firstUntilCancelled()},
		"forked": {turn: answerAfter(2, 1), begin: func(int) activities.BeginResult {
			return activities.BeginResult{Ready: true, Head: "h1", Turn: 1, Forked: true}
		}},
		"retried": {turn: answerAfter(1, 2), begin: func(int) activities.BeginResult {
			return activities.BeginResult{Ready: true, Head: "h1", Turn: 1, Resume: &activities.ResumePoint{Gen: 1, Head: "h1", Open: []activities.CallRef{{CallID: "t1.tool2", Tool: "x", Server: "s", Summary: "x"}}}}
		}},
	} {
		if only := os.Getenv("CRYSTALYSE_RECORD"); only == "1" || only == name {
			recordOne(t, c, name, f)
		}
	}
}

// longApart gives long calls a queue of their own.
func longApart(int) activities.BeginResult {
	return activities.BeginResult{Ready: true, Head: "h0", UserID: "u", LongQueue: workflows.QueueToolsGPU}
}

// firstUntilCancelled holds the first call until it is cancelled, and no other.
func firstUntilCancelled() func(context.Context, activities.CallInput) (activities.CallResult, error) {
	var held atomic.Bool
	return func(ctx context.Context, in activities.CallInput) (activities.CallResult, error) {
		if held.CompareAndSwap(false, true) {
			return untilCancelled(ctx, in)
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
}

// instructions are sent to the runs that are recorded, in order, once the state
// fits: needs attention, or a call that runs.
var instructions = map[string][]discovery.Update{
	"held":     {{Kind: discovery.UpdateRetryStep}},
	"failed":   {{Kind: discovery.UpdateFinishNow}},
	"paused":   {{Kind: discovery.UpdatePause}, {Kind: discovery.UpdateResume}},
	"dropped":  {{Kind: discovery.UpdateCancelStep}},
	"finished": {{Kind: discovery.UpdateFinishNow}},
	"steered":  {{Kind: discovery.UpdateSteer, Text: "only oxides"}, {Kind: discovery.UpdateSetBudget, Budget: &discovery.Budget{ToolCalls: 50}}, {Kind: discovery.UpdateCancelStep}},
	"approved": {{Kind: discovery.UpdateApprove, Decision: discovery.Allow, Remember: true}},
	"asked":    {{Kind: discovery.UpdateAnswer, Text: "this one"}},

	"fandrop":   {{Kind: discovery.UpdateCancelStep, Step: "t1.tool1"}},
	"pausedrop": {{Kind: discovery.UpdatePause}, {Kind: discovery.UpdateCancelStep, Step: "t1.tool1"}, {Kind: discovery.UpdateResume}},
}

// instruct sends them.
func instruct(ctx context.Context, t *testing.T, c client.Client, did, name string) {
	t.Helper()
	for _, u := range instructions[name] {
		require.Eventually(t, func() bool {
			v, err := c.QueryWorkflow(ctx, did, "", workflows.QueryRun)
			var st discovery.RunState
			waits := name == "pausedrop" && u.Kind == discovery.UpdateResume // nothing is left that runs
			if err != nil || v.Get(&st) != nil || st.Status == discovery.StatusQueued || !waits && len(st.Pending)+len(st.Running) == 0 {
				return false
			}
			if u.Kind == discovery.UpdateResume || name == "pausedrop" && u.Kind == discovery.UpdateCancelStep {
				// The pause has reached the call.
				d, err := c.DescribeWorkflowExecution(ctx, did, "")
				if err != nil || len(d.GetPendingActivities()) > 0 {
					return false
				}
			}
			if name == "fandrop" {
				// Its candidates are at work.
				d, err := c.DescribeWorkflowExecution(ctx, did, "")
				if err != nil || len(d.GetPendingChildren()) == 0 {
					return false
				}
			}
			if u.Kind == discovery.UpdateCancelStep && u.Step == "" && len(st.Running) > 0 {
				// The first call that began is the one that holds.
				d, err := c.DescribeWorkflowExecution(ctx, did, "")
				if err != nil || len(d.GetPendingActivities()) != 1 {
					return false
				}
				_, step, _ := strings.Cut(d.GetPendingActivities()[0].GetActivityId(), ".")
				u.Step = step
			}
			h, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: did, UpdateName: string(u.Kind), Args: []any{u}, WaitForStage: client.WorkflowUpdateStageCompleted})
			return err == nil && h.Get(ctx, nil) == nil
		}, 30*time.Second, 200*time.Millisecond, "%s: %s", name, u.Kind)
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
	for _, q := range []string{workflows.QueueDiscovery, workflows.QueueLLM, workflows.QueueTools, workflows.QueueToolsGPU} {
		w := worker.New(c, q, worker.Options{MaxHeartbeatThrottleInterval: time.Second, DefaultHeartbeatThrottleInterval: time.Second})
		w.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
		w.RegisterWorkflowWithOptions(workflows.FanOutWorkflow, fanOut)
		w.RegisterWorkflowWithOptions(workflows.CandidateWorkflow, candidate)
		f.register(w)
		require.NoError(t, w.Start())
		workers = append(workers, w)
	}
	did := id.NewDiscovery()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: did, TaskQueue: workflows.QueueDiscovery}, workflows.Discovery, workflows.Input{DiscoveryID: did, Retry: map[string]int{"retried": 1}[name]})
	require.NoError(t, err)
	first := run.GetRunID()
	instruct(ctx, t, c, did, name)
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
	keep(ctx, t, c, name, did, first)
	if name == "fanned" {
		keep(ctx, t, c, "fanout", did+"/t1.tool1", "")
		keep(ctx, t, c, "candidate", did+"/c1", "")
	}
}

// keep writes a history where none is kept yet; it is written without blanks,
// since histories are long.
func keep(ctx context.Context, t *testing.T, c client.Client, name, workflowID, runID string) {
	t.Helper()
	it := c.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var h history.History
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, e)
	}
	body, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(&h)
	require.NoError(t, err)
	file := filepath.Join("testdata", name+"."+recording+".json")
	if _, err := os.Stat(file); err == nil {
		return
	}
	require.NoError(t, os.WriteFile(file, body, 0o600))
}

// recording numbers the set of histories: raise it with the shape of a run. Of
// v4 are those of a fan-out, which says which of its stages are quick.
const recording = "v4"

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
