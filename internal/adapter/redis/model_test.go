package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/event/membus"
	"crystalyse/internal/id"
)

// testModel: whatever is published, in whatever pieces, twice or with holes, by
// whatever attempt, the answers and every page are those of the bus in memory.
func testModel(t *testing.T) {
	t.Parallel()
	b, _ := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		model, sid := membus.New(10_000), id.New()
		ord := int64(0)
		for range 40 {
			want, got := publishBoth(t, rnd, b, model, sid, ord)
			require.Equal(t, want.Hole, got.Hole)
			require.Equal(t, want.Fresh, got.Fresh)
			require.Equal(t, want.Taken, got.Taken)
			require.Equal(t, want.Other, got.Other)
			require.Equal(t, want.Mark, got.Mark)
			ord = max(ord, want.Last)
			samePages(t, rnd, b, model, sid)
		}
	}
}

func publishBoth(t *testing.T, rnd *rand.Rand, b, model event.Bus, sid string, ord int64) (want, got event.Answer) {
	t.Helper()
	var err error
	if rnd.IntN(3) == 0 {
		ms := someLive(rnd)
		want, err = model.Live(t.Context(), sid, ms)
		require.NoError(t, err)
		got, err = b.Live(t.Context(), sid, ms)
		require.NoError(t, err)
		want.Last = got.Last // only the memory knows it here
		return want, got
	}
	ms, first := someDurable(rnd, ord), rnd.IntN(4) == 0
	want, err = model.Durable(t.Context(), sid, first, ms)
	require.NoError(t, err)
	got, err = b.Durable(t.Context(), sid, first, ms)
	require.NoError(t, err)
	require.Equal(t, want.Last, got.Last)
	return want, got
}

// someDurable gives a few events around an ord, mostly in order. An ord is always
// of the same attempt.
func someDurable(rnd *rand.Rand, ord int64) []event.Message {
	var out []event.Message
	at := max(1, ord+1-int64(rnd.IntN(4)))
	for range 1 + rnd.IntN(6) {
		who := []string{"", "d/0/t1.llm", "d/0/t1.tool2"}[at/2%3]
		out = append(out, event.Message{Ord: at, Mark: fmt.Sprintf("%08x", at+100*int64(rnd.IntN(40)/39)), Producer: who, Attempt: 1 + int(at/5%3), Body: fmt.Appendf(nil, `{"ord":%d}`, at)})
		if at++; rnd.IntN(20) == 0 {
			at = max(1, at+int64(rnd.IntN(4))-1)
		}
	}
	return out
}

func someLive(rnd *rand.Rand) []event.Message {
	who, attempt, n := "d/0/"+[]string{"t1.llm", "t1.tool2"}[rnd.IntN(2)], 1+rnd.IntN(3), rnd.IntN(12)
	var out []event.Message
	for range 1 + rnd.IntN(6) {
		out = append(out, event.Message{Producer: who, Attempt: attempt, N: n, Body: fmt.Appendf(nil, `{"live":"%s.%d.%d"}`, who, attempt, n)})
		n += rnd.IntN(4) - rnd.IntN(2)
	}
	return out
}

// samePages compares pieces; one may be shorter than asked for, never empty
// where there is more.
func samePages(t *testing.T, rnd *rand.Rand, b event.Stream, model *membus.Bus, sid string) {
	t.Helper()
	want, err := model.Read(t.Context(), sid, 0, 100_000)
	require.NoError(t, err)
	after, limit := int64(rnd.IntN(int(want.Top)+2)), 1+rnd.IntN(8)
	got, err := b.Read(t.Context(), sid, after, limit)
	require.NoError(t, err)
	require.Equal(t, want.Top, got.Top)
	require.LessOrEqual(t, len(got.Deliveries), limit)
	if after < want.Top {
		require.NotEmpty(t, got.Deliveries)
		require.EqualValues(t, 1, got.First)
	}
	for i, d := range got.Deliveries {
		require.Equal(t, after+1+int64(i), d.Seq)
		require.Equal(t, string(want.Deliveries[d.Seq-1].Body), string(d.Body))
	}
	newest, err := b.Read(t.Context(), sid, event.Newest, limit)
	require.NoError(t, err)
	require.Len(t, newest.Deliveries, min(limit, int(want.Top)), "the newest are whole: a position is taken from them")
}

// testTrim: the oldest events go when there are too many, whole publications at
// a time, and a page says what is left.
func testTrim(t *testing.T) {
	t.Parallel()
	b, raw := open(t)
	sid := id.New()
	const last, piece = 24_000, 150
	for at := int64(1); at <= last; at += piece {
		a, err := b.Durable(t.Context(), sid, at == 1, eventtest.Durables(at, at+piece-1))
		require.NoError(t, err)
		require.Equal(t, piece, a.Taken)
	}
	kept, err := raw.XLen(t.Context(), "s:{"+sid+"}:ev").Result()
	require.NoError(t, err)
	p, err := b.Read(t.Context(), sid, 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, last-kept*piece+1, p.First)
	require.Greater(t, p.First, int64(last-10_000-101*piece), "it does not grow without end")
	require.LessOrEqual(t, p.First, int64(last-10_000+1), "what is promised is kept")
	p, err = b.Read(t.Context(), sid, p.First-1, 10)
	require.NoError(t, err)
	require.Equal(t, p.First, p.Deliveries[0].Seq)
}

// testTogether: publications of many sessions at once share round trips, and
// none gets the answer of another.
func testTogether(t *testing.T) {
	t.Parallel()
	b, _ := open(t)
	var wg sync.WaitGroup
	for s := range 40 {
		sid := id.New()
		wg.Go(func() {
			last, step := int64(0), int64(s%7+1)
			for range 30 {
				a, err := b.Durable(context.Background(), sid, last == 0, eventtest.Durables(last+1, last+step))
				if err != nil || a.Last != last+step || a.Taken != int(step) {
					t.Errorf("session %d after %d: %+v %v", s, last, a, err)
					return
				}
				last = a.Last
			}
			p, err := b.Read(context.Background(), sid, last-1, 10)
			if err != nil || len(p.Deliveries) != 1 || !bytes.Equal(p.Deliveries[0].Body, eventtest.Durables(last, last)[0].Body) {
				t.Errorf("session %d: %+v %v", s, p, err)
			}
		})
	}
	wg.Wait()
}

// testScriptsLost: a Redis that forgot the scripts is told them again, within the
// same publication; one that is given up is said again without harm.
func testScriptsLost(t *testing.T) {
	t.Parallel()
	b, raw := open(t)
	sid := id.New()
	for at := int64(1); at <= 5; at++ {
		require.NoError(t, raw.ScriptFlush(t.Context()).Err())
		a, err := b.Durable(t.Context(), sid, at == 1, eventtest.Durables(at, at))
		require.NoError(t, err)
		require.Equal(t, event.Answer{Last: at, Taken: 1}, a)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Durable(over, sid, false, eventtest.Durables(6, 6))
	require.ErrorIs(t, err, context.Canceled)
	a, err := b.Durable(t.Context(), sid, false, eventtest.Durables(6, 7))
	require.NoError(t, err)
	require.EqualValues(t, 7, a.Last)
}
