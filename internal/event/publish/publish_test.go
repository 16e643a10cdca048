package publish_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/event/membus"
	"crystalyse/internal/event/publish"
)

// flaky is a bus that is away while it is told to be.
type flaky struct {
	*membus.Bus
	away atomic.Bool
}

var errAway = errors.New("the bus is away")

func (f *flaky) Durable(ctx context.Context, sid string, first bool, ms []event.Message) (event.Answer, error) {
	if f.away.Load() {
		return event.Answer{}, errAway
	}
	return f.Bus.Durable(ctx, sid, first, ms)
}

func (f *flaky) Live(ctx context.Context, sid string, ms []event.Message) (event.Answer, error) {
	if f.away.Load() {
		return event.Answer{}, errAway
	}
	return f.Bus.Live(ctx, sid, ms)
}

func setup(t *testing.T) (*relaytest.World, *flaky, *publish.Publisher, string) {
	t.Helper()
	t.Parallel()
	w, bus := relaytest.NewWorld(), &flaky{Bus: membus.New(100_000)}
	p := publish.New(w, bus, slog.New(slog.DiscardHandler))
	w.OnCommit(p.Committed)
	t.Cleanup(p.Wait)
	return w, bus, p, w.Open("ada")
}

func scopeOf(sid, step string) *event.Scope {
	return &event.Scope{SessionID: sid, DiscoveryID: "disc-1", UserID: "ada", Mode: "creative", Step: step, Attempt: 1}
}

func say(t *testing.T, w *relaytest.World, s *event.Scope, text string) {
	t.Helper()
	e, err := s.New(event.Error{Message: text})
	require.NoError(t, err)
	require.NoError(t, w.Append(t.Context(), *s, e))
}

// carried gives what the bus has of a session, decoded.
func carried(t *testing.T, bus *flaky, sid string) []event.Event {
	t.Helper()
	p, err := bus.Node().Read(t.Context(), sid, 0, 1_000_000)
	require.NoError(t, err)
	out := make([]event.Event, len(p.Deliveries))
	for i, d := range p.Deliveries {
		require.NoError(t, json.Unmarshal(d.Body, &out[i]))
	}
	return out
}

// Whoever commits first is told of in any order; what is published is in order,
// whole, and as it was stored.
func TestOrder(t *testing.T) {
	w, bus, p, sid := setup(t)
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			s := scopeOf(sid, fmt.Sprintf("t1.tool%d", n+1))
			for i := range 50 {
				say(t, w, s, fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	p.Wait()
	require.Equal(t, w.Log(sid), carried(t, bus, sid))
	left, err := w.ToPublish(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Live events keep their place between the durable ones of their step.
func TestLiveBetween(t *testing.T) {
	w, bus, p, sid := setup(t)
	s := scopeOf(sid, "t1.llm")
	for range 50 {
		say(t, w, s, "durable")
		e, err := s.New(event.ReasoningUpdate{Content: "live"})
		require.NoError(t, err)
		p.Send(e)
	}
	p.Wait()
	got := carried(t, bus, sid)
	require.Len(t, got, 100)
	for i, e := range got {
		id, err := event.ParseID(e.ID)
		require.NoError(t, err)
		require.Equal(t, i, id.N)
	}
}

// Without a bus nothing waits and nothing that lasts is lost: the sweep brings
// it, also what nobody was told of.
func TestSweep(t *testing.T) {
	w, bus, p, sid := setup(t)
	s := scopeOf(sid, "t1.llm")
	say(t, w, s, "before")
	p.Wait()
	bus.away.Store(true)
	for range 300 {
		say(t, w, s, "away")
	}
	p.Wait()
	bus.away.Store(false)
	w.OnCommit(func(string, []event.Event) {}) // a crash between commit and publication
	say(t, w, s, "forgotten")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Sweep(ctx) }()
	require.Eventually(t, func() bool {
		left, err := w.ToPublish(t.Context(), 10)
		return err == nil && len(left) == 0
	}, eventtest.Patience, 20*time.Millisecond)
	stop()
	<-done
	p.Wait()
	require.Equal(t, w.Log(sid), carried(t, bus, sid))
}

// An emptied bus begins with what nobody has published yet, not with what
// happens to be told first.
func TestFreshStream(t *testing.T) {
	w, bus, p, sid := setup(t)
	s := scopeOf(sid, "t1.llm")
	for range 5 {
		say(t, w, s, "old")
	}
	p.Wait()
	bus.Flush()
	w.OnCommit(func(string, []event.Event) {})
	say(t, w, s, "committed, not told yet")
	w.OnCommit(p.Committed)
	say(t, w, s, "told first")
	p.Wait()
	got := carried(t, bus, sid)
	require.Len(t, got, 2)
	require.Equal(t, w.Log(sid)[5:], got)
}

// A log that was set back to an older copy of itself finds a stream that is ahead
// of it: the stream begins anew, and what is stored from then on is published.
func TestLogSetBack(t *testing.T) {
	w, bus, p, sid := setup(t)
	s := scopeOf(sid, "t1.llm")
	for range 8 {
		say(t, w, s, "old")
	}
	p.Wait()
	before, err := bus.Node().Read(t.Context(), sid, 0, 1)
	require.NoError(t, err)
	w.SetBack(sid, 5)
	for range 2 {
		say(t, w, s, "new")
		p.Wait()
	}
	require.Equal(t, w.Log(sid)[5:], carried(t, bus, sid))
	after, err := bus.Node().Read(t.Context(), sid, 0, 1)
	require.NoError(t, err)
	require.NotEqual(t, before.Epoch, after.Epoch, "nobody goes on from a position in what is gone")
	left, err := w.ToPublish(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, left)
}

// oneByOne is a bus that takes no call while it is held.
type oneByOne struct {
	*membus.Bus
	hold  chan struct{}
	calls chan []event.Message
}

func (o oneByOne) Live(ctx context.Context, sid string, ms []event.Message) (event.Answer, error) {
	<-o.hold
	o.calls <- ms
	return o.Bus.Live(ctx, sid, ms)
}

// A step that is done again in a new generation begins to count anew: what waits
// together of both goes in calls of its own.
func TestGenerationsApart(t *testing.T) {
	t.Parallel()
	w, bus := relaytest.NewWorld(), oneByOne{membus.New(1000), make(chan struct{}), make(chan []event.Message, 100)}
	p := publish.New(w, bus, slog.New(slog.DiscardHandler))
	sid := w.Open("ada")
	for gen := range 2 {
		s := scopeOf(sid, "t1.llm")
		s.Gen = gen
		for range 3 {
			e, err := s.New(event.ReasoningUpdate{Content: "live"})
			require.NoError(t, err)
			p.Send(e)
		}
	}
	close(bus.hold)
	p.Wait()
	close(bus.calls)
	taken := 0
	for ms := range bus.calls {
		taken += len(ms)
		for _, m := range ms {
			require.Equal(t, ms[0].Producer, m.Producer)
		}
	}
	require.Equal(t, 6, taken)
}
