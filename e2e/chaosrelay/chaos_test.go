package chaosrelay

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/fold"
	"crystalyse/internal/event/publish"
)

// world is everything that runs in this test.
type world struct {
	redis   *redisServer
	admin   *goredis.Client
	proxy   *proxy
	nodes   []*node
	db      *postgres.DB
	pub     *publish.Publisher
	talkers []*talker
	viewers []*watcher

	forgotten, nodeKills, redisKills, flushes, clientKills, cuts atomic.Int64
}

// watcher is a viewer that changes nodes.
type watcher struct {
	*relaytest.Viewer
	talker  *talker
	cut     context.CancelFunc
	mu      sync.Mutex
	stopped atomic.Int64
}

func build(t *testing.T) *world {
	t.Helper()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	w := &world{redis: startRedis(t)}
	w.admin = goredis.NewClient(&goredis.Options{Addr: w.redis.addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = w.admin.Close() })
	w.proxy = startProxy(t, w.redis.addr())
	w.db, err = postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(w.db.Close)
	bus, err := redis.Open("redis://" + w.redis.addr() + "/0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = bus.Close() })
	w.pub = publish.New(w.db, bus, slog.New(slog.DiscardHandler))
	w.db.OnCommit(func(sid string, events []event.Event) {
		if rand.IntN(50) == 0 { // a worker died between commit and publication
			w.forgotten.Add(1)
			return
		}
		w.pub.Committed(sid, events)
	})
	ctx, stop := context.WithCancel(context.Background())
	swept := make(chan struct{})
	go func() { defer close(swept); w.pub.Sweep(ctx) }()
	t.Cleanup(func() { stop(); <-swept; w.pub.Wait() })
	w.nodes = startNodes(t, *nodes, dsn, "redis://"+w.proxy.l.Addr().String()+"/0")
	for range *wantSessions {
		w.talkers = append(w.talkers, newTalker(t, w.db, w.pub, &w.forgotten))
	}
	return w
}

// watch runs a viewer until ctx ends, each time on another node.
func (w *world) watch(ctx context.Context, v *watcher) {
	for ctx.Err() == nil {
		v.URL = w.nodes[rand.IntN(len(w.nodes))].url(v.talker.d.SessionID)
		cctx, cut := context.WithCancel(ctx)
		v.mu.Lock()
		v.cut = cut
		v.mu.Unlock()
		_ = v.Run(cctx) // however it ends, it goes on elsewhere
		cut()
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(50 * time.Millisecond)):
		}
	}
}

// breakOne breaks the next thing; each has its turn.
func (w *world) breakOne(t *testing.T, r *rand.Rand, turn int) {
	ctx := context.Background()
	switch turn % 5 {
	case 0:
		n := w.nodes[r.IntN(len(w.nodes))]
		n.kill()
		require.NoError(t, n.start())
		w.nodeKills.Add(1)
	case 2:
		w.redis.kill()
		<-time.After(time.Duration(r.IntN(300)) * time.Millisecond) // it is away for a moment
		require.NoError(t, w.redis.start())
		w.redisKills.Add(1)
	case 3:
		if w.admin.FlushAll(ctx).Err() == nil {
			w.flushes.Add(1)
		}
	case 4:
		if w.admin.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err() == nil {
			w.clientKills.Add(1)
		}
	case 1:
		w.proxy.cut()
		w.cuts.Add(1)
	}
}

func (w *world) said() (n int64) {
	for _, k := range w.talkers {
		n += k.said.Load()
	}
	return n
}

