package discovery_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
)

// kept keeps words in memory.
type kept map[string]string

func (k kept) Keep(_ context.Context, did, id, words string) error {
	if _, ok := k[did+"/"+id]; !ok {
		k[did+"/"+id] = words
	}
	return nil
}

func (k kept) Words(_ context.Context, did string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		if w, ok := k[did+"/"+id]; ok {
			out[id] = w
		}
	}
	return out, nil
}

// engine notes what it is given, and gives it back as a run's state.
type engine struct {
	discovery.Runner
	got discovery.Update
}

func (e *engine) Update(_ context.Context, _ string, u discovery.Update) error {
	e.got = u
	return nil
}

func (e *engine) State(context.Context, string) (discovery.RunState, error) {
	return discovery.RunState{Reason: e.got.Reason, Details: "the answer is: " + e.got.Text,
		Pending: []discovery.Pending{{Text: e.got.Text, Default: e.got.Text, Options: []string{e.got.Text, "plain"}}}}, nil
}

// TestWordsStayOutOfTheEngine: a run gets marks, and whoever looks reads words.
func TestWordsStayOutOfTheEngine(t *testing.T) {
	t.Parallel()
	e, words := &engine{}, kept{}
	r := discovery.Discreet{Runner: e, Said: words}
	for _, rid := range []string{"01A", "any: characters _-.", "01A"} {
		require.NoError(t, r.Update(t.Context(), "d", discovery.Update{RequestID: rid, Kind: discovery.UpdateSteer, Text: "no Xenotime", Reason: "Xenotime, too"}))
		require.NotContains(t, e.got.Text+e.got.Reason, "Xenotime")
		require.NotEqual(t, e.got.Text, e.got.Reason)
	}
	require.Len(t, words, 4, "an instruction sent again is the same one")
	s, err := r.State(t.Context(), "d")
	require.NoError(t, err)
	require.Equal(t, "the answer is: no Xenotime", s.Details)
	require.Equal(t, "Xenotime, too", s.Reason)
	require.Equal(t, discovery.Pending{Text: "no Xenotime", Default: "no Xenotime", Options: []string{"no Xenotime", "plain"}}, s.Pending[0])

	other := e.got.Text
	require.NoError(t, discovery.Spell(t.Context(), words, "another", &other))
	require.Equal(t, e.got.Text, other, "what was said to one is not read by another")
	require.NoError(t, r.Update(t.Context(), "d", discovery.Update{RequestID: "b", Kind: discovery.UpdatePause}))
	require.Empty(t, e.got.Text)
	require.Len(t, words, 4)
	quoted := "{{said:u.unknown}}"
	require.NoError(t, r.Update(t.Context(), "d", discovery.Update{RequestID: "c", Text: quoted}))
	text := e.got.Text
	require.NoError(t, discovery.Spell(t.Context(), words, "d", &text))
	require.Equal(t, quoted, text, "a mark that a user writes is text")
}
