package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/report"
)

// TestMoments breaks things while a model speaks, while candidates are
// evaluated and while somebody is waited for, and cancels at each of these
// moments.
func TestMoments(t *testing.T) {
	t.Parallel()
	lies := &liar{}
	b := newBench(t, lies.script).candidates(50)
	policy := filepath.Join(b.dir, "policy.json")
	require.NoError(t, os.WriteFile(policy, []byte(`{"rules":[{"tool":"costly","decision":"ask"}]}`), 0o600))
	s := b.up("CRYSTALYSE_POLICY=" + policy)
	calm := s.ask("hold calm", discovery.Budget{})
	b.release("calm")
	want := s.ends(calm.ID)
	fan := s.ends(s.ask("fan calm", discovery.Budget{}).ID)
	require.Contains(t, fan.Summary, "0.25")

	t.Run("Model", func(t *testing.T) { at(t, b, s); modelFaults(t, b, s, want) })
	t.Run("Waiting", func(t *testing.T) { at(t, b, s); engineKilledWhileWaiting(t, b, s, want) })
	t.Run("FanOut", func(t *testing.T) { at(t, b, s); fanOutFaults(t, b, s, fan) })
	t.Run("Records", func(t *testing.T) { at(t, b, s); recordFaults(t, b, s, want) })
	t.Run("Steered", func(t *testing.T) { at(t, b, s); steersOverNewRuns(t, b, s, lies) })
	t.Run("Cancelled", func(t *testing.T) { at(t, b, s); cancelledAnywhere(t, b, s) })
}

// liar answers a query that begins with "lies" wrongly a few times first.
type liar struct {
	mu    sync.Mutex
	tries map[string]int
	told  string // by those who steer a march
}

var truncated = func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	chunk(w, map[string]any{"delta": map[string]any{"content": "Half a tru"}})
}

func (l *liar) script(s said) reply {
	if strings.HasPrefix(s.users[0], "march ") {
		return l.march(s)
	}
	name, lies := strings.CutPrefix(s.users[len(s.users)-1], "lies ")
	if !lies || len(s.results) > 0 {
		return orders(s)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries == nil {
		l.tries = map[string]int{}
	}
	l.tries[name]++
	wires := []http.HandlerFunc{refuse(http.StatusInternalServerError, ""), refuse(http.StatusTooManyRequests, "1"), truncated}
	if n := l.tries[name]; n <= len(wires) {
		return reply{wire: wires[n-1]}
	}
	return reply{calls: []scripted{work(name, 10, 0)}}
}

func modelFaults(t *testing.T, b *bench, s *stack, want report.Report) {
	t.Run("ErrorsAndCutStreams", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("lies l", discovery.Budget{})
		v := s.watch(d.SessionID)
		s.same(b, d, "l", want.Summary, 0)
		require.Equal(t, 3, kinds(s.events(d.ID), event.TypeError), "each failure was told")
		s.sees(v, d.SessionID)
		require.NotContains(t, v.State().JSON(), "Half a tru")
	})
	for _, part := range []string{"temporal", "postgres", "redis", "api", "worker"} {
		t.Run("WhileItSpeaks/"+part, func(t *testing.T) {
			at(t, b, s)
			name := "s" + part
			d := s.ask("talk "+name, discovery.Budget{})
			v := s.watch(d.SessionID)
			b.speaking(name)
			kill(t, parts(s.status())[part].PID)
			b.release(name)
			s.same(b, d, name+"t", want.Summary, 0)
			s.sees(v, d.SessionID)
		})
	}
}

// engineKilledWhileWaiting: somebody is asked, the engine dies, and the answer
// is heard by the one that is started.
func engineKilledWhileWaiting(t *testing.T, b *bench, s *stack, want report.Report) {
	d := s.ask("costly w", discovery.Budget{})
	pending := func(st discovery.RunState) bool { return len(st.Pending) > 0 }
	s.stands(d.ID, "no approval", pending)
	kill(t, s.status().Temporal.PID)
	s.healthy()
	s.stands(d.ID, "the approval is forgotten", pending)
	require.Zero(t, b.count("start", "w"), "nothing runs before it is allowed")
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateApprove, Decision: discovery.Allow})
	s.same(b, d, "w", want.Summary, 0)
}

