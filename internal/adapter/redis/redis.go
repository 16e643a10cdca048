// Package redis carries events from their makers to viewers: one stream a
// session, one Lua call a publication, one subscription connection a node. It
// needs Redis 6.2 and holds nothing that PostgreSQL does not hold too, but for
// what is live only.
//
// Keys: `s:{<session>}:ev` is the stream, an entry a publication: its events
// stand a line each in the field d, its id is <seq of the last>-<how many before
// it>. `s:{<session>}:m` is its meta hash: e epoch, s newest seq, o newest durable
// ord, d the mark of that event, h the hour in which its time was set, a:<discovery>/<gen>/<step> the newest
// attempt of a step with its last live n. Channel: `session:<session>`.
package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

const (
	keep   = 10_000         // events of a session
	ttl    = 24 * time.Hour // after its newest event, or up to an hour less
	prefix = "session:"
)

var (
	//go:embed durable.lua
	durableLua string
	//go:embed live.lua
	liveLua string
	//go:embed read.lua
	readLua string

	//go:embed say.lua
	sayLua string

	durableScript = redis.NewScript(sayLua + durableLua)
	liveScript    = redis.NewScript(sayLua + liveLua)
	readScript    = redis.NewScript(readLua)
)

// Bus is a connection to Redis; it implements event.Bus and event.Stream.
type Bus struct {
	rdb   *redis.Client
	opt   *redis.Options
	calls *calls
	keep  int
	now   func() time.Time

	mu   sync.Mutex
	runs string // run id of the Redis that is listened to
	ps   *redis.PubSub
	acks map[string][]chan error // by session, in the order of asking
	up   chan struct{}           // closed while there is a connection
}

var (
	_ event.Bus    = (*Bus)(nil)
	_ event.Stream = (*Bus)(nil)
)

// quiet keeps the library from writing to the error output by itself: what fails
// is told by the one who called.
type quiet struct{}

func (quiet) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, fmt.Sprintf(format, args...), "from", "redis")
}

var beQuiet = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// Open prepares a connection; it is made when it is first needed, so that a
// Redis that is absent stops nothing.
func Open(address string) (*Bus, error) {
	beQuiet()
	opt, err := redis.ParseURL(address)
	if err != nil {
		return nil, fault.Invalid("REDIS_URL", "is not a Redis address").WithHint("write redis://:password@host:6379/0")
	}
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = 2*time.Second, 5*time.Second, 5*time.Second
	opt.MaxRetries = 1
	if opt.PoolSize == 0 {
		opt.PoolSize = 3 // and one to listen: four connections a node
	}
	opt.ContextTimeoutEnabled = true
	rdb := redis.NewClient(opt)
	return &Bus{rdb: rdb, opt: opt, calls: &calls{rdb: rdb}, keep: keep, now: time.Now, acks: map[string][]chan error{}, up: make(chan struct{})}, nil
}

// Close ends the connections.
func (b *Bus) Close() error { return b.rdb.Close() }

// Ping tells whether Redis answers.
func (b *Bus) Ping(ctx context.Context) error { return wrap(b.rdb.Ping(ctx).Err()) }

func wrap(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(fault.CodeUnavailable, err, "Redis does not answer").WithHint("discoveries go on without it; live views follow when it is back")
}

func keys(sessionID string) []string {
	return []string{"s:{" + sessionID + "}:ev", "s:{" + sessionID + "}:m"}
}
