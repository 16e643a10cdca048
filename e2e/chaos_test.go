//go:build chaos

package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// TestChaos kills parts of the stack, one after another and now and then two at
// once, or freezes a worker for longer than its heartbeat, all drawn from a
// seed, while discoveries run side by side and viewers watch each. Every one
// ends like the one that was left alone. `make chaos` runs it with several seeds
// and keeps its figures.
func TestChaos(t *testing.T) {
	var rows []string
	for _, seed := range seeds() {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { rows = append(rows, chaos(t, seed)) })
	}
	results(t, "bench/durable/CHAOS.md", fmt.Sprintf(chaosPage, number("CRYSTALYSE_CHAOS_DISCOVERIES", 8), chaosSteps, chaosSteps/2, strings.Join(rows, "\n")))
}

const chaosPage = `# Chaos

Written by ` + "`make chaos`" + `. For each seed: %d discoveries in sessions of their own with two calls each (a stub tool that takes %d and %d steps of 10 ms and keeps a checkpoint after each; a scripted model), each with a viewer on its socket, on the embedded stack of one machine with two cores that did other work, too. What is killed, and when, is drawn from the seed; kills are SIGKILL, a frozen worker is stopped by SIGSTOP for 20 s (its heartbeat timeout is 15 s) and goes on.

A run fails unless every discovery ends as completed with the answer of the undisturbed one, no call succeeds twice by the tool's own log, calls are counted once, there is one discovery_complete, every viewer shows exactly the fold of the stored log and was sent no durable event twice and no hole, and nothing of the stack is left running. So these are the figures of runs that passed:

| seed | killed or frozen | wall time | discoveries with the right answer | calls that succeeded twice | attempts that were given a kept answer again | attempts that went on from a checkpoint | steps taken / planned | viewers whose fold differs | connections of the viewers, resets | processes left |
|---|---|---|---|---|---|---|---|---|---|---|
%s

Take another draw by ` + "`CRYSTALYSE_CHAOS_SEED=7 make chaos`" + `; several are separated by commas.
`

// seeds are the draws to be made.
func seeds() []int {
	var out []int
	for _, s := range strings.Split(cmp.Or(os.Getenv("CRYSTALYSE_CHAOS_SEED"), "1,2,3"), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// chaos makes one draw and gives its row of figures.
func chaos(t *testing.T, seed int) string {
	kills := number("CRYSTALYSE_CHAOS_KILLS", 12)
	many := number("CRYSTALYSE_CHAOS_DISCOVERIES", 8)
	draw := rand.New(rand.NewPCG(uint64(seed), 1))
	b := newBench(t, orders)
	s := b.up()
	want := s.ends(s.ask("run calm", discovery.Budget{}).ID)

	began := time.Now()
	asked, viewers := map[string]discovery.Discovery{}, map[string]*relaytest.Viewer{}
	for i := range many {
		name := fmt.Sprint("n", i)
		asked[name] = s.ask("run "+name, discovery.Budget{})
		viewers[name] = s.watch(asked[name].SessionID)
	}
	waitFor(t, "the first calculation", func() bool { return b.count("start", "") > 2 })
	broken := map[string]int{}
	for n := 0; n < kills && !s.allClosed(asked); n++ {
		s.healthy()
		<-time.After(time.Duration(500+draw.IntN(4000)) * time.Millisecond)
		for range 1 + draw.IntN(5)/4 {
			s.breakOne(draw, broken)
		}
	}
	s.healthy()
	evaluations, resumed, again := 0, 0, 0
	for name, d := range asked {
		r := s.ends(d.ID)
		require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
		require.Equal(t, want.Summary, r.Summary)
		require.Equal(t, 2, r.Usage.ToolCalls, "counted once")
		require.Equal(t, 1, kinds(s.events(d.ID), event.TypeDiscoveryComplete))
		for _, call := range []string{name, name + "x"} {
			require.Equal(t, 1, b.succeeded(call), "%s succeeded twice: %s", call, b.story(call))
			again += b.count("answered_again", call)
			evaluations += b.count("evaluation", call)
			resumed += b.count("start", call) - 1
		}
	}
	took := time.Since(began)
	connections, resets := 0, 0
	for name, v := range viewers {
		s.sees(v, asked[name].SessionID)
		connections, resets = connections+v.Counts().Connections, resets+v.Counts().Resets
	}
	planned := many * (chaosSteps + chaosSteps/2)
	require.LessOrEqual(t, evaluations, planned+resumed, "a resumption costs at most the step that had no checkpoint")
	s.stop() // and verifies that no process is left
	return fmt.Sprintf("| %d | %s | %s | %d of %d | 0 | %d | %d | %d / %d | 0 of %d | %d, %d | 0 |", seed, listed(broken), took.Round(time.Second), many, many, again, resumed, evaluations, planned, many, connections, resets)
}

func listed(counts map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprint(name, " ", counts[name]))
	}
	return strings.Join(out, ", ")
}

// breakOne kills a part, or freezes the worker until another attempt was made
// of what it works on.
func (s *stack) breakOne(draw *rand.Rand, broken map[string]int) {
	s.t.Helper()
	for {
		name := []string{"worker", "worker", "api", "postgres", "redis", "temporal", "worker frozen"}[draw.IntN(7)]
		p := parts(s.status())[strings.TrimSuffix(name, " frozen")]
		if p.PID == 0 || !p.Healthy {
			continue
		}
		broken[name]++
		if name != "worker frozen" {
			kill(s.t, p.PID)
			return
		}
		sendSignal(s.t, p.PID, syscall.SIGSTOP)
		<-time.After(20 * time.Second)
		sendSignal(s.t, p.PID, syscall.SIGCONT)
		return
	}
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
