// Package publish takes committed events to the bus. The one who commits them
// tells it at once; what a crash or an absent bus leaves behind is found by its
// sweep. It holds nothing that PostgreSQL does not hold: a publisher can die
// anywhere, and another goes on.
package publish

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"crystalyse/internal/event"
)

// Outbox is the stored log as the publisher needs it.
type Outbox interface {
	// Unpublished gives the oldest unpublished events of a session.
	Unpublished(ctx context.Context, sessionID string, limit int) ([]event.Event, error)
	// Numbered gives the events of a session after an ord, published or not.
	Numbered(ctx context.Context, sessionID string, after int64, limit int) ([]event.Event, error)
	MarkPublished(ctx context.Context, sessionID string, through int64) error
	// ToPublish names sessions with unpublished events.
	ToPublish(ctx context.Context, limit int) ([]string, error)
}

const (
	pageSize   = 200
	maxWaiting = 512              // live events of a session that may wait
	callLimit  = 10 * time.Second // for one call of the bus or the outbox
	downFor    = time.Second      // how long a bus that failed is left alone
	sweepEvery = 2 * time.Second
	sweepPage  = 500
	maxMet     = 10_000 // sessions that are known to go on from the log
)

// Publisher publishes the events of this process, each session in its order.
type Publisher struct {
	outbox Outbox
	bus    event.Bus
	log    *slog.Logger
	lag    func(time.Duration) // how long each event took; nil tells nobody

	mu       sync.Mutex
	sessions map[string]*queue
	met      map[string]bool // sessions whose stream was seen to be of the log
	down     time.Time       // until then the bus is left alone
	told     bool            // its absence was logged
	work     sync.WaitGroup
}

var _ event.Live = (*Publisher)(nil)

// New gives a publisher; it works when it is told something.
func New(outbox Outbox, bus event.Bus, log *slog.Logger) *Publisher {
	return &Publisher{outbox: outbox, bus: bus, log: log, sessions: map[string]*queue{}, met: map[string]bool{}}
}

// OnPublished sets what is told of how long each stored event took from its
// making to its publication. It must be set before there is something to publish.
func (p *Publisher) OnPublished(f func(lag time.Duration)) { p.lag = f }

// Committed takes durable events right after their commit. It does not block.
func (p *Publisher) Committed(sessionID string, events []event.Event) {
	if len(events) > 0 {
		p.put(sessionID, item{durable: events})
	}
}

// Send takes live events. It does not block, and drops what cannot be sent soon.
func (p *Publisher) Send(events ...event.Event) {
	for _, e := range events {
		p.put(e.Metadata.SessionID, item{live: e})
	}
}

// item is what waits in a session's queue: committed events, one live event, or
// the order to publish what is left over.
type item struct {
	durable []event.Event
	live    event.Event
	sweep   bool
}

func (i item) isLive() bool { return i.live.ID != "" }

// queue is a session with something to publish. One goroutine serves it, so
// that live events keep their place between durable ones.
type queue struct {
	items []item
	lives int
}

func (p *Publisher) put(sessionID string, i item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.down) {
		return // durable events wait in the outbox, live ones are gone
	}
	q := p.sessions[sessionID]
	if q == nil {
		q = &queue{}
		p.sessions[sessionID] = q
		p.work.Go(func() { p.serve(sessionID, q) })
	}
	if i.isLive() {
		if q.lives >= maxWaiting {
			return
		}
		q.lives++
	}
	q.items = append(q.items, i)
}

// take gives the next items of one kind; none ends the queue.
func (p *Publisher) take(sessionID string, q *queue) []item {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(q.items) && n < pageSize && q.items[n].isLive() == q.items[0].isLive() && sameAttempt(q.items[n], q.items[0]) {
		n++
	}
	if n == 0 {
		delete(p.sessions, sessionID)
		return nil
	}
	out := q.items[:n:n]
	q.items = q.items[n:]
	if out[0].isLive() {
		q.lives -= n
	}
	return out
}

// sameAttempt reports whether two live events are of one attempt in one
// generation: their ids differ in the last part only.
func sameAttempt(a, b item) bool { return attemptOf(a.live.ID) == attemptOf(b.live.ID) }

func attemptOf(id string) string { return id[:max(0, strings.LastIndexByte(id, '/'))] }

func (p *Publisher) serve(sessionID string, q *queue) {
	for {
		items := p.take(sessionID, q)
		if items == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		var err error
		if items[0].isLive() {
			err = p.sendLive(ctx, sessionID, items)
		} else {
			err = p.sendDurable(ctx, sessionID, items)
		}
		cancel()
		p.note(sessionID, q, err)
	}
}

// note remembers whether the bus answers. One that does not is left alone for a
// moment; what waits is then dropped here and found by the sweep.
func (p *Publisher) note(sessionID string, q *queue, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		if p.told && time.Now().After(p.down) {
			p.told = false
			p.log.Info("events are published again")
		}
		return
	}
	q.items, q.lives = nil, 0
	p.down = time.Now().Add(downFor)
	if !p.told {
		p.told = true
		p.log.Warn("events cannot be published; they are kept and follow", "session", sessionID, "error", err)
	}
}

// Wait returns when everything that was told is published or given up.
func (p *Publisher) Wait() { p.work.Wait() }
