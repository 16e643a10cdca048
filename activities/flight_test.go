package activities

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// TestFlight: an attempt that loses touch leaves its call to the next one, which
// joins it and hears its progress; only the call's own end ends it.
func TestFlight(t *testing.T) {
	t.Parallel()
	var f flights
	begun, tell, end := 0, make(chan tool.Progress), make(chan struct{})
	call := func(ctx context.Context, in tool.Invocation) (tool.Outcome, error) {
		begun++
		in.OnProgress(<-tell)
		<-end
		return tool.Outcome{Status: tool.StatusOK}, ctx.Err()
	}
	attempt, lost := context.WithCancel(t.Context())
	first, joined := f.board(attempt, event.Scope{}, tool.Invocation{IdempotencyKey: "k"}, nil, call)
	require.False(t, joined)
	lost()
	first.leave()
	_, _, alone := first.last()
	require.True(t, alone)

	heard := make(chan tool.Progress, 1)
	second, joined := f.board(t.Context(), event.Scope{}, tool.Invocation{IdempotencyKey: "k", OnProgress: func(p tool.Progress) { heard <- p }}, nil, call)
	require.True(t, joined)
	require.Same(t, first.flight, second.flight)
	first.leave() // heard late that it is over
	_, _, alone = second.last()
	require.False(t, alone, "somebody waits")
	tell <- tool.Progress{Progress: 7}
	require.InDelta(t, 7, (<-heard).Progress, 0)
	close(end)
	<-second.done
	require.NoError(t, second.err, "the end of an attempt is not the end of the call")
	require.Equal(t, 1, begun)
	f.land("k", second.flight)
	_, joined = f.board(t.Context(), event.Scope{}, tool.Invocation{IdempotencyKey: "k"}, nil, func(context.Context, tool.Invocation) (tool.Outcome, error) { return tool.Outcome{}, nil })
	require.False(t, joined)
}
