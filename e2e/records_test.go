package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/report"
)

// recordFaults break what is between a result and those who must know of it.
func recordFaults(t *testing.T, b *bench, s *stack, want report.Report) {
	// The result is in the database, and the engine was not told: the worker dies
	// between the two.
	t.Run("CommittedAndNotReported", func(t *testing.T) {
		at(t, b, s)
		s.healthy()
		d := s.ask("hold c", discovery.Budget{})
		b.reached("c", 5)
		engine := s.status().Temporal.PID
		sendSignal(t, engine, syscall.SIGSTOP)
		defer func() { _ = syscall.Kill(engine, syscall.SIGCONT) }()
		b.release("c")
		waitFor(t, "the result in the log", func() bool { return kinds(s.stored(d.SessionID), event.TypeToolCallResult) == 1 })
		kill(t, s.status().Worker.PID)
		sendSignal(t, engine, syscall.SIGCONT)
		s.same(b, d, "c", want.Summary, 0)
		require.Equal(t, 1, b.count("start", "c"), "what is committed is not computed again")
	})
	t.Run("ToolDiesBeforeItAnswers", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("crash x", discovery.Budget{})
		s.same(b, d, "x", want.Summary, 0)
		require.Equal(t, 1, b.count("crash", "x"))
		require.Equal(t, 2, b.count("start", "x"))
	})
	// The tool has said in its account that it was successful, and its answer is
	// kept; the worker dies before it has heard of it.
	t.Run("WorkerDiesBeforeItHearsTheAnswer", func(t *testing.T) {
		at(t, b, s)
		s.healthy()
		mute := filepath.Join(b.dir, "u.mute")
		require.NoError(t, os.WriteFile(mute, nil, 0o600))
		d := s.ask("hold u", discovery.Budget{})
		b.release("u")
		waitFor(t, "the kept answer", func() bool { return b.count("success", "u") == 1 })
		kill(t, s.status().Worker.PID)
		require.NoError(t, os.Remove(mute))
		s.same(b, d, "u", want.Summary, 0)
		require.Equal(t, 1, b.count("start", "u"), "nothing is computed again")
		require.Equal(t, 1, b.count("answered_again", "u"))
	})
	t.Run("ThreeMegabytes", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("big y", discovery.Budget{})
		s.same(b, d, "y", want.Summary, 0)
		size := 0
		for _, e := range s.history(t, s.engine(t), d.ID) {
			size += e.Size()
		}
		require.Less(t, size, 32<<10, "the history has references only")
	})
	t.Run("ActivityResetFromOutside", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold a", discovery.Budget{})
		b.reached("a", 5)
		_, err := s.engine(t).WorkflowService().ResetActivity(t.Context(), &workflowservice.ResetActivityRequest{
			Namespace: "default", Execution: &common.WorkflowExecution{WorkflowId: d.ID}, Activity: &workflowservice.ResetActivityRequest_Type{Type: "CallTool"}})
		require.NoError(t, err)
		waitFor(t, "the call to begin again", func() bool { return b.count("start", "a") == 2 })
		b.release("a")
		s.same(b, d, "a", want.Summary, 1)
	})
}

// marchTurns is past the turns after which a run continues as a new one.
const marchTurns = 45

// march has a call made in each turn, and remembers what it was told on the way.
func (l *liar) march(s said) reply {
	l.mu.Lock()
	l.told = strings.Join(s.users, "\n")
	l.mu.Unlock()
	if n := len(s.results); n < marchTurns {
		return reply{calls: []scripted{work(fmt.Sprint(strings.Fields(s.users[0])[1], n), 1, 0)}}
	}
	return reply{text: "Done: {{v:t1.tool1.e}}."}
}

// steersOverNewRuns: ten people steer at the same time while the run continues
// as new. Each word is accepted once and read once.
func steersOverNewRuns(t *testing.T, b *bench, s *stack, l *liar) {
	d := s.ask("march m", discovery.Budget{})
	var all sync.WaitGroup
	for person := range 10 {
		all.Go(func() {
			for n := range 5 {
				waitFor(t, "the steps between two words", func() bool { return b.count("success", "") > 0 && marched(b) >= n*9 })
				u := discovery.Update{RequestID: fmt.Sprintf("steer-%s-%d-%d", d.ID, person, n), Kind: discovery.UpdateSteer, Text: fmt.Sprintf("<word %d.%d>", person, n)}
				for range 2 { // sent twice, as after a lost answer
					waitFor(t, "the word to be taken", func() bool { return s.door().Update(t.Context(), d.ID, u) == nil })
				}
			}
		})
	}
	all.Wait()
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Equal(t, marchTurns, r.Usage.ToolCalls, "counted once")
	l.mu.Lock()
	defer l.mu.Unlock()
	for person := range 10 {
		for n := range 5 {
			word := fmt.Sprintf("<word %d.%d>", person, n)
			require.Equal(t, 1, strings.Count(l.told, word), word)
		}
	}
	require.Greater(t, s.runs(t, d.ID), 1, "it did continue as new")
}

// marched is how far the march is.
func marched(b *bench) int {
	n := 0
	for _, l := range b.log() {
		if l.Event == "success" && strings.HasPrefix(l.Name, "m") {
			n++
		}
	}
	return n
}

// runs counts the runs of a workflow.
func (s *stack) runs(t *testing.T, did string) int {
	t.Helper()
	n := 0
	waitFor(t, "the runs in the engine's list", func() bool {
		list, err := s.engine(t).ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", Query: fmt.Sprintf("WorkflowId = '%s'", did)})
		n = len(list.GetExecutions())
		return err == nil && n > 0
	})
	return n
}
