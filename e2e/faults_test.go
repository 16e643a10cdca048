package e2e

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	temporal "go.temporal.io/sdk/client"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// TestFaults breaks a part of the stack while a call is in its middle. Every
// discovery ends as the one that was left alone: the same answer, no step of
// the tool taken twice beyond a checkpoint, no success twice, counted once.
func TestFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	calm := s.ask("hold calm", discovery.Budget{})
	b.release("calm")
	want := s.ends(calm.ID)
	var terminated discovery.Discovery

	t.Run("WorkerKilled", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold w", discovery.Budget{})
		b.reached("w", 5)
		kill(t, s.status().Worker.PID)
		b.release("w")
		s.same(b, d, "w", want.Summary, 1)
	})
	t.Run("WorkerDrained", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold g", discovery.Budget{})
		b.reached("g", 5)
		require.NoError(t, syscall.Kill(s.status().Worker.PID, syscall.SIGTERM))
		b.stopped("g")
		b.release("g")
		s.same(b, d, "g", want.Summary, 0)
		require.GreaterOrEqual(t, b.count("start", "g"), 2)
		require.Contains(t, s.failures(t, d.ID), "ToolTransportLost", "the call was handed over, not missed")
	})
	t.Run("ResetFromOutside", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold r", discovery.Budget{})
		b.reached("r", 5)
		s.reset(t, d.ID)
		b.release("r")
		s.same(b, d, "r", want.Summary, 1)
	})
	t.Run("ResetAfterItsEnd", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold z", discovery.Budget{})
		b.release("z")
		s.same(b, d, "z", want.Summary, 0)
		s.reset(t, d.ID)
		waitFor(t, "the second end", func() bool { return kinds(s.events(d.ID), event.TypeDiscoveryComplete) == 2 })
		r := s.ends(d.ID)
		require.Equal(t, want.Summary, r.Summary)
		require.Equal(t, 1, b.count("success", "z"), "what was computed is found")
	})
	t.Run("EngineKilledAndTheCallIsJoined", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold e", discovery.Budget{})
		b.reached("e", 5)
		kill(t, s.status().Temporal.PID)
		s.stands(d.ID, "the engine does not come back", func(discovery.RunState) bool { return s.status().Temporal.Healthy })
		b.release("e")
		s.same(b, d, "e", want.Summary, 0)
		require.Equal(t, 1, b.count("start", "e"), "the calculation was never interrupted")
	})
	t.Run("DatabaseKilled", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold p", discovery.Budget{})
		b.reached("p", 5)
		kill(t, s.status().Postgres.PID)
		b.release("p")
		s.same(b, d, "p", want.Summary, 0)
	})
	t.Run("Cancelled", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold c", discovery.Budget{})
		b.reached("c", 5)
		began := time.Now()
		require.NoError(t, s.door().Cancel(t.Context(), d.ID, "enough"))
		b.stopped("c")
		t.Logf("cancel to process group gone: %s", time.Since(began).Round(time.Millisecond))
		require.Equal(t, discovery.StatusCancelled, s.ends(d.ID).Status)
		require.Zero(t, b.count("success", "c"))
	})
	t.Run("TerminatedFromOutside", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold t", discovery.Budget{})
		terminated = d
		b.reached("t", 5)
		require.NoError(t, s.engine(t).TerminateWorkflow(t.Context(), d.ID, "", "by an operator"))
		r := s.ends(d.ID)
		require.Equal(t, discovery.StatusCancelled, r.Status)
		b.stopped("t")
		require.Equal(t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
	})
	t.Run("PausedAndUnpausedFromOutside", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold o", discovery.Budget{})
		b.reached("o", 5)
		svc, who := s.engine(t).WorkflowService(), &common.WorkflowExecution{WorkflowId: d.ID}
		_, err := svc.PauseActivity(t.Context(), &workflowservice.PauseActivityRequest{Namespace: "default", Execution: who, Activity: &workflowservice.PauseActivityRequest_Type{Type: "CallTool"}, Reason: "maintenance"})
		require.NoError(t, err)
		waitFor(t, "the pause in the record", func() bool {
			x, err := s.door().Get(t.Context(), d.ID)
			return err == nil && x.Status == discovery.StatusPaused
		})
		b.stopped("o")
		b.release("o")
		_, err = svc.UnpauseActivity(t.Context(), &workflowservice.UnpauseActivityRequest{Namespace: "default", Execution: who, Activity: &workflowservice.UnpauseActivityRequest_Type{Type: "CallTool"}})
		require.NoError(t, err)
		s.same(b, d, "o", want.Summary, 1)
	})
	t.Run("NothingComesAfterTheEnd", func(t *testing.T) {
		at(t, b, s)
		nothingAfterTheEnd(t, s.events(terminated.ID)) // its call was stopped a good while ago
	})
}

