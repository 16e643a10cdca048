package memory_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/memory"
)

// shelf holds contents, and counts how often it is asked.
type shelf struct {
	event.Log
	events []event.Event
	known  map[string]string
	asked  [][]string
}

func (s *shelf) After(context.Context, string, string, string, int64, int) ([]event.Event, error) {
	return s.events, nil
}

func (s *shelf) Contents(_ context.Context, _ string, ids []string) (map[string]string, error) {
	s.asked = append(s.asked, ids)
	return s.known, nil
}

// TestALogIsJoinedAtOnce: contents stand in the place of their marks, what is
// forgotten is told so, and the store is asked once for a page of events.
func TestALogIsJoinedAtOnce(t *testing.T) {
	t.Parallel()
	const a, b = "01M8PTDJMZH9PSKTVQ7TVAKWN2", "01M8PTDJMZH9PSKTVQ7TVAKWN3"
	s := &shelf{known: map[string]string{a: `MgO is "stable"`}, events: []event.Event{
		{Data: []byte(`{"content":"` + memory.Mark(a) + `"}`)}, {Data: []byte(`{"n":1}`)}, {Data: []byte(`{"content":"` + memory.Mark(b) + `, ` + memory.Mark(a) + `"}`)},
	}}
	got, err := memory.JoinedLog{Log: s, Store: s}.After(t.Context(), "u1", "s", "", 0, 10)
	require.NoError(t, err)
	require.Equal(t, `{"content":"MgO is \"stable\""}`, string(got[0].Data))
	require.Equal(t, `{"n":1}`, string(got[1].Data))
	require.Equal(t, `{"content":"`+memory.Tombstone+`, MgO is \"stable\""}`, string(got[2].Data))
	require.Equal(t, [][]string{{a, b}}, s.asked)
	s.events = s.events[1:2]
	_, err = memory.JoinedLog{Log: s, Store: s}.After(t.Context(), "u1", "s", "", 0, 10)
	require.NoError(t, err)
	require.Len(t, s.asked, 1, "nothing is marked, nothing is asked")
}
