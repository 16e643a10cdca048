// Package redis carries events from their makers to viewers: one stream a
// session, one Lua call a publication, one subscription connection a node. It
// needs Redis 6.2 and holds nothing that PostgreSQL does not hold too, but for
// what is live only.
//
// Keys: `s:{<session>}:ev` is the stream (entry ids are <seq>-0), `s:{<session>}:m`
// its meta hash: e epoch, s newest seq, o newest durable ord, a:<discovery>/<gen>/<step>
// the newest attempt of a step with its last live n. Channel: `session:<session>`.
package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
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
	ttl    = 24 * time.Hour // after its last event
	prefix = "session:"
)

var (
	//go:embed durable.lua
	durableLua string
	//go:embed live.lua
	liveLua string
	//go:embed read.lua
	readLua string

	durableScript = redis.NewScript(durableLua)
	liveScript    = redis.NewScript(liveLua)
	readScript    = redis.NewScript(readLua)
)

// Bus is a connection to Redis; it implements event.Bus and event.Stream.
type Bus struct {
	rdb  *redis.Client
	keep int

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
	return &Bus{rdb: redis.NewClient(opt), keep: keep, acks: map[string][]chan error{}, up: make(chan struct{})}, nil
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

func (b *Bus) head(sessionID string) []any {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails, as documented
	return []any{prefix + sessionID, hex.EncodeToString(raw), b.keep, ttl.Milliseconds()}
}

func field(m event.Message) string {
	if m.Producer == "" {
		return ""
	}
	return "a:" + m.Producer
}

// Durable publishes durable events in their order.
func (b *Bus) Durable(ctx context.Context, sessionID string, first bool, messages []event.Message) (event.Answer, error) {
	flag := 0
	if first {
		flag = 1
	}
	args := append(b.head(sessionID), flag)
	for _, m := range messages {
		args = append(args, m.Ord, field(m), m.Attempt, m.Body)
	}
	return answer(durableScript.Run(ctx, b.rdb, keys(sessionID), args...).Slice())
}

// Live publishes live events of one attempt.
func (b *Bus) Live(ctx context.Context, sessionID string, messages []event.Message) (event.Answer, error) {
	if len(messages) == 0 {
		return event.Answer{}, nil
	}
	args := append(b.head(sessionID), field(messages[0]), messages[0].Attempt)
	for _, m := range messages {
		args = append(args, m.N, m.Body)
	}
	return answer(liveScript.Run(ctx, b.rdb, keys(sessionID), args...).Slice())
}

func answer(out []any, err error) (event.Answer, error) {
	if err != nil {
		return event.Answer{}, wrap(err)
	}
	if len(out) != 3 {
		return event.Answer{}, fmt.Errorf("redis: an answer of %d parts", len(out))
	}
	last, _ := out[1].(int64)
	taken, _ := out[2].(int64)
	return event.Answer{Hole: out[0] == "hole", Fresh: out[0] == "fresh", Last: last, Taken: int(taken)}, nil
}

// Read gives a piece of a stream.
func (b *Bus) Read(ctx context.Context, sessionID string, after int64, limit int) (event.Page, error) {
	out, err := readScript.Run(ctx, b.rdb, keys(sessionID), after, limit).Slice()
	if err != nil {
		return event.Page{}, wrap(err)
	}
	if len(out) != 5 {
		return event.Page{}, fmt.Errorf("redis: a page of %d parts", len(out))
	}
	e, _ := out[0].(string)
	run, _ := out[1].(string)
	top, _ := out[2].(int64)
	first, _ := out[3].(int64)
	items, _ := out[4].([]any)
	p := event.Page{Epoch: epoch(e, run), Top: top, First: first, Deliveries: make([]event.Delivery, 0, len(items)/2)}
	for i := 0; i+1 < len(items); i += 2 {
		seq, _ := items[i].(int64)
		body, _ := items[i+1].(string)
		p.Deliveries = append(p.Deliveries, event.Delivery{Seq: seq, Body: []byte(body)})
	}
	return p, nil
}

// epoch joins the stream's own epoch with the run of Redis that holds it: a
// restarted or promoted Redis may have lost the end of the stream.
func epoch(e, run string) string {
	if e == "" {
		return ""
	}
	return e + "." + run[:min(8, len(run))]
}

// Tops gives epoch and top of many sessions in one round trip.
func (b *Bus) Tops(ctx context.Context, sessionIDs []string) ([]event.Page, error) {
	b.mu.Lock()
	run := b.runs
	b.mu.Unlock()
	pipe := b.rdb.Pipeline()
	cmds := make([]*redis.SliceCmd, len(sessionIDs))
	for i, id := range sessionIDs {
		cmds[i] = pipe.HMGet(ctx, keys(id)[1], "e", "s")
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, wrap(err)
	}
	out := make([]event.Page, len(sessionIDs))
	for i, c := range cmds {
		var v struct {
			E string `redis:"e"`
			S int64  `redis:"s"`
		}
		if err := c.Scan(&v); err != nil {
			return nil, fmt.Errorf("redis: meta of a session: %w", err)
		}
		out[i] = event.Page{Epoch: epoch(v.E, run), Top: v.S}
	}
	return out, nil
}
