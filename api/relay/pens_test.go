package relay

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pen serves one viewer after another; no more wait than allowed, and none
// after the end.
func TestPens(t *testing.T) {
	t.Parallel()
	p := &pens{}
	r := &Relay{}
	waiting := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.free)
	}
	writeAll := func(n int) {
		conns := make([]*conn, n)
		for i := range conns {
			conns[i] = &conn{r: r}
			conns[i].writer.Store(writerBusy)
			p.write(conns[i])
		}
		for _, c := range conns {
			require.Eventually(t, func() bool { return c.writer.Load() == writerIdle }, time.Minute, time.Millisecond)
		}
	}
	for range 50 {
		writeAll(1)
		require.Eventually(t, func() bool { return waiting() == 1 }, time.Minute, time.Millisecond)
	}
	writeAll(10 * maxPens)
	require.LessOrEqual(t, waiting(), maxPens)
	p.close()
	require.Zero(t, waiting())
	writeAll(3)
	require.Zero(t, waiting())
}

// Viewers are woken from many sides while their writers come to an end: none is
// left with something to send and nobody to send it.
func TestWakeIsNotLost(t *testing.T) {
	t.Parallel()
	r := &Relay{}
	c := &conn{r: r, plain: true}
	var sent atomic.Int64
	for range 4 {
		go func() {
			for range 5000 {
				c.mu.Lock()
				c.asked = &ask{leave: true}
				c.mu.Unlock()
				c.wake()
				sent.Add(1)
				runtime.Gosched()
			}
		}()
	}
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return sent.Load() == 4*5000 && c.asked == nil && c.writer.Load() == writerIdle
	}, time.Minute, time.Millisecond)
	r.pens.close()
}
