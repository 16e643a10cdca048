package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

// testLateStep: a run that is terminated from outside cannot stop its calls
// before its record is closed. What they have to say then is refused, whole.
func testLateStep(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	s := scope(d, "t1.tool1", 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	closeAs(t, db, d, discovery.StatusCancelled, discovery.Usage{})
	before := ordsOf(t, db, d)

	late := db.Commit(t.Context(), s, discovery.Made{Call: call(d, "k", 1)}, made(t, &s, event.ToolCallResult{CallID: "t1.tool1"}))
	require.True(t, fault.Is(late, fault.CodeConflict), "%v", late)
	require.ErrorContains(t, late, "has ended")
	require.True(t, fault.Is(db.Append(t.Context(), s, made(t, &s, event.Error{})), fault.CodeConflict))
	_, err = db.ByKey(t.Context(), "k")
	require.True(t, fault.Is(err, fault.CodeNotFound), "what came too late is no result")
	require.Equal(t, before, ordsOf(t, db, d))

	_, _, err = db.Reopen(t.Context(), "local", d.ID, discovery.Retry{})
	require.NoError(t, err)
	require.NoError(t, db.Append(t.Context(), s, made(t, &s, event.Error{})), "it is open again")
}

// testStoredInPart: of events that are stored in part the others get numbers
// without a hole.
func testStoredInPart(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	s := scope(d, "t1.tool1", 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	first, second, third := made(t, &s, event.Error{Message: "1"}), made(t, &s, event.Error{Message: "2"}), made(t, &s, event.Error{Message: "3"})
	require.NoError(t, db.Append(t.Context(), s, second))
	require.NoError(t, db.Append(t.Context(), s, first, second, third, third))
	require.NoError(t, db.Append(t.Context(), s, third))
	require.Equal(t, []int64{2, 3, 4, 5}, ordsOf(t, db, d), "1 is the session's")
}

// testLostOpening: openings do not wait for the disk. Of an attempt whose opening
// a crash took away nothing is written; it is tried again.
func testLostOpening(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	d := ask(t, db, "local", "", "MgO")
	s := scope(d, "t1.tool1", 2)
	_, err = db.Open(t.Context(), s, 1)
	require.NoError(t, err)

	for _, crash := range []string{"UPDATE steps SET attempt = 1", "DELETE FROM steps"} {
		_, err = conn.Exec(t.Context(), crash)
		require.NoError(t, err)
		lost := db.Append(t.Context(), s, made(t, &s, event.Error{}))
		require.True(t, fault.Is(lost, fault.CodeUnavailable), "%s: %v", crash, lost)
	}
	_, err = db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	require.NoError(t, db.Append(t.Context(), s, made(t, &s, event.Error{})))

	// It is lost once more, and what was scheduled later takes the same number
	// before the one that was frozen comes back.
	s.Scheduled = 1
	_, err = conn.Exec(t.Context(), "UPDATE steps SET attempt = 1")
	require.NoError(t, err)
	later := scope(d, "t1.tool1", 1)
	later.Scheduled = 2
	opened, err := db.Open(t.Context(), later, later.Scheduled)
	require.NoError(t, err)
	later.Attempt = opened.Attempt
	require.Equal(t, s.Attempt, later.Attempt)
	require.True(t, fault.Is(db.Check(t.Context(), s), fault.CodeConflict))
	require.NoError(t, db.Check(t.Context(), later))
}

func ordsOf(t *testing.T, db *postgres.DB, d discovery.Discovery) []int64 {
	t.Helper()
	es, err := db.After(t.Context(), "local", d.SessionID, d.ID, 0, 100)
	require.NoError(t, err)
	ords := make([]int64, len(es))
	for i, e := range es {
		ords[i] = e.Metadata.Ord
	}
	return ords
}
