package redis

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	maxCalls = 128     // in one round trip
	maxBytes = 1 << 20 // of events in one round trip, and in one call
	tripTime = 15 * time.Second
)

// calls gathers the publications of many sessions: those that come while a round
// trip is on its way go together with the next. Nothing waits for a timer, so a
// single one goes at once.
type calls struct {
	rdb *redis.Client

	mu      sync.Mutex
	waiting []*call // guarded by mu
	busy    bool    // guarded by mu; a goroutine serves them
}

// call is one run of a script.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
	size   int
	cmd    *redis.Cmd
	done   chan struct{}
}

// run calls a script together with whatever else waits.
func (c *calls) run(ctx context.Context, script *redis.Script, size int, keys []string, args []any) ([]any, error) {
	x := &call{script: script, keys: keys, args: args, size: size, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, x)
	if !c.busy {
		c.busy = true
		go c.serve() // it ends when nothing waits
	}
	c.mu.Unlock()
	select {
	case <-x.done:
		return x.cmd.Slice()
	case <-ctx.Done(): // it may be said all the same: saying it again is no harm
		return nil, ctx.Err()
	}
}

func (c *calls) serve() {
	for batch := c.take(); batch != nil; batch = c.take() {
		c.trip(batch)
	}
}

// take gives what goes in the next round trip; nil ends the serving.
func (c *calls) take() []*call {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, size := 0, 0
	for n < len(c.waiting) && n < maxCalls && (n == 0 || size+c.waiting[n].size <= maxBytes) {
		size += c.waiting[n].size
		n++
	}
	batch := c.waiting[:n:n]
	if c.waiting = c.waiting[n:]; len(c.waiting) == 0 {
		c.waiting = nil
	}
	if n == 0 {
		c.busy = false
		return nil
	}
	return batch
}

// trip sends the calls in one round trip. Those whose script a restarted Redis
// does not know follow in a second one.
func (c *calls) trip(batch []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), tripTime)
	defer cancel()
	pipe := c.rdb.Pipeline()
	for _, x := range batch {
		x.cmd = x.script.EvalSha(ctx, pipe, x.keys, x.args...)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	again := c.rdb.Pipeline()
	for _, x := range batch {
		if redis.HasErrorPrefix(x.cmd.Err(), "NOSCRIPT") {
			x.cmd = x.script.Eval(ctx, again, x.keys, x.args...)
		}
	}
	if again.Len() > 0 {
		_, _ = again.Exec(ctx)
	}
	for _, x := range batch {
		close(x.done)
	}
}
