package activities_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// away is a database that does not answer so many times, and lets the test look
// when the tool is asked.
type away struct {
	discovery.Steps
	left   atomic.Int32
	behind chan struct{} // a write waits for it; nil waits for nothing
}

func (a *away) Append(ctx context.Context, s event.Scope, events ...event.Event) error {
	if a.behind != nil {
		<-a.behind
	}
	if a.left.Add(-1) >= 0 {
		return fault.New(fault.CodeUnavailable, "away")
	}
	return a.Steps.Append(ctx, s, events...)
}

// testToldWithItsOutcome: a call whose announcement could not be stored brings it
// along with its outcome, in its place.
func testToldWithItsOutcome(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.tools.ready = true
	b.turn(t, 1, b.head)
	steps := &away{Steps: b.a.Steps}
	steps.left.Store(1)
	b.a.Steps = steps
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	require.Zero(t, steps.left.Load(), "it was tried, and not again")
	require.Equal(t, []event.Type{event.TypeToolCallStart, event.TypeToolCallResult}, typesOf(t, b)[4:])
}

// testToolDoesNotWait: the tool works while its call is being announced, and
// nothing of the call is shown before it is.
func testToolDoesNotWait(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.tools.ready = true
	b.turn(t, 1, b.head)
	steps := &away{Steps: b.a.Steps, behind: make(chan struct{})}
	live := &sent{}
	b.a.Steps, b.a.Live = steps, live
	told, shown := 0, int32(0)
	b.tools.begun = func() {
		told, shown = len(typesOf(t, b)), live.n.Load()
		close(steps.behind)
	}
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	require.Equal(t, 4, told, "the call was not announced yet")
	require.Zero(t, shown)
	require.NotZero(t, live.n.Load(), "its progress was shown")
	require.Equal(t, event.TypeToolCallResult, typesOf(t, b)[5])
}

// testOvertaken: an attempt that finds a newer one when it announces its call
// leaves it to that one. If that works elsewhere, the calculation is stopped here.
func testOvertaken(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.tools.ready = true
	b.turn(t, 1, b.head)
	b.tools.hangs = true
	steps := &away{Steps: b.a.Steps, behind: make(chan struct{})}
	b.a.Steps = steps
	var opened error
	b.tools.begun = func() {
		s := event.Scope{SessionID: b.d.SessionID, DiscoveryID: b.d.ID, UserID: "local", Step: "t1.tool1", Attempt: 9}
		_, opened = b.db.Open(t.Context(), s, 1<<62)
		close(steps.behind)
	}
	_, err := b.env.ExecuteActivity(activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"})
	require.NoError(t, opened)
	require.ErrorContains(t, err, "superseded")
	require.Len(t, typesOf(t, b), 4, "it has nothing to say any more")
	require.NoError(t, b.tools.why, "the newer attempt may join it")
	require.NoError(t, b.a.Reap(t.Context()))
	require.ErrorContains(t, b.tools.why, "another worker goes on", "it has not")
}

type sent struct{ n atomic.Int32 }

func (s *sent) Send(events ...event.Event) { s.n.Add(int32(len(events))) }

func typesOf(t *testing.T, b *bundle) []event.Type {
	t.Helper()
	es, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	types := make([]event.Type, len(es))
	for i, e := range es {
		types[i] = e.Type
	}
	return types
}