// nothingAfterTheEnd fails when a step has said something after the discovery's
// last event. (Its memory is made later.)
func nothingAfterTheEnd(t *testing.T, es []event.Event) {
	t.Helper()
	ended := false
	for _, e := range es {
		ended = ended || e.Type == event.TypeDiscoveryComplete
		if ended {
			require.Empty(t, e.Metadata.Step, "%s came after the end", e.Type)
		}
	}
	require.True(t, ended)
}

// at makes helpers fail the test that runs now.
func at(t *testing.T, b *bench, s *stack) {
	t.Helper()
	was := s.t
	b.t, s.t = t, t
	t.Cleanup(func() { b.t, s.t = was, was })
}

func kill(t *testing.T, pid int) {
	t.Helper()
	require.NotZero(t, pid)
	require.NoError(t, errors.Join(syscall.Kill(pid, syscall.SIGKILL)))
}

// same requires that a discovery ends like the one that was left alone; each
// interruption of its call may cost one step.
func (s *stack) same(b *bench, d discovery.Discovery, name, want string, interruptions int) {
	s.t.Helper()
	r := s.ends(d.ID)
	require.Equal(s.t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Equal(s.t, want, r.Summary)
	require.Equal(s.t, 1, b.succeeded(name), "a call succeeded twice: %s", b.story(name))
	require.LessOrEqual(s.t, b.count("evaluation", name), 10+interruptions)
	require.Equal(s.t, 1, r.Usage.ToolCalls, "a call was counted twice")
	require.Equal(s.t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
}

// engine is the workflow engine as its operator uses it.
func (s *stack) engine(t *testing.T) temporal.Client {
	t.Helper()
	c, err := temporal.DialContext(t.Context(), temporal.Options{HostPort: s.status().Temporal.Address})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// reset starts a run over from its first task, as the engine's page does.
func (s *stack) reset(t *testing.T, did string) {
	t.Helper()
	c := s.engine(t)
	run, err := c.DescribeWorkflowExecution(t.Context(), did, "")
	require.NoError(t, err)
	for _, e := range s.history(t, c, did) {
		if e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		_, err := c.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: "default", WorkflowExecution: run.GetWorkflowExecutionInfo().GetExecution(),
			Reason: "by an operator", RequestId: did, WorkflowTaskFinishEventId: e.GetEventId(),
		})
		require.NoError(t, err)
		return
	}
	t.Fatal("the run has no task yet")
}

func (s *stack) history(t *testing.T, c temporal.Client, did string) []*history.HistoryEvent {
	t.Helper()
	var all []*history.HistoryEvent
	for it := c.GetWorkflowHistory(t.Context(), did, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		e, err := it.Next()
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// failures gives the types of the failures after which calls were tried again.
func (s *stack) failures(t *testing.T, did string) []string {
	t.Helper()
	var types []string
	for _, e := range s.history(t, s.engine(t), did) {
		if f := e.GetActivityTaskStartedEventAttributes().GetLastFailure(); f != nil {
			types = append(types, f.GetApplicationFailureInfo().GetType())
		}
	}
	return types
}
