package relay

import (
	"sync"
	"time"
)

// spokes divide a heartbeat's interval, so that the beats of many viewers do
// not fall together.
const spokes = 15

// wheel holds every connection by the moment of its beat.
type wheel struct {
	mu   sync.Mutex
	next int
	at   [spokes]map[*conn]struct{}
}

func (w *wheel) add(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.slot = w.next
	w.next = (w.next + 1) % spokes
	if w.at[c.slot] == nil {
		w.at[c.slot] = map[*conn]struct{}{}
	}
	w.at[c.slot][c] = struct{}{}
}

func (w *wheel) remove(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.at[c.slot], c)
}

func (w *wheel) spoke(i int) []*conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]*conn, 0, len(w.at[i]))
	for c := range w.at[i] {
		out = append(out, c)
	}
	return out
}

func (w *wheel) all() []*conn {
	var out []*conn
	for i := range spokes {
		out = append(out, w.spoke(i)...)
	}
	return out
}

// beat tells every viewer the top of its session once an interval, and cuts
// those that are silent or whose login has ended.
func (r *Relay) beat() {
	t := time.NewTicker(max(r.Limits.Beat/spokes, time.Millisecond))
	defer t.Stop()
	for i := 0; ; i = (i + 1) % spokes {
		select {
		case <-r.ctx.Done():
			return
		case <-t.C:
		}
		conns := r.wheel.spoke(i)
		for _, c := range conns {
			c.beat()
		}
		if len(conns) > 0 {
			go r.recheck(conns) // the store may be slow, beats must not be
		}
	}
}

func (c *conn) beat() {
	c.mu.Lock()
	st, expires, known := c.st, c.who.Expires, c.who.UserID != ""
	c.mu.Unlock()
	switch silent := time.Since(time.Unix(c.heard.Load(), 0)); {
	case !known:
		return // it has its own deadline
	case silent > c.r.Limits.Silence+time.Second:
		go c.close(closeNoPong, "no word for too long") // it may block in its farewell
		return
	case !expires.IsZero() && time.Now().After(expires):
		go c.close(closeLoginEnded, "the login has ended")
		return
	}
	if c.plain {
		c.mu.Lock()
		c.ping = true
		c.mu.Unlock()
		c.wake()
		return
	}
	var top int64
	if st != nil {
		st.mu.Lock()
		top = st.top
		st.mu.Unlock()
	}
	c.say(encode(beatFrame{"hb", top}))
}

// bucket limits how often something may happen.
type bucket struct {
	mu         sync.Mutex
	perSecond  float64
	most, have float64
	at         time.Time
}

func newBucket(perSecond, most int) *bucket {
	return &bucket{perSecond: float64(perSecond), most: float64(most), have: float64(most), at: time.Now()}
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.have = min(b.most, b.have+now.Sub(b.at).Seconds()*b.perSecond)
	b.at = now
	if b.have < 1 {
		return false
	}
	b.have--
	return true
}
