package membus

import (
	"context"
	"sync"

	"crystalyse/internal/event"
)

// listener is a queue of announcements: publishers never wait for a reader.
type listener struct {
	mu    sync.Mutex
	wants map[string]bool
	queue []announcement
	wake  chan struct{}
}

type announcement struct {
	id, epoch string
	first     int64
	bodies    [][]byte
}

func (l *listener) put(id, epoch string, first int64, bodies [][]byte) {
	l.mu.Lock()
	if l.wants[id] {
		l.queue = append(l.queue, announcement{id, epoch, first, bodies})
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *listener) take() []announcement {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue
	l.queue = nil
	return q
}

// Listen tells to what was announced until ctx ends.
func (n *Node) Listen(ctx context.Context, to event.Listener) {
	defer func() {
		n.Bus.mu.Lock()
		delete(n.listeners, n.l)
		n.Bus.mu.Unlock()
	}()
	to.Connected()
	for {
		for _, a := range n.l.take() {
			to.Announced(a.id, a.epoch, a.first, a.bodies)
		}
		select {
		case <-ctx.Done():
			to.Disconnected(ctx.Err())
			return
		case <-n.l.wake:
		}
	}
}

// Subscribe begins to hear a session.
func (n *Node) Subscribe(_ context.Context, id string) error { return n.want(id, true) }

// Unsubscribe stops to hear it.
func (n *Node) Unsubscribe(_ context.Context, id string) error { return n.want(id, false) }

func (n *Node) want(id string, yes bool) error {
	n.Bus.mu.Lock() // orders it with every publication
	defer n.Bus.mu.Unlock()
	n.l.mu.Lock()
	defer n.l.mu.Unlock()
	if yes {
		n.l.wants[id] = true
	} else {
		delete(n.l.wants, id)
	}
	return nil
}
