//go:build bench

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
)

// The shape of the load: CRYSTALYSE_BENCH_DISCOVERIES of fanWidth candidates
// each, on two slots, with a stub for the relaxation that sleeps.
const (
	benchSlots   = 2
	benchRelaxMS = 2000
)

// TestBenchFanOut: a hundred discoveries of eight candidates on two slots.
// Limits are never passed, nobody starves, and the slots are hardly ever idle.
// A second user asks for one discovery in the middle of it.
func TestBenchFanOut(t *testing.T) {
	many := number("CRYSTALYSE_BENCH_DISCOVERIES", 100)
	b := newBench(t, orders).candidates(benchRelaxMS)
	engine := engineOnPostgres(t)
	s := b.up(append(engine, fmt.Sprint("CRYSTALYSE_GPU_SLOTS=", benchSlots), "CRYSTALYSE_RATE_LIMIT=0", "CRYSTALYSE_AUTH=jwt", "CRYSTALYSE_JWT_KEYS=k:0123456789abcdef0123456789abcdef")...)
	crowd, other := s.user("crowd"), s.user("other")
	warm := askAs(t, crowd, "fan warm")
	completed(t, crowd, warm)
	warmed := len(b.log())

	busy := load()
	began := time.Now()
	asked := make([]discovery.Discovery, many)
	for i := range asked {
		asked[i] = askAs(t, crowd, fmt.Sprint("fan d", i))
	}
	waitLong(t, "half of it", func() bool { return b.count("success", "")-fanWidth >= many*fanWidth/2 })
	late := time.Now()
	lone := completed(t, other, askAs(t, other, "fan lone"))
	took := make([]time.Duration, many)
	for i, d := range asked {
		took[i] = completed(t, crowd, d).Sub(began)
	}
	wall := max(slices.Max(took), lone.Sub(began))

	log := b.log()[warmed:]
	most, waits := slots(t, log)
	require.LessOrEqual(t, most, benchSlots, "more calculations at a time than there are slots")
	require.Equal(t, (many+1)*fanWidth, len(waits), "each candidate was relaxed once")
	ideal := time.Duration((many+1)*fanWidth*benchRelaxMS/benchSlots) * time.Millisecond
	slices.Sort(took)
	page, by, store := "bench/durable/FANOUT.md", "bench-durable", "SQLite"
	if engine != nil {
		page, by, store = "bench/durable/FANOUT-POSTGRES.md", "bench-durable-postgres", "PostgreSQL (Temporal's own server, as a production setup runs it, on a PostgreSQL of its own; its list of runs, which no step waits for, is in SQLite)"
	}
	results(t, page, fmt.Sprintf(fanOutPage, many, fanWidth, benchSlots, by, busy, load(), benchRelaxMS/1000, (many+1)*fanWidth, store,
		most, ideal.Round(time.Second), wall.Round(time.Second), wall.Seconds()/ideal.Seconds(), took[0].Round(time.Second), took[len(took)/2].Round(time.Second), took[len(took)-1].Round(time.Second),
		longest(waits).Round(time.Second), lone.Sub(late).Round(time.Second)))
}

const fanOutPage = `# %d discoveries of %d candidates on %d slots

Written by ` + "`make %s`" + ` on one machine with two cores that did other work at the time (load average %s at the begin, %s at the end). The tool is a stub: a relaxation sleeps %d s and is the only long tool, so that it alone takes one of the slots; generating, validating and the hull answer at once, beside them. A second user asks for one more discovery of as many candidates when half of all is done: %d relaxations together. The engine keeps its state in %s.

| | measured | reach |
|---|---|---|
| relaxations at the same time, at most, by the tool's own log | %d | 2 |
| ideal schedule (all relaxations, two at a time, nothing else) | %s | |
| wall time, from the first question to the last report | %s, %.2fx | <= 1.15x |
| a discovery ended after (first, median, last) | %s, %s, %s | nobody starved |
| longest time without any relaxation ending | %s | |
| the second user's discovery, asked in the middle | %s | not behind the crowd |

` + "`make bench-durable`" + ` measures the engine that ` + "`crystalyse up`" + ` starts, which keeps its state in SQLite; ` + "`make bench-durable-postgres`" + ` builds Temporal's own server and measures it with PostgreSQL as its store (FANOUT-POSTGRES.md).
`

// user is the API as a user of jwt mode uses it.
func (s *stack) user(name string) *client.Client {
	s.t.Helper()
	token, errs, code := s.run("token", "--user", name)
	require.Zero(s.t, code, errs)
	return client.New(client.Options{Base: s.addr, Token: token[:len(token)-1]})
}

func askAs(t *testing.T, c *client.Client, query string) discovery.Discovery {
	t.Helper()
	d, err := c.Create(t.Context(), discovery.Request{Query: query})
	require.NoError(t, err)
	return d
}

// completed waits until a discovery is completed, and tells when it was by its
// record. (Those that ask for it are few: they share the cores.)
func completed(t *testing.T, c *client.Client, d discovery.Discovery) (ended time.Time) {
	t.Helper()
	waitLong(t, "the end of "+d.ID, func() bool {
		x, err := c.Get(t.Context(), d.ID)
		if err != nil || !x.Status.Closed() {
			return false
		}
		require.Equal(t, discovery.StatusCompleted, x.Status)
		ended = *x.EndedAt
		return true
	})
	return ended
}

func waitLong(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, time.Hour, time.Second, what)
}

// slots reads the tool's log: how many relaxations ran at a time at most, and
// how long it took from each end to the next.
func slots(t *testing.T, log []worked) (most int, waits []time.Duration) {
	t.Helper()
	running := 0
	last := log[0].At
	slices.SortStableFunc(log, func(a, b worked) int { return int(a.At - b.At) })
	for _, l := range log {
		switch l.Event {
		case "start":
			running++
		case "success":
			running--
			waits = append(waits, time.Duration(l.At-last)*time.Millisecond)
			last = l.At
		}
		most = max(most, running)
	}
	return most, waits
}

func longest(ds []time.Duration) time.Duration { return slices.Max(ds) }
