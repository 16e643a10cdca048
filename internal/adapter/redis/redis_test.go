package redis_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/id"
)

// databases are the numbers of those that no test uses, so that each may empty
// its own.
var databases = func() chan int {
	c := make(chan int, 15)
	for n := range cap(c) {
		c <- n + 1
	}
	return c
}()

func open(t *testing.T) (*redis.Bus, *goredis.Client) {
	t.Helper()
	u, err := url.Parse(embeddedtest.Redis(t))
	require.NoError(t, err)
	mine := <-databases
	t.Cleanup(func() { databases <- mine })
	u.Path = fmt.Sprintf("/%d", mine)
	b, err := redis.Open(u.String())
	require.NoError(t, err)
	opt, err := goredis.ParseURL(u.String())
	require.NoError(t, err)
	raw := goredis.NewClient(opt)
	t.Cleanup(func() {
		require.NoError(t, b.Close())
		require.NoError(t, raw.Close())
	})
	return b, raw
}

// TestRedis runs on one real server.
func TestRedis(t *testing.T) {
	t.Parallel()
	t.Run("Reconnect", testReconnect) // alone: these two cut the connections of all
	t.Run("NotBehindOurBack", testNotBehindOurBack)
	t.Run("Contract", func(t *testing.T) {
		t.Parallel()
		eventtest.Contract(t, func(t *testing.T) eventtest.Carrier {
			b, raw := open(t)
			return eventtest.Carrier{Bus: b, Stream: b, Flush: func() {
				require.NoError(t, raw.FlushDB(context.Background()).Err())
			}}
		})
	})
	t.Run("Keys", testKeys)
	t.Run("Lifetime", testLifetime)
	t.Run("MetaLost", testMetaLost)
	t.Run("Model", testModel)
	t.Run("Trim", testTrim)
	t.Run("Together", testTogether)
	t.Run("ScriptsLost", testScriptsLost)
}

// testKeys pins what is written where: other programs may read it.
func testKeys(t *testing.T) {
	t.Parallel()
	b, raw := open(t)
	sid := id.New()
	_, err := b.Durable(t.Context(), sid, true, eventtest.Durables(1, 2))
	require.NoError(t, err)
	_, err = b.Live(t.Context(), sid, eventtest.Lives(1, 3, 3))
	require.NoError(t, err)
	m, err := raw.HGetAll(t.Context(), "s:{"+sid+"}:m").Result()
	require.NoError(t, err)
	require.Len(t, m["e"], 16)
	delete(m, "e")
	require.Regexp(t, `^\d{6}$`, m["h"])
	delete(m, "h")
	require.Equal(t, map[string]string{"s": "3", "o": "2", "d": "00000002", "a:d/0/t1.llm": "1:3"}, m)
	xs, err := raw.XRange(t.Context(), "s:{"+sid+"}:ev", "-", "+").Result()
	require.NoError(t, err)
	require.Len(t, xs, 2)
	require.Equal(t, "2-1", xs[0].ID, "the last event, and how many stand before it")
	require.Equal(t, map[string]any{"d": "{\"ord\":1}\n{\"ord\":2}"}, xs[0].Values)
	require.Equal(t, "3-0", xs[1].ID)
	require.Equal(t, map[string]any{"d": `{"live":"1.3"}`}, xs[1].Values)
	for _, k := range []string{":ev", ":m"} {
		ttl, err := raw.TTL(t.Context(), "s:{"+sid+"}"+k).Result()
		require.NoError(t, err)
		require.Positive(t, ttl)
	}
}

// testReconnect: a subscription connection that is cut is made again, and that
// is told; what is subscribed after it is heard.
func testReconnect(t *testing.T) {
	b, raw := open(t)
	ctx, stop := context.WithCancel(t.Context())
	ear := eventtest.NewEar()
	done := make(chan struct{})
	go func() { defer close(done); b.Listen(ctx, ear) }()
	defer func() { stop(); <-done }()
	sid := id.New()
	require.NoError(t, b.Subscribe(ctx, sid))
	for n := 2; n <= 4; n++ {
		require.NoError(t, raw.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err())
		ear.Wait(t, "a new connection", func(_ map[string][]event.Delivery, connected int) bool { return connected >= n })
		require.NoError(t, b.Subscribe(ctx, sid))
		_, err := b.Durable(ctx, sid, n == 2, eventtest.Durables(int64(n), int64(n)))
		require.NoError(t, err)
		ear.Wait(t, "the next event", func(h map[string][]event.Delivery, _ int) bool { return len(h[sid]) == n-1 })
	}
}

