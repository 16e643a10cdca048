package e2e

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
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

	t.Run("WorkerKilled", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold w", discovery.Budget{})
		b.reached("w", 5)
		kill(t, s.status().Worker.PID)
		b.release("w")
		s.same(b, d, "w", want.Summary, 1)
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
	require.Equal(s.t, 1, b.count("success", name), "a call succeeded twice")
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