func TestChaos(t *testing.T) {
	began := time.Now()
	w := build(t)
	w.proxy.percent.Store(2)
	ctx, stop := context.WithCancel(t.Context())
	var watching, talking, breaking sync.WaitGroup
	defer func() { stop(); watching.Wait() }()
	for i := range *wantViewers {
		v := &watcher{Viewer: relaytest.NewViewer(""), talker: w.talkers[i%len(w.talkers)], cut: func() {}}
		v.Header = http.Header{"X-User": {"ada"}}
		w.viewers = append(w.viewers, v)
		watching.Go(func() { w.watch(ctx, v) })
	}
	var enough atomic.Bool
	for i, k := range w.talkers {
		talking.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for n := 1; !enough.Load(); n++ {
				k.turn(r, n)
			}
		})
	}
	breaking.Go(func() {
		defer enough.Store(true) // also when something cannot be started again
		r := rand.New(rand.NewPCG(9, 9))
		for turn := 0; !enough.Load(); turn++ {
			w.breakOne(t, r, turn)
			for range 1 + *reconnects/20 {
				v := w.viewers[r.IntN(len(w.viewers))]
				v.mu.Lock()
				v.cut()
				v.mu.Unlock()
				v.stopped.Add(1)
			}
			<-time.After(*calm)
			var cut int64
			for _, v := range w.viewers {
				cut += v.stopped.Load()
			}
			enough.Store(t.Failed() || w.said() >= int64(*wantEvents) && cut >= int64(*reconnects))
		}
	})
	talking.Wait()
	breaking.Wait()
	w.proxy.percent.Store(0)
	for _, k := range w.talkers {
		k.end()
	}
	w.judge(t)
	w.print(t, time.Since(began))
}

// judge waits until every viewer shows what is stored, and asks for breaches.
func (w *world) judge(t *testing.T) {
	t.Helper()
	for _, k := range w.talkers {
		stored := k.log()
		for i, e := range stored {
			require.EqualValues(t, i+1, e.Metadata.Ord, "the stored log has no hole")
		}
		want := fold.Of(stored...).JSON()
		require.NotContains(t, want, stale)
		for _, v := range w.viewers {
			if v.talker != k {
				continue
			}
			settle(t, v, want, stored)
			require.Empty(t, v.Breaches())
		}
	}
}

func settle(t *testing.T, v *watcher, want string, stored []event.Event) {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	for {
		missing, ok := v.Shows(want, stored)
		if ok {
			return
		}
		select {
		case <-v.Changed():
		case <-time.After(time.Second):
		case <-deadline:
			require.Empty(t, missing, "is missing")
			require.Equal(t, want, v.State().JSON())
		}
	}
}

func (w *world) print(t *testing.T, took time.Duration) {
	var c relaytest.Counts
	c.Reasons = map[string]int{}
	var retried, late, stored, staleSeen int64
	for _, v := range w.viewers {
		x := v.Counts()
		c.Connections, c.Tails, c.Snapshots, c.Resets = c.Connections+x.Connections, c.Tails+x.Tails, c.Snapshots+x.Snapshots, c.Resets+x.Resets
		c.Lags, c.Events, c.Frames = c.Lags+x.Lags, c.Events+x.Events, c.Frames+x.Frames
		for k, n := range x.Reasons {
			c.Reasons[k] += n
		}
		if strings.Contains(v.State().JSON(), stale) {
			staleSeen++
		}
	}
	for _, k := range w.talkers {
		retried, late, stored = retried+k.retried.Load(), late+k.late.Load(), stored+int64(len(k.log()))
	}
	require.Zero(t, staleSeen)
	out := &strings.Builder{}
	fmt.Fprintf(out, "%d events (%d durable) of %d sessions to %d viewers in %.0f s\n", w.said(), stored, len(w.talkers), len(w.viewers), took.Seconds())
	fmt.Fprintf(out, "broken: %d nodes killed, %d Redis killed, %d flushes, %d CLIENT KILL, %d times all connections cut, %d announcements dropped, %d publications forgotten\n",
		w.nodeKills.Load(), w.redisKills.Load(), w.flushes.Load(), w.clientKills.Load(), w.cuts.Load(), w.proxy.dropped.Load(), w.forgotten.Load())
	fmt.Fprintf(out, "attempts: %d tried again, %d late words refused\n", retried, late)
	fmt.Fprintf(out, "viewers: %d connections, %d went on at their position, %d snapshot frames, %d resets %v, %d fell behind, %d events in %d frames\n",
		c.Connections, c.Tails, c.Snapshots, c.Resets, c.Reasons, c.Lags, c.Events, c.Frames)
	fmt.Fprintf(out, "durable events missing or doubled: 0; holes in seq: 0; folds that differ: 0\n")
	t.Log("\n" + out.String())
}
