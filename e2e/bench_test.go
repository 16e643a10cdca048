//go:build bench

package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	temporal "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// TestBenchDurable measures what durability costs, each figure beside a bare
// workflow of the same shape on the same engine in the same run. `make
// bench-durable` runs it and keeps its figures.
func TestBenchDurable(t *testing.T) {
	b := newBench(t, orders)
	s := b.up()
	s.ends(s.ask("chain warm", discovery.Budget{}).ID)
	bareStart, bareHop := bare(t, s.engine(t), "bare")
	_, overHop := bare(t, s.engine(t), "bare-tools")
	sent, accepted := firstEvents(t, s)
	chain := chains(t, b, s)
	_, more := bare(t, s.engine(t), "bare-tools") // what else the machine does changes
	overHop = append(overHop, more...)
	cancel, recover := ends(t, b, s)
	hop, own := median(overHop), median(bareHop)
	over := func(hop time.Duration) time.Duration { return (median(chain.calls) - hop).Round(time.Millisecond) }
	results(t, "bench/durable/RESULTS.md", fmt.Sprintf(`# What durability costs

Written by `+"`make bench-durable`"+`; medians (and the worst) on the embedded stack of one machine with two cores that did other work at the time (load average %s at the end): use the ratios. The tool is a stub that takes one step of 10 ms; the model is scripted and answers at once.

| | bare workflow | discovery | reach | met |
|---|---|---|---|---|
| request accepted (its own event is made) -> first event of an activity, on the viewer's socket | %s (start -> first activity) | %s: bare + %s | <= bare + 100 ms | %s |
| the same from when the request was sent, on a socket just opened to a session that it names for the first time | | %s: bare + %s | | |
| a turn: model step and one tool call, of two hops | %s (two hops) | %s | | |
| cancel -> process group gone | - | %s | <= 10 s always | %s |
| kill -9 of the worker -> work goes on | - | %s | <= 15 s heartbeat timeout + 5 s, always | %s |
| a tool call, from its scheduling to that of the next step, without the tool's own time | %s (one hop over another queue than the workflow's, as a tool's is; %s on the workflow's own) | %s | | |
| the same beyond the bare hop over another queue | - | %s, %.2fx the hop | <= 0.5x the hop | %s |
| the same beyond a hop on the workflow's own queue, which no tool's is | - | %s, %.2fx the hop | | |
| history events of a turn with one tool call | 12 | %.1f (and %d once) | 12, the run's own aside | %s |
| history bytes of a turn with one tool call | - | %d | <= 4 KB | %s |

"Met" is for this run. 100 discoveries of 8 candidates on two slots: FANOUT.md, and FANOUT-POSTGRES.md with the engine on another store.
`, load(), spread(bareStart), spread(accepted), beyond(accepted, bareStart), met(beyond(accepted, bareStart) <= 100*time.Millisecond),
		spread(sent), beyond(sent, bareStart), spread(twice(bareHop)), spread(chain.turns),
		spread(cancel), met(slices.Max(cancel) <= 10*time.Second), spread(recover), met(slices.Max(recover) <= 20*time.Second),
		spread(overHop), spread(bareHop), spread(chain.calls), over(hop), over(hop).Seconds()/hop.Seconds(), met(2*over(hop) <= hop),
		over(own), over(own).Seconds()/own.Seconds(), chain.events, chain.once, met(chain.events < 12.5), chain.bytes, met(chain.bytes <= 4<<10)))
}

func met(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}

const rounds = 5

// bare runs workflows of no-op activities with a worker of this process. On the
// workflow's own queue the engine hands an activity over with its answer to the
// workflow; on another one it takes a poll, and a write, as a tool call does.
func bare(t *testing.T, c temporal.Client, queue string) (start, hop []time.Duration) {
	t.Helper()
	times := make(chan time.Time, 100)
	pollers := worker.Options{MaxConcurrentWorkflowTaskPollers: 16, MaxConcurrentActivityTaskPollers: 8} // as ours
	w := worker.New(c, "bare", pollers)
	noop := func(context.Context) error { times <- time.Now(); return nil }
	w.RegisterActivityWithOptions(noop, activity.RegisterOptions{Name: "noop"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: queue, StartToCloseTimeout: time.Minute})
		for range chainCalls {
			if err := workflow.ExecuteActivity(ctx, "noop").Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	}, workflow.RegisterOptions{Name: "bare"})
	require.NoError(t, w.Start())
	defer w.Stop()
	if queue != "bare" {
		pollers.DisableWorkflowWorker = true
		other := worker.New(c, queue, pollers)
		other.RegisterActivityWithOptions(noop, activity.RegisterOptions{Name: "noop"})
		require.NoError(t, other.Start())
		defer other.Stop()
	}
	for range rounds {
		began := time.Now()
		run, err := c.ExecuteWorkflow(t.Context(), temporal.StartWorkflowOptions{TaskQueue: "bare"}, "bare")
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		last := <-times
		start = append(start, last.Sub(began))
		for range chainCalls - 1 {
			at := <-times
			hop = append(hop, at.Sub(last))
			last = at
		}
	}
	return start, hop
}

