package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/report"
)

// door is the API as a program uses it.
func (s *stack) door() *client.Client { return client.New(client.Options{Base: s.addr}) }

func (s *stack) ask(query string, b discovery.Budget) discovery.Discovery {
	s.t.Helper()
	d, err := s.door().Create(s.t.Context(), discovery.Request{Query: query, Budget: b})
	require.NoError(s.t, err)
	return d
}

// stands waits until the state of a discovery fits.
func (s *stack) stands(did, what string, ok func(discovery.RunState) bool) {
	s.t.Helper()
	s.standsWithin(did, what, patience, ok)
}

func (s *stack) standsWithin(did, what string, within time.Duration, ok func(discovery.RunState) bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		st, err := s.door().State(s.t.Context(), did)
		return err == nil && ok(st)
	}, within, 100*time.Millisecond, what)
}

func (s *stack) ends(did string) report.Report {
	s.t.Helper()
	return s.endsWithin(did, patience)
}

func (s *stack) endsWithin(did string, within time.Duration) report.Report {
	s.t.Helper()
	s.standsWithin(did, "the discovery does not end", within, func(st discovery.RunState) bool { return st.Status.Closed() })
	body, err := s.door().Report(s.t.Context(), did)
	require.NoError(s.t, err)
	var r report.Report
	require.NoError(s.t, json.Unmarshal(body, &r))
	return r
}

func (s *stack) tell(did string, u discovery.Update) {
	s.t.Helper()
	require.NoError(s.t, s.door().Update(s.t.Context(), did, u))
}

// events gives the durable events of a discovery.
func (s *stack) events(did string) []event.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var all []event.Event
	require.NoError(s.t, s.door().Follow(ctx, did, 0, client.Follower{Batch: func(b client.Batch) error {
		all = append(all, b.Events...)
		return nil
	}}))
	return all
}

func kinds(es []event.Event, t event.Type) int {
	n := 0
	for _, e := range es {
		if e.Type == t {
			n++
		}
	}
	return n
}

// TestControls walks through every control on the real stack: pause with a
// checkpoint, resume, steering, a question, an approval, a fork.
func TestControls(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	policy := filepath.Join(b.dir, "policy.json")
	require.NoError(t, os.WriteFile(policy, []byte(`{"rules":[{"tool":"costly","decision":"ask"}]}`), 0o600))
	s := b.up("CRYSTALYSE_POLICY=" + policy)
	d := s.ask("two calls", discovery.Budget{ToolCalls: 20})

	b.reached("a", 5)
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdatePause, Reason: "lunch"})
	s.stands(d.ID, "not paused", func(st discovery.RunState) bool { return st.Status == discovery.StatusPaused })
	b.stopped("a")
	_, errs, code := s.run("pause", d.ID)
	require.Equal(t, 2, code, "twice is a conflict")
	require.Contains(t, errs, "paused already")
	b.release("a")
	s.tellBySocket(d, discovery.Update{Kind: discovery.UpdateSteer, Text: "then ask me"})
	s.tellBySocket(d, discovery.Update{Kind: discovery.UpdateResume})

	s.stands(d.ID, "no question", func(st discovery.RunState) bool { return st.Reason == "question" })
	out, errs, code := s.run("answer", d.ID, "the", "tetragonal", "one")
	require.Zero(t, code, out+errs)
	s.stands(d.ID, "no approval", func(st discovery.RunState) bool {
		return slices.ContainsFunc(st.Pending, func(p discovery.Pending) bool { return p.Kind == "approval" && p.Tool == "costly" })
	})
	require.Zero(t, b.count("start", "c"), "nothing runs before it is allowed")
	_, errs, code = s.run("approve", "--remember", d.ID)
	require.Zero(t, code, errs)
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Contains(t, r.Summary, "5.000")
	for name, n := range map[string]int{"a": 10, "b": 5, "c": 3} {
		require.Equal(t, 1, b.count("success", name), name)
		require.Equal(t, n, b.count("evaluation", name), "%s: every step once, over the pause", name)
	}
	require.Equal(t, 4, r.Usage.ToolCalls)
	es := s.events(d.ID)
	require.Equal(t, 1, kinds(es, event.TypeApprovalRequest))
	require.Equal(t, 1, kinds(es, event.TypeQuestion))
	require.Equal(t, 1, kinds(es, event.TypeDiscoveryComplete))

	out, errs, code = s.run("fork", "--turn", "1", d.ID, "another", "way")
	require.Zero(t, code, errs)
	fork := strings.Fields(out)[0]
	f := s.ends(fork)
	require.Equal(t, discovery.StatusCompleted, f.Status, f.Summary)
	require.Equal(t, d.ID, f.ParentID)
	require.Contains(t, f.Summary, "5.000", "a value of the shared turn is the fork's own, too")
	require.Equal(t, 1, b.count("success", "a"), "what was computed is not computed again")
	require.Equal(t, 1, b.count("success", "d"))
	_, errs, code = s.run("fork", "--turn", "9", d.ID, "x")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "no turn 9")
}

// TestRetryOfAClosedDiscovery goes on from the checkpoint of the call that was
// cut off by a wall limit. The limit leaves the call the time to begin, on a busy
// machine too.
func TestRetryOfAClosedDiscovery(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	warm := s.ask("hold warm", discovery.Budget{}) // whose server has started
	b.release("warm")
	require.Equal(t, discovery.StatusCompleted, s.ends(warm.ID).Status)
	const limit = 20
	d := s.ask("long call", discovery.Budget{WallS: limit})
	b.reached("long", 5)
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusBudgetExhausted, r.Status)
	t.Logf("it ended %.1f s after its limit", r.Usage.WallS-limit)
	b.stopped("long")

	b.release("long")
	_, errs, code := s.run("retry", d.ID)
	require.Zero(t, code, errs)
	r = s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Equal(t, 10, b.count("evaluation", "long"), "it went on from its checkpoint")
	require.Equal(t, 1, b.count("success", "long"))
	require.Equal(t, 2, kinds(s.events(d.ID), event.TypeDiscoveryComplete), "one for each time it was closed")
	_, errs, code = s.run("retry", d.ID)
	require.Equal(t, 2, code)
	require.Contains(t, errs, "no failed step")
}
