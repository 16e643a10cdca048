package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// TestResumeSoonAfterAPause: a call takes seconds to hear of a pause. Whether
// the resume comes before it has heard, while it stops or afterwards, it goes on
// from its checkpoint and has one outcome.
func TestResumeSoonAfterAPause(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	for _, gap := range []time.Duration{200 * time.Millisecond, 2 * time.Second, 6 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			name := fmt.Sprint("gap", gap.Milliseconds())
			d := s.ask("hold "+name, discovery.Budget{})
			b.reached(name, 5)
			s.tell(d.ID, discovery.Update{Kind: discovery.UpdatePause, Reason: "a moment"})
			<-time.After(gap) // the moment is what is tested
			s.tell(d.ID, discovery.Update{Kind: discovery.UpdateResume})
			waitFor(t, "the call to go on", func() bool { return b.count("start", name) == 2 })
			b.release(name)
			r := s.ends(d.ID)
			require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
			require.Len(t, r.Calls, 1)
			require.Equal(t, tool.StatusOK, r.Calls[0].Status)
			require.Equal(t, 1, r.Usage.ToolCalls)
			require.Equal(t, 1, b.count("success", name))
			require.Equal(t, 10, b.count("evaluation", name), "every step once")
			es := s.events(d.ID)
			require.Equal(t, 1, kinds(es, event.TypeToolCallResult))
			require.Equal(t, []string{"running", "paused", "running"}, statusesOf(t, es)[1:], "told in the order in which it happened")
		})
	}
}

// TestGivenUpUnderAPause: a call that waits for the end of a pause can be given
// up, and is at once.
func TestGivenUpUnderAPause(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	d := s.ask("hold late", discovery.Budget{})
	b.reached("late", 5)
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdatePause})
	b.stopped("late")
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateCancelStep, Step: "t1.tool1"})
	s.hears(d.ID, event.TypeToolCallResult)
	s.stands(d.ID, "it does not stay paused", func(st discovery.RunState) bool { return st.Status == discovery.StatusPaused && len(st.Running) == 0 })
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateResume})
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, tool.StatusCancelled, r.Calls[0].Status)
	require.Zero(t, b.count("success", "late"))
}

// hears waits until viewers of a discovery have an event of a type.
func (s *stack) hears(did string, want event.Type) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	heard := errors.New("heard")
	require.ErrorIs(s.t, s.door().Follow(ctx, did, 0, client.Follower{Batch: func(b client.Batch) error {
		if kinds(b.Events, want) > 0 {
			return heard
		}
		return nil
	}}), heard)
}

// statusesOf gives what viewers were told of the status, in order.
func statusesOf(t *testing.T, es []event.Event) []string {
	t.Helper()
	var out []string
	for _, e := range es {
		if e.Type != event.TypeDiscoveryStatus {
			continue
		}
		p, err := event.Decode(e)
		require.NoError(t, err)
		out = append(out, p.(event.DiscoveryStatus).Status)
	}
	return out
}
