package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// TestSlots: a call that waits for a slot says so, works once another has ended,
// and can be stopped while it waits. One that was left keeps its slot.
func TestSlots(t *testing.T) {
	t.Parallel()
	var f flights
	slots := NewSlots(1)
	begun, end := make(chan struct{}, 2), make(chan struct{})
	var told tool.Invocation
	work := func(_ context.Context, in tool.Invocation) (tool.Outcome, error) {
		told = in
		begun <- struct{}{}
		<-end
		return tool.Outcome{Status: tool.StatusOK}, nil
	}
	said := make(chan tool.Progress, 2)
	in := func(key string) tool.Invocation {
		return tool.Invocation{IdempotencyKey: key, OnProgress: func(p tool.Progress) { said <- p }}
	}
	first, _ := f.board(t.Context(), event.Scope{}, in("1"), slots, work)
	<-begun
	first.leave()

	second, _ := f.board(t.Context(), event.Scope{}, in("2"), slots, work)
	require.Contains(t, (<-said).Message, "slot")
	stop := errors.New("stopped by the user")
	second.cancel(stop)
	<-second.done
	require.ErrorIs(t, second.err, stop)
	require.Zero(t, second.began, "its tool was never asked")

	waits := in("3")
	waits.Deadline = time.Now().Add(time.Hour)
	third, _ := f.board(t.Context(), event.Scope{}, waits, slots, work)
	require.Contains(t, (<-said).Message, "slot")
	require.Len(t, slots, 1)
	close(end)
	<-third.done
	require.NoError(t, third.err)
	require.False(t, third.began.Before(first.began))
	require.Equal(t, answerBy(third.began, waits.Deadline), told.AnswerBy, "what it waited for a slot is not its time to work")
	require.Empty(t, slots)
}
