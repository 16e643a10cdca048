// Package eventtest is the contract of the bus: whatever carries events to
// viewers passes it. It is used by tests only.
package eventtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/id"
)

// Patience is how long a test waits for what must come.
const Patience = 60 * time.Second

// Carrier is a bus with one reading node, and a way to lose everything.
type Carrier struct {
	event.Bus
	event.Stream
	Flush func()
}

// Durables gives consecutive durable messages of one step.
func Durables(from, to int64) []event.Message {
	var out []event.Message
	for o := from; o <= to; o++ {
		out = append(out, event.Message{Ord: o, Mark: fmt.Sprintf("%08x", o), Producer: "d/0/t1.llm", Attempt: 1, N: int(o), Body: fmt.Appendf(nil, `{"ord":%d}`, o)})
	}
	return out
}

// Lives gives live messages of one attempt.
func Lives(attempt, from, to int) []event.Message {
	var out []event.Message
	for n := from; n <= to; n++ {
		out = append(out, event.Message{Producer: "d/0/t1.llm", Attempt: attempt, N: n, Body: fmt.Appendf(nil, `{"live":"%d.%d"}`, attempt, n)})
	}
	return out
}

// Bodies joins the bodies of deliveries, for comparison.
func Bodies(ds []event.Delivery) string {
	parts := make([]string, len(ds))
	for i, d := range ds {
		parts[i] = fmt.Sprintf("%d%s", d.Seq, d.Body)
	}
	return strings.Join(parts, " ")
}

// Contract runs the suite. make gives a carrier that knows no session of the test.
func Contract(t *testing.T, carrier func(t *testing.T) Carrier) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Carrier){
		"order": order, "holes": holes, "fresh": fresh, "live": live, "fence": fence, "pages": pages, "announcements": announcements,
		"racing publishers": racing, "lost": lost, "restarted": restarted, "of another log": another, "sessions apart": apart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, carrier(t))
		})
	}
}

func durable(t *testing.T, c Carrier, sid string, first bool, ms []event.Message) event.Answer {
	t.Helper()
	a, err := c.Durable(t.Context(), sid, first, ms)
	require.NoError(t, err)
	return a
}

func read(t *testing.T, c Carrier, sid string, after int64, limit int) event.Page {
	t.Helper()
	p, err := c.Read(t.Context(), sid, after, limit)
	require.NoError(t, err)
	return p
}

func order(t *testing.T, c Carrier) {
	sid := id.New()
	require.Equal(t, event.Answer{Last: 3, Taken: 3}, durable(t, c, sid, true, Durables(1, 3)))
	require.Equal(t, event.Answer{Last: 3, Mark: "00000003"}, durable(t, c, sid, false, Durables(2, 3)), "said before")
	require.Equal(t, event.Answer{Last: 5, Taken: 2}, durable(t, c, sid, false, Durables(2, 5)))
	require.Equal(t, `1{"ord":1} 2{"ord":2} 3{"ord":3} 4{"ord":4} 5{"ord":5}`, Bodies(read(t, c, sid, 0, 10).Deliveries))
}

func holes(t *testing.T, c Carrier) {
	sid := id.New()
	durable(t, c, sid, true, Durables(1, 2))
	require.Equal(t, event.Answer{Hole: true, Last: 2}, durable(t, c, sid, false, Durables(4, 5)), "nothing may pass a hole")
	gap := append(Durables(2, 3), Durables(7, 8)...)
	require.Equal(t, event.Answer{Hole: true, Last: 3, Taken: 1}, durable(t, c, sid, false, gap), "what is before the hole is taken")
	require.Equal(t, event.Answer{Last: 8, Taken: 5}, durable(t, c, sid, false, Durables(4, 8)))
	require.EqualValues(t, 8, read(t, c, sid, 0, 100).Top)
}

