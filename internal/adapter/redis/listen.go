package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"crystalyse/internal/event"
)

const (
	pingEvery  = 5 * time.Second
	silence    = 15 * time.Second // no answer for so long: the connection is dead
	firstRetry = 50 * time.Millisecond
	mostRetry  = 2 * time.Second
)

var errLost = errors.New("the subscription connection was lost")

// Listen keeps one connection for all sessions. The library would reconnect by
// itself and tell nobody, and its channels drop messages of a slow reader; so
// each connection is read here by hand, and a new one is announced.
func (b *Bus) Listen(ctx context.Context, l event.Listener) {
	wait := firstRetry
	for ctx.Err() == nil {
		err := b.connection(ctx, l, func() { wait = firstRetry })
		l.Disconnected(err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			wait = min(2*wait, mostRetry)
		}
	}
}

var runID = regexp.MustCompile(`run_id:(\w+)`)

// subscriber gives a client that can connect once. Whoever writes to a connection
// that broke (a ping, a subscription) would have the library replace it and tell
// nobody: what was announced in between would be missed, and a Redis that was
// restarted taken for the one before.
func (b *Bus) subscriber() *redis.Client {
	opt := *b.opt
	opt.DialerRetries = 1
	dial, used := redis.NewDialer(&opt), new(atomic.Bool)
	opt.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if used.Swap(true) {
			return nil, errLost
		}
		return dial(ctx, network, addr)
	}
	return redis.NewClient(&opt)
}

// connection serves one connection until it fails.
func (b *Bus) connection(ctx context.Context, l event.Listener, healthy func()) error {
	client := b.subscriber()
	defer client.Close()
	ps := client.Subscribe(ctx)
	defer ps.Close()
	// Receiving waits for its own time-out, whatever becomes of ctx.
	defer context.AfterFunc(ctx, func() { _ = ps.Close() })()
	if err := ps.Ping(ctx); err != nil {
		return wrap(err)
	}
	if _, err := ps.ReceiveTimeout(ctx, silence); err != nil {
		return wrap(err)
	}
	// Asked after the connection stands: a Redis that restarts in between breaks it.
	info, err := b.rdb.Info(ctx, "server").Result()
	if err != nil {
		return wrap(err)
	}
	m := runID.FindStringSubmatch(info)
	if m == nil {
		return errors.New("redis: INFO tells no run_id")
	}
	b.open(ps, m[1])
	defer b.shut()
	healthy()
	l.Connected()
	pctx, stop := context.WithCancel(ctx)
	defer stop()
	go keepAlive(pctx, ps)
	for {
		msg, err := ps.ReceiveTimeout(ctx, silence)
		if err != nil {
			return wrap(err)
		}
		switch m := msg.(type) {
		case *redis.Subscription:
			if m.Kind == "subscribe" {
				b.acked(strings.TrimPrefix(m.Channel, prefix), nil)
			}
		case *redis.Message:
			if err := b.hear(l, m); err != nil {
				return err
			}
		}
	}
}

func keepAlive(ctx context.Context, ps *redis.PubSub) {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_ = ps.Ping(ctx) // a dead connection shows in the reader's silence
		}
	}
}

// hear reads "<epoch>:<first seq>:<body>\n<body>...".
func (b *Bus) hear(l event.Listener, m *redis.Message) error {
	e, rest, ok1 := strings.Cut(m.Payload, ":")
	q, bodies, ok2 := strings.Cut(rest, ":")
	first, err := strconv.ParseInt(q, 10, 64)
	if !ok1 || !ok2 || err != nil {
		return fmt.Errorf("redis: an announcement on %s that is not ours", m.Channel)
	}
	l.Announced(strings.TrimPrefix(m.Channel, prefix), epoch(e, b.runs), first, lines(bodies))
	return nil
}

func (b *Bus) open(ps *redis.PubSub, run string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ps, b.runs = ps, run
	close(b.up)
}

// shut fails everybody who waits for an ack of the lost connection.
func (b *Bus) shut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ps, b.up = nil, make(chan struct{})
	for id, waiting := range b.acks {
		for _, w := range waiting {
			w <- errLost
		}
		delete(b.acks, id)
	}
}

// acked answers the one who has waited longest: Redis acks each SUBSCRIBE once,
// in order.
func (b *Bus) acked(id string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting := b.acks[id]
	if len(waiting) == 0 {
		return
	}
	waiting[0] <- err
	if len(waiting) == 1 {
		delete(b.acks, id)
	} else {
		b.acks[id] = waiting[1:]
	}
}

// Subscribe returns when Redis has confirmed the subscription.
func (b *Bus) Subscribe(ctx context.Context, id string) error {
	for {
		b.mu.Lock()
		up, ps := b.up, b.ps
		if ps != nil {
			got := make(chan error, 1)
			b.acks[id] = append(b.acks[id], got)
			err := ps.Subscribe(ctx, prefix+id) // under the lock: acks come in this order
			if err != nil {
				// Nothing was sent: the next ack is somebody else's.
				b.acks[id] = slices.DeleteFunc(b.acks[id], func(c chan error) bool { return c == got })
				b.mu.Unlock()
				return wrap(err)
			}
			b.mu.Unlock()
			select {
			case err := <-got:
				return wrap(err)
			case <-ctx.Done():
				return wrap(ctx.Err())
			}
		}
		b.mu.Unlock()
		select {
		case <-up:
		case <-ctx.Done():
			return wrap(ctx.Err())
		}
	}
}

// Unsubscribe stops hearing a session.
func (b *Bus) Unsubscribe(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ps == nil {
		return nil
	}
	return wrap(b.ps.Unsubscribe(ctx, prefix+id))
}
