package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

// testIdle: a session in which nothing has happened for long ends, with the event
// that says so, and once; one that is at work or was used since does not.
func testIdle(t *testing.T) {
	db := setup(t)
	ctx := t.Context()
	k := db.SessionKeeper()
	quiet, _, err := k.Create(ctx, "ada", "quiet", "quiet")
	require.NoError(t, err)
	used, _, err := k.Create(ctx, "ada", "used", "used")
	require.NoError(t, err)
	gone, _, err := k.Create(ctx, "bob", "gone", "ended by hand")
	require.NoError(t, err)
	_, err = k.End(ctx, "bob", gone.ID)
	require.NoError(t, err)
	work := ask(t, db, "bob", "", "MgO")

	n, err := db.EndIdle(ctx, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Zero(t, n, "all of them are young")
	since := time.Now()
	require.NoError(t, db.Memories().Note(ctx, "ada", used.ID, event.MemorySearch{Query: "salt"}))
	for _, want := range []int{1, 0} {
		n, err = db.EndIdle(ctx, since)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	n, err = db.EndIdle(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n, "where something is open nothing is idle")

	for sid, reason := range map[string]string{quiet.ID: "idle", used.ID: "idle", gone.ID: "user", work.SessionID: ""} {
		owner := map[bool]string{true: "ada", false: "bob"}[sid == quiet.ID || sid == used.ID]
		events, err := db.After(ctx, owner, sid, "", 0, 100)
		require.NoError(t, err)
		p, err := event.Decode(events[len(events)-1])
		require.NoError(t, err)
		end, ended := p.(event.SessionEnd)
		require.Equal(t, reason != "", ended)
		require.Equal(t, reason, end.Reason)
		require.EqualValues(t, len(events), events[len(events)-1].Metadata.Ord)
	}
	_, err = db.Sessions().Get(ctx, "ada", quiet.ID)
	require.NoError(t, err, "what it holds stays readable")
	_, err = k.End(ctx, "ada", quiet.ID)
	require.NoError(t, err)
	named, err := db.Named().Named(ctx, "ada", "quiet")
	require.NoError(t, err)
	require.NotEqual(t, quiet.ID, named.ID, "its name opens a new session")
	ask(t, db, "ada", named.ID, "NaCl")
	same, err := db.Named().Named(ctx, "ada", "quiet")
	require.NoError(t, err)
	require.Equal(t, named.ID, same.ID)
	anew, created, err := k.Create(ctx, "bob", "gone", "again")
	require.NoError(t, err)
	require.True(t, created, "as does the name of one that its user ended")
	ask(t, db, "bob", anew.ID, "NaCl")
	_, err = k.End(ctx, "ada", gone.ID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
}
