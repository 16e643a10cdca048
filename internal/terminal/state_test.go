package terminal

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

func TestState(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 5, 1, 12, 0, 0, 0, time.Local)
	until := since.Add(24 * time.Hour)
	s := discovery.RunState{
		Status: discovery.StatusNeedsAttention, Reason: "approval", Details: "costly waits to be allowed\x1b[31m", Turn: 3, Running: []string{"t3.tool2"}, Steering: 1,
		Usage: discovery.Usage{TokensIn: 1000, TokensOut: 200, ToolCalls: 4, WallS: 62}, Budget: discovery.Budget{ToolCalls: 50, WallS: 1200},
		Pending: []discovery.Pending{
			{Kind: "approval", ID: "t3.tool1", Tool: "costly", Text: "costly: a rule says ask", Options: []string{"allow", "deny"}, Since: since, Until: &until},
			{Kind: "question", ID: "t3.tool3", Text: "which phase?", Options: []string{"cubic", "tetragonal"}, Default: "cubic", Since: since, Until: &until},
			{Kind: "failure", ID: "t3.tool4", Text: "the server was lost", Options: []string{"retry_step", "skip_step", "finish_now"}, Since: since, Until: &until},
		},
	}
	for name, st := range map[string]Style{"Width80": {Unicode: true, Width: 80}, "ASCII": {Width: 80}} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, State(&out, "disc-1", s, st))
			golden(t, out.String())
		})
	}
}

// TestSpent: one call is no calls.
func TestSpent(t *testing.T) {
	t.Parallel()
	for want, n := range map[string][2]int{"1 tool call ": {1, 0}, "2 tool calls ": {2, 0}, "0 of 1 tool call ": {0, 1}, "1 of 50 tool calls ": {1, 50}} {
		said := spent(discovery.Usage{ToolCalls: n[0]}, discovery.Budget{ToolCalls: n[1]}, Style{Unicode: true})
		require.True(t, strings.HasPrefix(said, want), said)
	}
}

// TestQueued: one that begins at once waits for nothing; one that does not says
// so once.
func TestQueued(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		s := newStage(live, Style{Unicode: true})
		s.tell(t, event.DiscoveryStatus{Status: "queued"})
		s.Tick()
		require.NotContains(t, s.out.String(), "its turn")
		s.clock = s.clock.Add(queuedFor)
		s.Tick()
		s.Tick()
		require.Contains(t, s.out.String(), "its turn")
		if !live {
			require.Equal(t, 1, strings.Count(s.out.String(), "its turn"))
		}
	}
}

// TestPlainSaysWhatIsNew: the words of a call that waits are repeated to nobody,
// however long it takes.
func TestPlainSaysWhatIsNew(t *testing.T) {
	t.Parallel()
	s := newStage(false, Style{Unicode: true})
	s.tell(t, event.DiscoveryStatus{Status: "running"}, event.ToolCallStart{CallID: "t1.tool1", Tool: "relax_structure"}, event.TaskStart{TaskID: "t1.tool1.wait", TaskType: "waiting", Details: "the environment ml"})
	lines := func() int { return strings.Count(s.out.String(), "\n") }
	call := discovery.RunningCall{CallID: "t1.tool1", Tool: "relax_structure", StartedAt: s.clock, Progress: &tool.Progress{Message: "the environment ml: 1 GB"}}
	s.Update(nil, []discovery.RunningCall{call})
	before := lines()
	for range 12 {
		s.clock = s.clock.Add(plainEvery)
		s.Update(nil, []discovery.RunningCall{call})
	}
	require.Equal(t, before, lines(), s.out.String())
	for i := range 12 { // a size that grows is told once a minute
		s.clock = s.clock.Add(plainEvery)
		call.Progress = &tool.Progress{Message: "the environment ml: " + strings.Repeat("|", i) + " GB"}
		s.Update(nil, []discovery.RunningCall{call})
	}
	require.Equal(t, before+2, lines(), s.out.String())
	s.tell(t, event.TaskEnd{TaskID: "t1.tool1.wait", TaskType: "waiting", Status: "completed"})
	require.Equal(t, before+3, lines(), "where it got to when it was over")
	for i := range 3 { // a call that works: every ten seconds
		s.clock = s.clock.Add(plainEvery)
		call.Progress = &tool.Progress{Progress: float64(i), Total: 10}
		s.Update(nil, []discovery.RunningCall{call})
	}
	require.Equal(t, before+6, lines(), s.out.String())
}
