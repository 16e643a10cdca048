//go:build chaos

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded"
	"crystalyse/internal/event"
)

// TestChaos kills parts of the stack, one after another and now and then two at
// once, drawn from a seed, while discoveries run side by side. Each ends like
// the one that was left alone. `make chaos` runs it and keeps its figures.
func TestChaos(t *testing.T) {
	seed := number("CRYSTALYSE_CHAOS_SEED", 1)
	kills := number("CRYSTALYSE_CHAOS_KILLS", 12)
	many := number("CRYSTALYSE_CHAOS_DISCOVERIES", 8)
	draw := rand.New(rand.NewPCG(uint64(seed), 1))
	b := newBench(t, orders)
	s := b.up()
	want := s.ends(s.ask("run calm", discovery.Budget{}).ID)

	asked := map[string]discovery.Discovery{}
	for i := range many {
		name := fmt.Sprint("n", i)
		asked[name] = s.ask("run "+name, discovery.Budget{})
	}
	killed := map[string]int{}
	began := time.Now()
	for n := 0; n < kills && !s.allClosed(asked); n++ {
		s.healthy()
		<-time.After(time.Duration(500+draw.IntN(4000)) * time.Millisecond)
		for range 1 + draw.IntN(5)/4 {
			name, pid := s.victim(draw)
			killed[name]++
			kill(t, pid)
		}
	}
	s.healthy()
	evaluations, resumed := 0, 0
	for name, d := range asked {
		r := s.ends(d.ID)
		require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
		require.Equal(t, want.Summary, r.Summary)
		require.Equal(t, 2, r.Usage.ToolCalls, "counted once")
		require.Equal(t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
		for _, call := range []string{name, name + "x"} {
			require.Equal(t, 1, b.count("success", call), "%s succeeded twice", call)
			evaluations += b.count("evaluation", call)
			resumed += b.count("start", call) - 1
		}
	}
	took := time.Since(began)
	planned := many * (chaosSteps + chaosSteps/2)
	require.LessOrEqual(t, evaluations, planned+resumed, "a resumption costs at most the step that had no checkpoint")
	s.stop() // and verifies that no process is left
	results(t, "e2e/faults/RESULTS.md", fmt.Sprintf(`# Chaos

Written by `+"`make chaos`"+`: %d discoveries with two calls each (a stub tool that takes %d and %d steps of 10 ms and keeps a checkpoint after each; a scripted model), on the embedded stack of one machine with two cores that did other work, too.

| figure | value |
|---|---|
| seed | %d |
| kills (SIGKILL) | %v |
| wall time | %s |
| discoveries that ended with the answer of the undisturbed run | %d of %d |
| calls that succeeded twice | 0 |
| calls that went on from a checkpoint | %d |
| steps taken / planned | %d / %d |
| processes left behind | 0 |
`, many, chaosSteps, chaosSteps/2, seed, killed, took.Round(time.Second), many, many, resumed, evaluations, planned))
}

func number(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return def
}

// parts are the processes that can be killed.
func parts(st embedded.Status) map[string]embedded.Part {
	return map[string]embedded.Part{"api": st.API, "worker": st.Worker, "postgres": st.Postgres, "redis": st.Redis, "temporal": st.Temporal}
}

func (s *stack) victim(draw *rand.Rand) (string, int) {
	for {
		name := []string{"worker", "worker", "api", "postgres", "redis", "temporal"}[draw.IntN(6)]
		if p := parts(s.status())[name]; p.PID > 0 && p.Healthy {
			return name, p.PID
		}
	}
}

func (s *stack) healthy() {
	s.t.Helper()
	waitFor(s.t, "every part to be back", func() bool {
		for _, p := range parts(s.status()) {
			if !p.Healthy {
				return false
			}
		}
		return true
	})
}

func (s *stack) allClosed(asked map[string]discovery.Discovery) bool {
	for _, d := range asked {
		x, err := s.door().Get(s.t.Context(), d.ID)
		if err != nil || !x.Status.Closed() {
			return false
		}
	}
	return true
}
