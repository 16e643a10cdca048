package relay

import (
	"context"
	"slices"
	"sync"
	"time"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

// epochHistory is the epoch of what is read from the stored log, where seq = ord.
const epochHistory = "pg"

// stream is one session on this node: its position, the ring of its newest
// events, and who views it.
type stream struct {
	h    *hub
	id   string
	user string // the owner; every viewer is one

	mu       sync.Mutex
	loading  bool          // announcements are buffered until the position is known
	ready    chan struct{} // closed while it is not loading
	epoch    string
	top      int64
	resets   int  // counts the times when positions lost their meaning
	dead     bool // deleted or forgotten; viewers that still come are refused
	ring     ring
	pending  []announcement
	overflow bool // pending was too long, or the connection is another one: read again
	viewers  []*conn
	leftAt   time.Time // when the last viewer left
	shared   sharedFrame
	snap     *snapshot
	pacer    pacer
}

type announcement struct {
	epoch  string
	first  int64
	bodies [][]byte
}

// maxPending bounds the announcements that wait for a position.
const maxPending = 2048

// sharedFrame is the frame encoded last: viewers at the same position share it.
type sharedFrame struct {
	from, to int64
	body     []byte
}

func newStream(h *hub, id, user string) *stream {
	l := h.r.Limits
	return &stream{h: h, id: id, user: user, ready: make(chan struct{}), ring: ring{maxEvents: l.RingEvents, maxBytes: l.RingBytes}}
}

// announced takes consecutive events from the bus.
func (st *stream) announced(epoch string, first int64, bodies [][]byte) {
	st.mu.Lock()
	a := announcement{epoch, first, bodies}
	if st.loading {
		st.hold(a)
		st.mu.Unlock()
		return
	}
	if !st.apply(a) {
		st.hold(a)
		st.begin()
		st.mu.Unlock()
		return
	}
	now := st.pacer.now(st.tell)
	viewers := st.viewers
	st.mu.Unlock()
	if now {
		wakeAll(viewers)
	}
}

// tell wakes the viewers when the pacer's wait is over.
func (st *stream) tell() {
	st.mu.Lock()
	st.pacer.over()
	viewers := st.viewers
	st.mu.Unlock()
	wakeAll(viewers)
}

func wakeAll(viewers []*conn) {
	for _, v := range viewers {
		v.wake()
	}
}

func (st *stream) hold(a announcement) {
	if len(st.pending) >= maxPending {
		st.pending, st.overflow = nil, true
		return
	}
	st.pending = append(st.pending, a)
}

// apply appends what follows the top; false when something is missing before it
// or it is of another epoch. The caller holds the lock.
func (st *stream) apply(a announcement) bool {
	if a.epoch != st.epoch || a.first > st.top+1 {
		return false
	}
	for i, b := range a.bodies {
		if seq := a.first + int64(i); seq == st.top+1 {
			st.append(entry{seq, b})
		} else {
			st.h.r.stats.duplicates.Add(1)
		}
	}
	return true
}

func (st *stream) append(e entry) {
	st.ring.add(e)
	st.top = e.seq
}

// begin enters loading: the position is read anew. The caller holds the lock.
func (st *stream) begin() {
	if st.loading || st.dead {
		return
	}
	st.loading, st.ready = true, make(chan struct{})
	st.h.r.spawn(st.load)
}

// load reads until ring and announcements meet without a gap. Where the bus
// does not answer, the history does.
func (st *stream) load() {
	wait := 50 * time.Millisecond
	for st.h.r.ctx.Err() == nil {
		done, err := st.attempt()
		switch {
		case done:
			return
		case err == nil:
			continue
		case fault.Is(err, fault.CodeNotFound):
			st.h.drop(st)
			return
		}
		st.h.r.Logger.Warn("the events of a session cannot be read", "session", st.id, "error", err)
		select {
		case <-st.h.r.ctx.Done():
		case <-time.After(wait):
			wait = min(2*wait, 2*time.Second)
		}
	}
}

// attempt reads once. Few do at the same time, and none while it waits to try
// again.
func (st *stream) attempt() (done bool, err error) {
	st.h.slots <- struct{}{}
	defer func() { <-st.h.slots }()
	ctx, cancel := context.WithTimeout(st.h.r.ctx, 5*time.Second)
	defer cancel()
	if done, err = st.fetch(ctx); err != nil {
		done, err = st.fetchHistory(ctx)
	}
	return done, err
}

const pageSize = 1024

// fetch subscribes, waits for the ack, and reads what the ring does not have.
// Only then can nothing fall between what was read and what is announced.
func (st *stream) fetch(ctx context.Context) (done bool, err error) {
	bus := st.h.r.Stream
	if bus == nil || !st.h.isConnected() {
		return false, errNoBus
	}
	if err := bus.Subscribe(ctx, st.id); err != nil {
		return false, err
	}
	st.mu.Lock()
	after := st.top
	if st.epoch == "" || st.epoch == epochHistory {
		after = event.Newest
	}
	st.mu.Unlock()
	page, err := bus.Read(ctx, st.id, after, min(pageSize, st.h.r.Limits.RingEvents))
	if err != nil {
		return false, err
	}
	if page.Epoch == "" {
		return st.fetchHistory(ctx)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if page.Epoch == st.epoch && page.Top >= st.top && page.First <= st.top+1 {
		st.h.r.stats.repairs.Add(1)
		st.take(page)
		if st.top < page.Top {
			return false, nil // there is another page
		}
		return st.settle(), nil
	}
	if after != event.Newest {
		// The ring's end means nothing in the new epoch: read the newest.
		st.epoch = ""
		return false, nil
	}
	st.restart(page.Epoch, page.Top-int64(len(page.Deliveries)))
	st.take(page)
	return st.settle(), nil
}

func (st *stream) take(page event.Page) {
	for _, d := range page.Deliveries {
		if d.Seq == st.top+1 {
			st.append(entry{d.Seq, d.Body})
		}
	}
}

// restart begins an epoch at a position. The caller holds the lock.
func (st *stream) restart(epoch string, top int64) {
	st.ring.clear()
	st.epoch, st.top, st.snap, st.shared = epoch, top, nil, sharedFrame{}
	st.resets++
}

// settle merges what was announced meanwhile, and goes live if that leaves no
// gap. The caller holds the lock.
func (st *stream) settle() bool {
	pending := st.pending
	st.pending = nil
	if st.overflow {
		st.overflow = false
		return false
	}
	if n := len(pending); n > 0 && pending[n-1].epoch != st.epoch {
		// The last word is of another epoch than the page: look again from there.
		st.epoch = ""
		return false
	}
	for i, a := range pending {
		if a.epoch == st.epoch && !st.apply(a) {
			st.pending = pending[i:]
			return false
		}
	}
	st.loading = false
	close(st.ready)
	for _, v := range slices.Clone(st.viewers) {
		v.wake()
	}
	return true
}
