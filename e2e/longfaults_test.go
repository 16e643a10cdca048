//go:build chaos

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// TestLongFaults are the faults that take their time: parts that stay away, a
// model that falls silent, a worker killed at each task of a run.
func TestLongFaults(t *testing.T) {
	var silence sync.Once
	b := newBench(t, func(s said) reply {
		silent := false
		if s.users[0] == "hold silent" && len(s.results) == 0 {
			silence.Do(func() { silent = true })
		}
		if silent {
			return reply{wire: func(w http.ResponseWriter, r *http.Request) {
				chunk(w, map[string]any{"delta": map[string]any{"content": "Let me"}})
				<-r.Context().Done()
			}}
		}
		return orders(s)
	})
	s := b.up()
	calm := s.ask("hold calm", discovery.Budget{})
	b.release("calm")
	want := s.ends(calm.ID)

	for part, away := range map[string]time.Duration{"temporal": 30 * time.Second, "postgres": time.Minute, "redis": time.Minute} {
		t.Run("Away/"+part, func(t *testing.T) {
			at(t, b, s)
			s.healthy()
			d := s.ask("hold "+part, discovery.Budget{})
			v := s.watch(d.SessionID)
			b.reached(part, 5)
			pid := parts(s.status())[part].PID
			up := s.cmd.Process
			require.NoError(t, up.Signal(syscall.SIGSTOP)) // nobody starts it again
			kill(t, pid)
			b.release(part) // the result comes while the part is away
			<-time.After(away)
			require.NoError(t, up.Signal(syscall.SIGCONT))
			s.same(b, d, part, want.Summary, 0)
			require.Equal(t, 1, b.count("start", part), "the calculation was never interrupted")
			s.sees(v, d.SessionID)
		})
	}
	t.Run("ModelFallsSilent", func(t *testing.T) {
		at(t, b, s)
		b.release("silent")
		d := s.ask("hold silent", discovery.Budget{})
		s.same(b, d, "silent", want.Summary, 0)
		require.NotZero(t, kinds(s.events(d.ID), event.TypeError), "the silence was told")
	})
	t.Run("KilledAtEveryTask", func(t *testing.T) {
		tasks := 1
		for n := 0; n < tasks; n++ {
			t.Run(fmt.Sprint(n+1), func(t *testing.T) {
				at(t, b, s)
				s.healthy()
				name := fmt.Sprint("task", n)
				b.release(name)
				d := s.ask("hold "+name, discovery.Budget{})
				waitFor(t, "the task", func() bool { return s.tasks(t, d.ID) > n })
				kill(t, s.status().Worker.PID)
				s.same(b, d, name, want.Summary, 1)
				tasks = s.tasks(t, d.ID)
			})
		}
		require.Greater(t, tasks, 4)
	})
}

// TestTenThousandSteers: ten people send a discovery ten thousand instructions
// while a call of it runs. As many as the model reads before its next turn are
// taken, the others are refused with words that say why; its history does not
// grow by what was refused, and it ends as it would have.
func TestTenThousandSteers(t *testing.T) {
	const people, each = 10, 1000
	b := newBench(t, orders)
	s := b.up("CRYSTALYSE_RATE_LIMIT=0")
	d := s.ask("hold s", discovery.Budget{})
	b.reached("s", 5)
	before := len(s.history(t, s.engine(t), d.ID))
	began := time.Now()
	var taken atomic.Int64
	other := make(chan error, people*each)
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			for i := range each {
				err := s.door().Update(t.Context(), d.ID, discovery.Update{Kind: discovery.UpdateSteer, RequestID: fmt.Sprintf("p%d.%d", p, i), Text: "only oxides"})
				switch {
				case err == nil:
					taken.Add(1)
				case !strings.Contains(err.Error(), "instructions wait for the model already"):
					other <- err
				}
			}
		})
	}
	all.Wait()
	close(other)
	for err := range other {
		require.NoError(t, err, "refused for another reason")
	}
	require.EqualValues(t, 20, taken.Load())
	grown := len(s.history(t, s.engine(t), d.ID)) - before
	t.Logf("%d instructions in %s: %d taken; the history grew by %d events", people*each, time.Since(began).Round(time.Second), taken.Load(), grown)
	require.Less(t, grown, 30*20, "what was refused is in the history")
	b.release("s")
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Equal(t, 1, b.count("success", "s"))
}

// tasks counts the workflow tasks that were completed.
func (s *stack) tasks(t *testing.T, did string) int {
	t.Helper()
	n := 0
	for _, e := range s.history(t, s.engine(t), did) {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			n++
		}
	}
	return n
}
