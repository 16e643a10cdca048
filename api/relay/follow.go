package relay

import (
	"context"
	"time"
)

// maxReplay is the longest replay; a viewer further behind gets a snapshot.
const maxReplay = 5000

// join answers a join of crystalyse.v1: the position is proven before the
// viewer is told that it has joined.
func (c *conn) join(ctx context.Context, st *stream, a *ask) error {
	epoch, top, resets, reason, err := st.prove(ctx, a)
	if err != nil {
		return err
	}
	if a.cursor && reason == "" {
		c.next, c.resets, c.lagging = a.seq+1, resets, false
		c.r.stats.tails.Add(1)
		c.send(encode(joinedFrame{T: "joined", S: st.id, E: epoch, Q: a.seq, Top: top, Mode: "tail"}))
		return nil
	}
	s, err := st.snapshot(ctx)
	if err != nil {
		return err
	}
	if reason != "" {
		c.send(encode(resetFrame{"reset", reason}))
	}
	c.send(encode(joinedFrame{T: "joined", S: st.id, E: s.epoch, Q: s.q, Top: s.q, Mode: "snapshot", Open: s.open}))
	c.sendSnapshot(s)
	return nil
}

// prove says whether the stream can be continued after the cursor, and if not,
// why. resets names the epoch the proof is good for. A viewer that comes from
// another node may know of more than this one has heard: then it looks again.
func (st *stream) prove(ctx context.Context, a *ask) (epoch string, top int64, resets int, reason string, err error) {
	epoch, top, resets, reason, err = st.proveNow(ctx, a)
	if reason != reasonFuture {
		return epoch, top, resets, reason, err
	}
	st.mu.Lock()
	st.begin()
	st.mu.Unlock()
	if err := st.wait(ctx); err != nil {
		return "", 0, 0, "", err
	}
	return st.proveNow(ctx, a)
}

func (st *stream) proveNow(ctx context.Context, a *ask) (epoch string, top int64, resets int, reason string, err error) {
	st.mu.Lock()
	epoch, top, resets = st.epoch, st.top, st.resets
	inRing := a.seq == top || st.ring.n > 0 && a.seq+1 >= st.ring.first()
	st.mu.Unlock()
	switch {
	case !a.cursor:
	case a.epoch != epoch:
		reason = reasonEpoch
	case a.seq > top || a.seq < 0:
		reason = reasonFuture
	case inRing:
	case top-a.seq > maxReplay:
		reason = reasonLag
	default:
		var ok bool
		if _, ok, err = st.older(ctx, epoch, a.seq); err == nil && !ok {
			reason = reasonTrimmed
		}
	}
	return epoch, top, resets, reason, err
}

func (c *conn) sendSnapshot(s *snapshot) {
	c.next, c.resets, c.lagging = s.q+1, s.resets, false
	if c.plain {
		for _, e := range s.events {
			if e.seq > c.ord && !c.closing.Load() {
				c.ord = e.seq
				c.send(plainFrame(e, epochHistory))
			}
		}
		return
	}
	for _, f := range s.frames() {
		if c.closing.Load() {
			return
		}
		c.send(f)
	}
}

// joinPlain begins with what happens from now on, or goes on after a cursor.
func (c *conn) joinPlain(ctx context.Context, st *stream, a *ask) error {
	if !a.cursor {
		last, err := c.r.History.LastOrd(ctx, st.user, st.id)
		if err != nil {
			return err
		}
		st.mu.Lock()
		c.next, c.resets = st.top+1, st.resets
		st.mu.Unlock()
		c.ord = last
		return nil
	}
	_, _, resets, reason, err := st.prove(ctx, a)
	if err != nil {
		return err
	}
	if reason == "" {
		c.next, c.resets = a.seq+1, resets
		return nil
	}
	s, err := st.snapshot(ctx)
	if err == nil {
		c.sendSnapshot(s)
	}
	return err
}

// follow sends what the viewer does not have; false when it has everything.
func (c *conn) follow(st *stream) bool {
	st.mu.Lock()
	if st.loading {
		st.mu.Unlock()
		return false // it wakes its viewers when it is ready
	}
	if st.resets != c.resets {
		st.mu.Unlock()
		return c.restart(st, reasonEpoch)
	}
	if c.next > st.top {
		st.mu.Unlock()
		return false
	}
	if st.ring.n == 0 || c.next < st.ring.first() {
		epoch, behind := st.epoch, st.top-c.next+1
		st.mu.Unlock()
		return c.catchUp(st, epoch, behind)
	}
	if c.plain {
		epoch, entries := st.epoch, st.ring.after(c.next)
		st.mu.Unlock()
		c.sendPlain(epoch, entries)
		return false
	}
	frame, next := st.frame(c.next)
	more := next <= st.top
	st.mu.Unlock()
	c.lagging = false
	c.r.stats.events.Add(next - c.next)
	c.next = next
	c.send(frame)
	return more
}

// frame encodes what is kept from a seq on, up to one frame. The caller holds
// the lock.
func (st *stream) frame(from int64) (body []byte, next int64) {
	if st.shared.from == from && (st.shared.to == st.top+1 || len(st.shared.body) > maxFrame/2) {
		return st.shared.body, st.shared.to
	}
	body, n := evFrame(st.ring.after(from))
	st.shared = sharedFrame{from, from + int64(n), body}
	return body, st.shared.to
}

func (c *conn) sendPlain(epoch string, entries []entry) {
	for _, e := range entries {
		if c.closing.Load() {
			return
		}
		c.next = e.seq + 1
		if ord := e.ord(); ord > 0 {
			if ord <= c.ord {
				continue // the snapshot had it: a plain viewer does not tell by id
			}
			c.ord = ord
		}
		c.r.stats.events.Add(1)
		c.send(plainFrame(e, epoch))
	}
}

// restart sends the snapshot after a reset.
func (c *conn) restart(st *stream, reason string) bool {
	ctx, cancel := context.WithTimeout(c.r.ctx, 30*time.Second)
	defer cancel()
	s, err := st.snapshot(ctx)
	if err != nil {
		c.lost(err)
		return false
	}
	c.r.stats.resets.Add(1)
	if !c.plain {
		c.send(encode(resetFrame{"reset", reason}))
	}
	c.sendSnapshot(s)
	return true
}

// catchUp serves a viewer that is behind the ring from the stream, at its own
// pace; nobody waits for it.
func (c *conn) catchUp(st *stream, epoch string, behind int64) bool {
	if behind > maxReplay {
		return c.restart(st, reasonLag)
	}
	if !c.lagging {
		c.lagging = true
		c.r.stats.lagged.Add(1)
		if !c.plain {
			c.send(encode(lagFrame{"lag", c.next - 1, behind}))
		}
	}
	ctx, cancel := context.WithTimeout(c.r.ctx, 10*time.Second)
	defer cancel()
	entries, ok, err := st.older(ctx, epoch, c.next-1)
	if err != nil || !ok {
		// The bus is away or has let go of it: the stored log has all that lasts.
		return c.restart(st, reasonTrimmed)
	}
	if c.plain {
		c.sendPlain(epoch, entries)
		return true
	}
	frame, n := evFrame(entries)
	c.next += int64(n)
	c.r.stats.events.Add(int64(n))
	c.send(frame)
	return true
}
