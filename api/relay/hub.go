package relay

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crystalyse/internal/fault"
)

const shards = 32

// hub knows every session that is viewed on this node. It hears the bus.
type hub struct {
	r      *Relay
	seed   maphash.Seed
	shards [shards]struct {
		sync.Mutex
		m map[string]*stream
	}
	slots     chan struct{} // bounds the reads of the bus at the same time
	connected atomic.Bool
	lostAt    atomic.Int64 // unix nanoseconds
}

func newHub(r *Relay) *hub {
	h := &hub{r: r, seed: maphash.MakeSeed(), slots: make(chan struct{}, 32)}
	for i := range h.shards {
		h.shards[i].m = map[string]*stream{}
	}
	return h
}

func (h *hub) isConnected() bool { return h.connected.Load() }

// Announced takes events from the bus.
func (h *hub) Announced(sessionID, epoch string, first int64, bodies [][]byte) {
	s := &h.shards[maphash.String(h.seed, sessionID)%shards]
	s.Lock()
	st := s.m[sessionID]
	s.Unlock()
	if st != nil {
		st.announced(epoch, first, bodies)
	}
}

// Connected reads every session anew: anything may have been missed.
func (h *hub) Connected() {
	h.connected.Store(true)
	h.r.stats.connects.Add(1)
	for _, st := range h.all() {
		st.mu.Lock()
		st.overflow = st.loading // it may have subscribed to the connection before
		st.begin()
		st.mu.Unlock()
	}
}

// Disconnected notes since when nothing is heard.
func (h *hub) Disconnected(err error) {
	if h.connected.Swap(false) {
		h.lostAt.Store(time.Now().UnixNano())
		h.r.Logger.Warn("the bus is lost", "error", err)
	}
}

func (h *hub) all() []*stream {
	var out []*stream
	for i := range h.shards {
		s := &h.shards[i]
		s.Lock()
		for _, st := range s.m {
			out = append(out, st)
		}
		s.Unlock()
	}
	return out
}

// join adds a viewer to a session and waits until its position is known.
func (h *hub) join(ctx context.Context, id, user string, c *conn) (*stream, error) {
	s := &h.shards[maphash.String(h.seed, id)%shards]
	s.Lock()
	st := s.m[id]
	if st == nil {
		st = newStream(h, id, user)
		s.m[id] = st
		st.mu.Lock()
		st.begin()
		st.mu.Unlock()
		h.r.stats.cold.Add(1)
	}
	st.mu.Lock()
	st.viewers = append(slices.Clone(st.viewers), c) // those who wake read the old slice
	st.mu.Unlock()
	s.Unlock()
	return st, st.wait(ctx)
}

// wait returns when the session's position is known.
func (st *stream) wait(ctx context.Context) error {
	for {
		st.mu.Lock()
		loading, ready, dead := st.loading, st.ready, st.dead
		st.mu.Unlock()
		switch {
		case dead:
			return fault.NotFound("session", st.id)
		case !loading:
			return nil
		}
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *hub) leave(st *stream, c *conn) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.viewers = slices.DeleteFunc(slices.Clone(st.viewers), func(v *conn) bool { return v == c })
	if len(st.viewers) == 0 {
		st.leftAt = time.Now()
	}
}

// drop lets go of a session that is deleted, and of its viewers.
func (h *hub) drop(st *stream) {
	s := &h.shards[maphash.String(h.seed, st.id)%shards]
	s.Lock()
	if s.m[st.id] == st {
		delete(s.m, st.id)
		if h.r.Stream != nil {
			_ = h.r.Stream.Unsubscribe(h.r.ctx, st.id)
		}
	}
	s.Unlock()
	st.mu.Lock()
	st.dead, st.loading = true, false
	close(st.ready)
	viewers := st.viewers
	st.mu.Unlock()
	for _, v := range viewers {
		go v.close(closeNoSession, "no such session") // it may block in its farewell
	}
}

// check compares positions with the bus, so that a quiet loss is found; reads
// the history while the bus is away; and forgets sessions nobody views.
func (h *hub) check() {
	t := time.NewTicker(min(time.Second, h.r.Limits.CheckEvery))
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-h.r.ctx.Done():
			return
		case <-t.C:
		}
		h.forget()
		switch {
		case h.r.Stream == nil || !h.isConnected() && time.Since(time.Unix(0, h.lostAt.Load())) > h.r.Limits.DegradedFor:
			for _, st := range h.all() {
				st.mu.Lock()
				st.begin()
				st.mu.Unlock()
			}
		case h.isConnected() && time.Since(last) >= h.r.Limits.CheckEvery:
			last = time.Now()
			h.compare()
		}
	}
}

// compare finds sessions whose top is behind the bus, or of another epoch.
func (h *hub) compare() {
	for chunk := range slices.Chunk(h.all(), 500) {
		ids := make([]string, len(chunk))
		for i, st := range chunk {
			ids[i] = st.id
		}
		ctx, cancel := context.WithTimeout(h.r.ctx, 5*time.Second)
		tops, err := h.r.Stream.Tops(ctx, ids)
		cancel()
		if err != nil {
			return // the subscription connection fails too, and says so
		}
		for i, st := range chunk {
			st.mu.Lock()
			other := tops[i].Epoch != st.epoch && (tops[i].Epoch != "" || st.epoch != epochHistory)
			if !st.loading && (other || tops[i].Top > st.top) {
				h.r.stats.found.Add(1)
				st.begin()
			}
			st.mu.Unlock()
		}
	}
}

func (h *hub) forget() {
	for i := range h.shards {
		s := &h.shards[i]
		s.Lock()
		for id, st := range s.m {
			st.mu.Lock()
			if st.snap != nil && time.Since(st.snap.at) > snapshotAge {
				st.snap = nil // it may be large, and serves nobody any more
			}
			gone := len(st.viewers) == 0 && !st.loading && time.Since(st.leftAt) > h.r.Limits.RingIdle
			st.dead = st.dead || gone // nobody begins to read it any more
			st.mu.Unlock()
			if !gone {
				continue
			}
			delete(s.m, id)
			if h.r.Stream != nil {
				// Under the lock: a new viewer subscribes after it.
				_ = h.r.Stream.Unsubscribe(h.r.ctx, id)
			}
		}
		s.Unlock()
	}
}
