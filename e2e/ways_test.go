package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// TestGoOnRightAfterACancel: the moment the discovery is closed it can be gone
// on with, although its run may not have ended yet.
func TestGoOnRightAfterACancel(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	d := s.ask("hold back", discovery.Budget{})
	b.reached("back", 5)
	require.NoError(t, s.door().Cancel(t.Context(), d.ID, "enough"))
	require.Eventually(t, func() bool {
		_, err := s.door().Retry(t.Context(), d.ID, discovery.Retry{RequestID: "on"})
		return err == nil
	}, patience, 5*time.Millisecond, "it cannot be gone on with")
	b.release("back")
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)
	require.Len(t, r.Calls, 2, "the one that was stopped, and the one that went on from its checkpoint")
	require.Equal(t, tool.StatusOK, r.Calls[1].Status)
	require.Equal(t, 10, b.count("evaluation", "back"), "every step once")
	es := s.events(d.ID)
	require.Equal(t, 2, kinds(es, event.TypeDiscoveryComplete))
	require.Equal(t, 2, kinds(es, event.TypeToolCallResult), "stopped, then done")
}

// TestAForkRunsBesideItsParent: another way is gone at once, in the same
// session; a turn that is still at work is no place to begin from.
func TestAForkRunsBesideItsParent(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up()
	d := s.ask("hold here", discovery.Budget{})
	b.reached("here", 5)
	_, errs, code := s.run("fork", "--turn", "1", d.ID, "hold", "there")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "t1.tool1 of that turn is still at work")
	f, err := s.door().Fork(t.Context(), d.ID, discovery.Fork{Turn: 0, Query: "hold there"})
	require.NoError(t, err)
	require.Equal(t, d.SessionID, f.SessionID)
	b.reached("there", 5)
	b.release("there")
	require.Equal(t, discovery.StatusCompleted, s.ends(f.ID).Status)
	st, err := s.door().State(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"t1.tool1"}, st.Running, "the parent works on")
	b.release("here")
	require.Equal(t, discovery.StatusCompleted, s.ends(d.ID).Status)
	for _, name := range []string{"here", "there"} {
		require.Equal(t, 1, b.count("success", name))
	}
}
