package eventtest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/id"
)

// Ear is a listener that remembers.
type Ear struct {
	mu        sync.Mutex
	heard     map[string][]event.Delivery
	epochs    map[string]string
	connected int
	change    chan struct{}
}

// NewEar gives a listener that has heard nothing.
func NewEar() *Ear {
	return &Ear{heard: map[string][]event.Delivery{}, epochs: map[string]string{}, change: make(chan struct{}, 1)}
}

func (e *Ear) changed(f func()) {
	e.mu.Lock()
	f()
	e.mu.Unlock()
	select {
	case e.change <- struct{}{}:
	default:
	}
}

// Announced remembers.
func (e *Ear) Announced(sid, epoch string, first int64, bodies [][]byte) {
	e.changed(func() {
		for i, b := range bodies {
			e.heard[sid] = append(e.heard[sid], event.Delivery{Seq: first + int64(i), Body: b})
		}
		e.epochs[sid] = epoch
	})
}

// Connected counts.
func (e *Ear) Connected() { e.changed(func() { e.connected++ }) }

// Disconnected does nothing.
func (e *Ear) Disconnected(error) {}

// Wait waits until the condition holds.
func (e *Ear) Wait(t testing.TB, what string, ok func(heard map[string][]event.Delivery, connected int) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for {
		e.mu.Lock()
		done := ok(e.heard, e.connected)
		e.mu.Unlock()
		if done {
			return
		}
		select {
		case <-e.change:
		case <-ctx.Done():
			require.Fail(t, "it did not come: "+what)
		}
	}
}

func announcements(t *testing.T, c Carrier) {
	ctx, stop := context.WithCancel(t.Context())
	ear := NewEar()
	done := make(chan struct{})
	go func() { defer close(done); c.Listen(ctx, ear) }()
	defer func() { stop(); <-done }()
	sid, other := id.New(), id.New()
	require.NoError(t, c.Subscribe(ctx, sid))
	durable(t, c, other, true, Durables(1, 3))
	durable(t, c, sid, true, Durables(1, 3))
	_, err := c.Live(ctx, sid, Lives(1, 10, 11))
	require.NoError(t, err)
	durable(t, c, sid, false, Durables(2, 3)) // nothing new, nothing said
	durable(t, c, sid, false, Durables(4, 4))
	ear.Wait(t, "what was published after the subscription", func(h map[string][]event.Delivery, _ int) bool {
		return len(h[sid]) == 6 && h[sid][5].Seq == 6
	})
	p := read(t, c, sid, 0, 10)
	require.Equal(t, Bodies(p.Deliveries), Bodies(ear.heard[sid]), "what is announced is what is kept")
	require.Equal(t, p.Epoch, ear.epochs[sid])
	require.Empty(t, ear.heard[other])
	require.NoError(t, c.Unsubscribe(ctx, sid))
	require.NoError(t, c.Subscribe(ctx, other))
	durable(t, c, sid, false, Durables(5, 5))
	durable(t, c, other, false, Durables(4, 4))
	ear.Wait(t, "the other session", func(h map[string][]event.Delivery, _ int) bool { return len(h[other]) == 1 })
	require.Len(t, ear.heard[sid], 6, "nothing after the end of the subscription")
}
