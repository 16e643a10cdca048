package relay_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/internal/event"
)

// changing is a stream whose connection can be replaced while it is read.
type changing struct {
	event.Stream
	to         atomic.Value  // event.Listener
	subscribed atomic.Int32  // how often
	reading    chan struct{} // one for each read that has begun
	read       chan struct{} // lets one go on
}

func (c *changing) Listen(ctx context.Context, to event.Listener) {
	c.to.Store(to)
	c.Stream.Listen(ctx, to)
}

func (c *changing) Subscribe(ctx context.Context, id string) error {
	c.subscribed.Add(1)
	return c.Stream.Subscribe(ctx, id)
}

func (c *changing) Read(ctx context.Context, id string, after int64, limit int) (event.Page, error) {
	c.reading <- struct{}{}
	<-c.read
	return c.Stream.Read(ctx, id, after, limit)
}

// Nothing is subscribed on a new connection: a session whose position is being
// read on the one before is read once more.
func TestNewConnectionWhileReading(t *testing.T) {
	c := &changing{reading: make(chan struct{}, 100), read: make(chan struct{}, 100)}
	r := setup(t, relay.Limits{CheckEvery: time.Hour}, func(d *relay.Deps) { c.Stream = d.Stream; d.Stream = c })
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 3)
	r.pub.Wait()
	v := r.viewer(sid)
	<-c.reading
	require.EqualValues(t, 1, c.subscribed.Load())
	require.NoError(t, c.Unsubscribe(t.Context(), sid)) // the connection is gone, with what was subscribed on it
	c.to.Load().(event.Listener).Connected()
	for range 100 {
		c.read <- struct{}{}
	}
	until(t, "another subscription", func() bool { return c.subscribed.Load() == 2 })
	await(t, v, r.stored(sid))
	s.turn(2, 3)
	await(t, v, r.stored(sid))
	sound(t, v)
}