func fanOutFaults(t *testing.T, b *bench, s *stack, want report.Report) {
	hold := filepath.Join(b.dir, "hold.all")
	ends := func(name string, what func(d discovery.Discovery)) {
		t.Run(name, func(t *testing.T) {
			at(t, b, s)
			require.NoError(t, os.WriteFile(hold, nil, 0o600))
			before := b.count("start", "")
			d := s.ask("fan "+name, discovery.Budget{})
			waitFor(t, "eight candidates", func() bool { return b.count("start", "") == before+fanWidth })
			done := b.count("success", "")
			what(d)
			require.NoError(t, os.Remove(hold))
			r := s.ends(d.ID)
			require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
			require.Equal(t, want.Summary, r.Summary)
			require.Equal(t, want.Usage.ToolCalls, r.Usage.ToolCalls, "counted once")
			require.Equal(t, done+fanWidth, b.count("success", ""), "each candidate was relaxed once")
			require.Equal(t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
		})
	}
	ends("WorkerKilled", func(discovery.Discovery) { kill(s.t, s.status().Worker.PID) })
	ends("EngineKilled", func(discovery.Discovery) { kill(s.t, s.status().Temporal.PID); s.healthy() })
	ends("ResetFromOutside", func(d discovery.Discovery) { s.reset(s.t, d.ID) })
}

// cancelledAnywhere: wherever a discovery is when its user stops it, it ends
// once, as cancelled, and nothing of it runs on.
func cancelledAnywhere(t *testing.T, b *bench, s *stack) {
	cancel := func(d discovery.Discovery) {
		s.t.Helper()
		require.NoError(s.t, s.door().Cancel(s.t.Context(), d.ID, "enough"))
		require.Equal(s.t, discovery.StatusCancelled, s.ends(d.ID).Status)
		require.Equal(s.t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
	}
	waits := func(st discovery.RunState) bool { return len(st.Pending) > 0 }
	held := func(st discovery.RunState) bool { return st.Status == discovery.StatusNeedsAttention }
	failed := func(d discovery.Discovery) {
		waitFor(s.t, "a failed attempt", func() bool { return kinds(s.stored(d.SessionID), event.TypeError) > 0 })
	}
	for name, m := range map[string]struct {
		query string
		until func(d discovery.Discovery)
	}{
		"WhileTheModelSpeaks": {"talk k", func(discovery.Discovery) { b.speaking("k") }},
		"BetweenAttempts":     {"down k", failed},
		"AtAnApproval":        {"costly k", func(d discovery.Discovery) { s.stands(d.ID, "no approval", waits) }},
		"AtAQuestion":         {"ask k", func(d discovery.Discovery) { s.stands(d.ID, "no question", waits) }},
		"AtAHold":             {"refused k", func(d discovery.Discovery) { s.stands(d.ID, "no hold", held) }},
		"AtOnce":              {"hold once", func(discovery.Discovery) {}},
	} {
		t.Run(name, func(t *testing.T) {
			at(t, b, s)
			d := s.ask(m.query, discovery.Budget{})
			m.until(d)
			cancel(d)
		})
	}
	t.Run("InTheQueue", func(t *testing.T) {
		at(t, b, s)
		first := s.ask("hold q", discovery.Budget{})
		b.reached("q", 5)
		second, err := s.door().Create(t.Context(), discovery.Request{Query: "hold r", SessionID: first.SessionID})
		require.NoError(t, err)
		cancel(second)
		b.release("q")
		require.Equal(t, discovery.StatusCompleted, s.ends(first.ID).Status)
		require.Zero(t, b.count("start", "r"))
	})
	t.Run("InAFanOut", func(t *testing.T) { at(t, b, s); cancelledInAFanOut(t, b, s) })
	t.Run("TwiceAndWhileItEnds", func(t *testing.T) {
		at(t, b, s)
		for i := range 5 {
			name := fmt.Sprint("race", i)
			d := s.ask("hold "+name, discovery.Budget{})
			b.reached(name, 5)
			b.release(name)
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					<-time.After(time.Duration(i) * 20 * time.Millisecond)
					_ = s.door().Cancel(t.Context(), d.ID, "enough") // one that is closed refuses
				})
			}
			both.Wait()
			r := s.ends(d.ID)
			require.Contains(t, []discovery.Status{discovery.StatusCancelled, discovery.StatusCompleted}, r.Status)
			require.LessOrEqual(t, b.count("success", name), 1)
			require.Equal(t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
		}
	})
}