func fresh(t *testing.T, c Carrier) {
	sid := id.New()
	require.Empty(t, read(t, c, sid, 0, 10).Epoch)
	require.Equal(t, event.Answer{Fresh: true}, durable(t, c, sid, false, Durables(57, 58)), "the oldest unpublished one must be looked for")
	require.Equal(t, event.Answer{Last: 58, Taken: 2}, durable(t, c, sid, true, Durables(57, 58)))
	require.Equal(t, event.Answer{Last: 59, Taken: 1}, durable(t, c, sid, true, Durables(56, 59)), "only the first may begin anywhere")
	require.NotEmpty(t, read(t, c, sid, 0, 10).Epoch)
}

func live(t *testing.T, c Carrier) {
	sid := id.New()
	durable(t, c, sid, true, Durables(1, 1))
	for _, ms := range [][]event.Message{Lives(1, 2, 3), Lives(1, 2, 4), Lives(1, 3, 3)} {
		_, err := c.Live(t.Context(), sid, ms)
		require.NoError(t, err)
	}
	durable(t, c, sid, false, Durables(2, 2))
	require.Equal(t, `1{"ord":1} 2{"live":"1.2"} 3{"live":"1.3"} 4{"live":"1.4"} 5{"ord":2}`, Bodies(read(t, c, sid, 0, 10).Deliveries))
	onlyLive := id.New()
	a, err := c.Live(t.Context(), onlyLive, Lives(1, 0, 0))
	require.NoError(t, err)
	require.Equal(t, 1, a.Taken)
	require.True(t, durable(t, c, onlyLive, false, Durables(9, 9)).Fresh, "live events do not begin the durable order")
}

func fence(t *testing.T, c Carrier) {
	sid := id.New()
	taken := func(ms []event.Message) int {
		a, err := c.Live(t.Context(), sid, ms)
		require.NoError(t, err)
		return a.Taken
	}
	require.Equal(t, 2, taken(Lives(1, 0, 1)))
	require.Equal(t, 1, taken(Lives(2, 0, 0)), "a new attempt counts from its own beginning")
	require.Equal(t, 0, taken(Lives(1, 2, 9)), "the old attempt is over")
	next := Durables(1, 1)
	next[0].Attempt = 3
	durable(t, c, sid, true, next)
	require.Equal(t, 0, taken(Lives(2, 1, 5)), "a durable event of an attempt fences too")
	require.Equal(t, 3, taken(Lives(3, 0, 2)))
	old := Durables(2, 2)
	durable(t, c, sid, false, old)
	require.Equal(t, 0, taken(Lives(2, 6, 6)), "an old durable event does not lift the fence")
}

func pages(t *testing.T, c Carrier) {
	sid := id.New()
	durable(t, c, sid, true, Durables(1, 25))
	p := read(t, c, sid, event.Newest, 5)
	require.EqualValues(t, []int64{25, 1, 21}, []int64{p.Top, p.First, p.Deliveries[0].Seq})
	p = read(t, c, sid, 7, 3)
	require.Equal(t, `8{"ord":8} 9{"ord":9} 10{"ord":10}`, Bodies(p.Deliveries))
	require.Empty(t, read(t, c, sid, 25, 3).Deliveries)
	require.Empty(t, read(t, c, sid, 1<<40, 3).Deliveries)
	tops, err := c.Tops(t.Context(), []string{sid, id.New()})
	require.NoError(t, err)
	require.EqualValues(t, 25, tops[0].Top)
	require.Empty(t, tops[1].Epoch)
}

// racing: many publishers of one session, each sure of its own order, give one
// order without holes or doubles.
func racing(t *testing.T, c Carrier) {
	sid := id.New()
	const last = 120
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for at := int64(0); at < last; {
				a, err := c.Durable(context.Background(), sid, at == 0, Durables(at+1, min(at+7, last)))
				if err != nil {
					t.Error(err)
					return
				}
				at = max(at, a.Last)
			}
		})
	}
	wg.Wait()
	p := read(t, c, sid, 0, 1000)
	require.Len(t, p.Deliveries, last)
	for i, d := range p.Deliveries {
		require.Equal(t, fmt.Sprintf(`{"ord":%d}`, i+1), string(d.Body))
		require.EqualValues(t, i+1, d.Seq)
	}
}