// firstEvents asks on a viewer's socket, and waits for the first event there
// that an activity published: from when it asked, and from when that was
// accepted.
func firstEvents(t *testing.T, s *stack) (sent, accepted []time.Duration) {
	t.Helper()
	for i := range 3 * rounds {
		ws, resp, err := websocket.DefaultDialer.Dial(strings.Replace(s.addr, "http", "ws", 1)+fmt.Sprint("/ws/discovery/first-", i), nil)
		require.NoError(t, err)
		_ = resp.Body.Close() // an upgrade has no body
		began, queued := time.Now(), time.Time{}
		require.NoError(t, ws.WriteJSON(map[string]string{"type": "discovery_request", "query": "say done"}))
		for {
			var e event.Event
			require.NoError(t, ws.ReadJSON(&e))
			if e.Type == event.TypeDiscoveryStatus && strings.Contains(string(e.Data), "accepted") {
				queued = time.UnixMicro(int64(e.Timestamp * 1e6))
			}
			if e.Type == event.TypeDiscoveryStatus && strings.Contains(string(e.Data), "started") {
				sent, accepted = append(sent, time.Since(began)), append(accepted, time.Since(queued))
				require.NoError(t, ws.Close())
				s.ends(e.Metadata.DiscoveryID)
				break
			}
		}
	}
	return sent, accepted
}

// turnCost gives the events, and their bytes, that a turn adds to a history:
// those from one turn of the model to the next. What a run has once, at its begin
// and end, is no turn's.
func (c *chained) turnCost(t *testing.T, it temporal.HistoryEventIterator) {
	t.Helper()
	var n, bytes, turns, n0, bytes0, n1, bytes1 int
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(t, err)
		if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activities.NameLLMTurn {
			if turns++; turns == 1 {
				n0, bytes0 = n, bytes
			}
			n1, bytes1 = n, bytes
		}
		n, bytes = n+1, bytes+e.Size()
	}
	require.Equal(t, chainCalls+1, turns)
	c.events, c.once, c.bytes = float64(n1-n0)/chainCalls, n-(n1-n0), (bytes1-bytes0)/chainCalls
}

// chained is what discoveries of turns of one call each took.
type chained struct {
	turns []time.Duration
	calls []time.Duration // scheduled to the next step scheduled, without the tool's own time
	// What a turn adds to the history, and what a run adds once.
	events      float64
	once, bytes int
}

// chains asks for turns of one call each and reads what they cost.
func chains(t *testing.T, b *bench, s *stack) (c chained) {
	t.Helper()
	for i := range rounds {
		d := s.ask(fmt.Sprint("chain k", i, "."), discovery.Budget{})
		s.ends(d.ID)
		var starts []time.Time
		for _, e := range s.events(d.ID) {
			if e.Type == "reasoning_start" {
				starts = append(starts, time.UnixMicro(int64(e.Timestamp*1e6)))
			}
		}
		for j := 1; j < len(starts); j++ {
			c.turns = append(c.turns, starts[j].Sub(starts[j-1]))
		}
		for j, whole := range callTimes(s.history(t, s.engine(t), d.ID)) {
			name := fmt.Sprintf("k%d.%d", i, j)
			own := time.Duration(b.last("success", name).At-b.last("start", name).At) * time.Millisecond
			c.calls = append(c.calls, whole-own)
		}
		c.turnCost(t, s.engine(t).GetWorkflowHistory(t.Context(), d.ID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT))
	}
	require.NotZero(t, b.count("success", ""))
	return c
}

// callTimes gives how long each call took by the engine's own history: from when
// it was scheduled to when the turn after it was.
func callTimes(events []*history.HistoryEvent) (out []time.Duration) {
	var began time.Time
	for _, e := range events {
		switch e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() {
		case activities.NameCallTool:
			began = e.GetEventTime().AsTime()
		case activities.NameLLMTurn:
			if !began.IsZero() {
				out = append(out, e.GetEventTime().AsTime().Sub(began))
			}
		}
	}
	return out
}

// ends measures how soon a cancellation reaches the process, and how soon work
// goes on after the worker was killed.
func ends(t *testing.T, b *bench, s *stack) (cancel, recover []time.Duration) {
	t.Helper()
	for i := range rounds {
		name := fmt.Sprint("cut", i)
		d := s.ask("hold "+name, discovery.Budget{})
		b.reached(name, 5)
		began := time.Now()
		require.NoError(t, s.door().Cancel(t.Context(), d.ID, "enough"))
		b.stopped(name)
		cancel = append(cancel, time.Since(began))
		s.ends(d.ID)
	}
	for i := range 3 {
		name := fmt.Sprint("kill", i)
		d := s.ask("hold "+name, discovery.Budget{})
		b.reached(name, 5)
		began := time.Now()
		kill(t, s.status().Worker.PID)
		waitFor(t, "the call to go on", func() bool { return b.count("start", name) == 2 })
		recover = append(recover, time.Since(began))
		b.release(name)
		s.ends(d.ID)
	}
	return cancel, recover
}

// load gives the load average of the last minute.
func load() string {
	body, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(body), " ")
	return one
}

func twice(ds []time.Duration) []time.Duration {
	out := make([]time.Duration, len(ds))
	for i, d := range ds {
		out[i] = 2 * d
	}
	return out
}

func beyond(ds, bare []time.Duration) time.Duration {
	return (median(ds) - median(bare)).Round(time.Millisecond)
}

func median(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[len(ds)/2]
}

func spread(ds []time.Duration) string {
	slices.Sort(ds)
	return fmt.Sprintf("%s (worst %s)", ds[len(ds)/2].Round(time.Millisecond), ds[len(ds)-1].Round(time.Millisecond))
}
