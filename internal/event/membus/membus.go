// Package membus is the bus within one process. It keeps the same contract as
// the one on Redis (internal/event/eventtest) and forgets everything at its end.
package membus

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"

	"crystalyse/internal/event"
)

// Bus holds the streams of all sessions.
type Bus struct {
	mu        sync.Mutex
	keep      int
	sessions  map[string]*stream
	listeners map[*listener]struct{}
}

type stream struct {
	epoch      string
	top        int64
	known      bool
	ord        int64
	mark       string
	said       map[string]said
	deliveries []event.Delivery
}

type said struct{ attempt, n int }

// New gives an empty bus that keeps so many events of each session.
func New(keep int) *Bus {
	return &Bus{keep: keep, sessions: map[string]*stream{}, listeners: map[*listener]struct{}{}}
}

func (b *Bus) stream(id string) *stream {
	s := b.sessions[id]
	if s == nil {
		raw := make([]byte, 8)
		_, _ = rand.Read(raw) // never fails, as documented
		s = &stream{epoch: hex.EncodeToString(raw) + ".memory", said: map[string]said{}}
		b.sessions[id] = s
	}
	return s
}

// Flush loses everything, as a Redis that was emptied.
func (b *Bus) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions = map[string]*stream{}
}

// Durable publishes durable events in their order.
func (b *Bus) Durable(_ context.Context, id string, first bool, messages []event.Message) (event.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stream(id)
	if !s.known && !first {
		return event.Answer{Fresh: true}, nil
	}
	var a event.Answer
	from := s.top + 1
	var taken [][]byte
	for _, m := range messages {
		if a.Other = s.known && m.Ord == s.ord && m.Mark != s.mark; a.Other {
			break
		}
		if s.known && m.Ord <= s.ord {
			continue
		}
		if s.known && m.Ord > s.ord+1 {
			a.Hole = true
			break
		}
		s.known, s.ord, s.mark = true, m.Ord, m.Mark
		if m.Producer != "" && m.Attempt > s.said[m.Producer].attempt {
			s.said[m.Producer] = said{m.Attempt, -1}
		}
		taken = append(taken, m.Body)
	}
	a.Last, a.Taken = s.ord, len(taken)
	if len(taken) == 0 && !a.Hole && !a.Other {
		a.Mark = s.mark
	}
	b.announce(id, s, from, taken)
	return a, nil
}

// Live publishes live events of one attempt.
func (b *Bus) Live(_ context.Context, id string, messages []event.Message) (event.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stream(id)
	from := s.top + 1
	var taken [][]byte
	for _, m := range messages {
		last, heard := s.said[m.Producer]
		if heard && (m.Attempt < last.attempt || m.Attempt == last.attempt && m.N <= last.n) {
			continue
		}
		s.said[m.Producer] = said{m.Attempt, m.N}
		taken = append(taken, m.Body)
	}
	b.announce(id, s, from, taken)
	return event.Answer{Last: s.ord, Taken: len(taken)}, nil
}

// Restart lets go of a stream whose newest durable event is last.
func (b *Bus) Restart(_ context.Context, id string, last int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.sessions[id]; s != nil && s.known && s.ord == last {
		delete(b.sessions, id)
	}
	return nil
}

// announce keeps the bodies and tells the listeners. The caller holds the lock.
func (b *Bus) announce(id string, s *stream, from int64, bodies [][]byte) {
	if len(bodies) == 0 {
		return
	}
	for _, body := range bodies {
		s.top++
		s.deliveries = append(s.deliveries, event.Delivery{Seq: s.top, Body: body})
	}
	if n := len(s.deliveries); n > b.keep {
		s.deliveries = append([]event.Delivery{}, s.deliveries[n-b.keep:]...)
	}
	for l := range b.listeners {
		l.put(id, s.epoch, from, bodies)
	}
}

func (s *stream) page() event.Page {
	p := event.Page{Epoch: s.epoch, Top: s.top, First: s.top + 1}
	if len(s.deliveries) > 0 {
		p.First = s.deliveries[0].Seq
	}
	return p
}

// Node is one reader of the bus.
type Node struct {
	*Bus
	l *listener
}

// Node gives a reader with a subscription of its own.
func (b *Bus) Node() *Node {
	l := &listener{wants: map[string]bool{}, wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners[l] = struct{}{}
	return &Node{b, l}
}

// Read gives a piece of a stream.
func (b *Bus) Read(_ context.Context, id string, after int64, limit int) (event.Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil {
		return event.Page{First: 1}, nil
	}
	p := s.page()
	if after == event.Newest {
		after = max(0, s.top-int64(limit))
	}
	for _, d := range s.deliveries {
		if d.Seq > after && len(p.Deliveries) < limit {
			p.Deliveries = append(p.Deliveries, d)
		}
	}
	return p, nil
}

// Tops gives epoch and top of sessions.
func (b *Bus) Tops(_ context.Context, ids []string) ([]event.Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]event.Page, len(ids))
	for i, id := range ids {
		if s := b.sessions[id]; s != nil {
			out[i] = s.page()
		}
	}
	return out, nil
}