func lost(t *testing.T, c Carrier) {
	sid := id.New()
	durable(t, c, sid, true, Durables(1, 5))
	before := read(t, c, sid, 0, 1).Epoch
	c.Flush()
	require.Empty(t, read(t, c, sid, 0, 1).Epoch)
	require.True(t, durable(t, c, sid, false, Durables(6, 6)).Fresh)
	durable(t, c, sid, true, Durables(6, 6))
	after := read(t, c, sid, 0, 10)
	require.NotEqual(t, before, after.Epoch)
	require.Equal(t, `1{"ord":6}`, Bodies(after.Deliveries))
}

func restarted(t *testing.T, c Carrier) {
	sid := id.New()
	require.NoError(t, c.Restart(t.Context(), sid, 1), "there is none")
	durable(t, c, sid, true, Durables(1, 5))
	before := read(t, c, sid, 0, 1).Epoch
	require.NoError(t, c.Restart(t.Context(), sid, 4))
	require.Equal(t, event.Answer{Last: 6, Taken: 1}, durable(t, c, sid, false, Durables(6, 6)), "somebody has published meanwhile")
	require.NoError(t, c.Restart(t.Context(), sid, 6))
	require.Empty(t, read(t, c, sid, 0, 1).Epoch)
	require.True(t, durable(t, c, sid, false, Durables(3, 3)).Fresh)
	require.Equal(t, event.Answer{Last: 3, Taken: 1}, durable(t, c, sid, true, Durables(3, 3)))
	after := read(t, c, sid, 0, 10)
	require.NotEqual(t, before, after.Epoch)
	require.Equal(t, `1{"ord":3}`, Bodies(after.Deliveries))
}

// another: the event by the newest ord must be the one that was published; whatever
// is before it, and after it, does not hide that.
func another(t *testing.T, c Carrier) {
	sid := id.New()
	durable(t, c, sid, true, Durables(1, 10))
	gone := Durables(6, 12)
	for i := range gone {
		gone[i].Mark = fmt.Sprintf("%08x", 100+i)
	}
	for _, ms := range [][]event.Message{gone, gone[:5], gone[4:5], gone[4:], append(Durables(3, 4), gone...)} {
		require.Equal(t, event.Answer{Other: true, Last: 10}, durable(t, c, sid, false, ms))
	}
	require.Equal(t, event.Answer{Last: 10, Mark: "0000000a"}, durable(t, c, sid, false, gone[:4]), "these tell nothing, but by the mark of the newest")
	require.EqualValues(t, 10, read(t, c, sid, 0, 100).Top)
	require.NoError(t, c.Restart(t.Context(), sid, 10))
	require.Equal(t, event.Answer{Last: 12, Taken: 7}, durable(t, c, sid, true, gone))
	require.Equal(t, event.Answer{Last: 12, Mark: gone[6].Mark}, durable(t, c, sid, false, gone))
	require.Equal(t, event.Answer{Last: 13, Taken: 1}, durable(t, c, sid, false, append(gone[6:7:7], Durables(13, 13)...)))
}

func apart(t *testing.T, c Carrier) {
	a, b := id.New(), id.New()
	durable(t, c, a, true, Durables(1, 3))
	durable(t, c, b, true, Durables(1, 1))
	require.EqualValues(t, 3, read(t, c, a, 0, 10).Top)
	require.EqualValues(t, 1, read(t, c, b, 0, 10).Top)
	require.NotEqual(t, read(t, c, a, 0, 1).Epoch, read(t, c, b, 0, 1).Epoch)
}