// deaf hears nothing more once it has heard, until it is let go.
type deaf struct {
	*eventtest.Ear
	heard, let chan struct{}
}

func (d deaf) Announced(sid, epoch string, first int64, bodies [][]byte) {
	d.Ear.Announced(sid, epoch, first, bodies)
	d.heard <- struct{}{}
	<-d.let
}

// testNotBehindOurBack: a broken connection that a subscription finds before the
// reader does is not replaced in silence: the reader is told of the new one.
func testNotBehindOurBack(t *testing.T) {
	b, raw := open(t)
	ctx, stop := context.WithCancel(t.Context())
	ear := deaf{eventtest.NewEar(), make(chan struct{}, 1), make(chan struct{})}
	done := make(chan struct{})
	go func() { defer close(done); b.Listen(ctx, ear) }()
	defer func() { stop(); <-done }()
	sid := id.New()
	require.NoError(t, b.Subscribe(ctx, sid))
	_, err := b.Durable(ctx, sid, true, eventtest.Durables(1, 1))
	require.NoError(t, err)
	<-ear.heard // the reader is busy with it
	require.NoError(t, raw.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err())
	require.Eventually(t, func() bool {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		err := b.Subscribe(short, id.New()) // nobody reads an ack: it ends late, or at the broken connection
		return err != nil && short.Err() == nil
	}, eventtest.Patience, time.Millisecond)
	close(ear.let)
	ear.Wait(t, "word of the new connection", func(_ map[string][]event.Delivery, connected int) bool { return connected >= 2 })
}

// testLifetime: a stream lives for a day after its newest event, however seldom
// one comes, durable or live; its time is not set anew with every event.
func testLifetime(t *testing.T) {
	t.Parallel()
	b, raw := open(t)
	sid, now := id.New(), time.Now().Truncate(time.Hour)
	b.SetNow(func() time.Time { return now })
	left := func(want time.Duration) {
		t.Helper()
		for _, k := range []string{":ev", ":m"} {
			ttl, err := raw.PTTL(t.Context(), "s:{"+sid+"}"+k).Result()
			require.NoError(t, err)
			require.Greater(t, ttl, want-time.Hour, k)
			require.LessOrEqual(t, ttl, want, k)
		}
	}
	pass := func(d, rest time.Duration) {
		now = now.Add(d)
		for _, k := range []string{":ev", ":m"} {
			require.NoError(t, raw.PExpire(t.Context(), "s:{"+sid+"}"+k, rest).Err())
		}
	}
	for day := range int64(3) {
		_, err := b.Durable(t.Context(), sid, day == 0, eventtest.Durables(day+1, day+1))
		require.NoError(t, err)
		left(24 * time.Hour)
		pass(23*time.Hour, time.Hour)
	}
	_, err := b.Live(t.Context(), sid, eventtest.Lives(1, 3, 3))
	require.NoError(t, err)
	left(24 * time.Hour)
	pass(30*time.Minute, 23*time.Hour+30*time.Minute)
	_, err = b.Durable(t.Context(), sid, false, eventtest.Durables(4, 4))
	require.NoError(t, err)
	left(23*time.Hour + 30*time.Minute)
}

// testMetaLost: a stream whose meta is gone is of another epoch and is not mixed
// with a new one.
func testMetaLost(t *testing.T) {
	t.Parallel()
	b, raw := open(t)
	sid := id.New()
	_, err := b.Durable(t.Context(), sid, true, eventtest.Durables(1, 9))
	require.NoError(t, err)
	before, err := b.Read(t.Context(), sid, 0, 10)
	require.NoError(t, err)
	require.NoError(t, raw.Del(t.Context(), "s:{"+sid+"}:m").Err())
	_, err = b.Durable(t.Context(), sid, true, eventtest.Durables(10, 10))
	require.NoError(t, err)
	after, err := b.Read(t.Context(), sid, 0, 10)
	require.NoError(t, err)
	require.NotEqual(t, before.Epoch, after.Epoch)
	require.Equal(t, `1{"ord":10}`, eventtest.Bodies(after.Deliveries))
}
