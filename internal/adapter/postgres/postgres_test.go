package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// TestPostgres runs everything on one real server; each part has a database of
// its own.
func TestPostgres(t *testing.T) {
	t.Parallel()
	t.Run("Appenders", testAppenders)
	t.Run("Calls", testCalls)
	t.Run("Closing", testClosing)
	t.Run("Endpoints", testEndpoints)
	t.Run("Fence", testFence)
	t.Run("Reopen", testReopen)
	t.Run("Fork", testFork)
	t.Run("AForkOfOneThatWorks", testForkOfOneThatWorks)
	t.Run("NothingIsToldAfterTheEnd", testLateStatus)
	t.Run("NorByAStep", testLateStep)
	t.Run("StoredInPart", testStoredInPart)
	t.Run("LostOpening", testLostOpening)
	t.Run("CheckpointsGo", testCheckpoints)
	t.Run("Decisions", testDecisions)
	t.Run("Artifacts", testArtifacts)
	t.Run("IdleSessionsEnd", testIdle)
	t.Run("Keeper", testKeeper)
	t.Run("Migrations", testMigrations)
	t.Run("Ownership", testOwnership)
	t.Run("Queue", testQueue)
	t.Run("Records", testRecords)
	t.Run("RecordsGo", testRecordsGo)
	t.Run("RecordsOfBefore", testRecordsOfBefore)
	t.Run("References", testReferences)
	t.Run("RemoveDiscovery", testRemoveDiscovery)
	t.Run("RemoveSession", testRemoveSession)
	t.Run("Requests", testRequests)
	t.Run("WrongAddresses", testWrongAddresses)
}

func setup(t *testing.T) *postgres.DB {
	t.Helper()
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func ask(t *testing.T, db *postgres.DB, user, session, query string) discovery.Discovery {
	t.Helper()
	r, err := discovery.Request{UserID: user, SessionID: session, Query: query}.Normalize()
	require.NoError(t, err)
	d, created, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	return d
}

func scope(d discovery.Discovery, step string, attempt int) event.Scope {
	return event.Scope{SessionID: d.SessionID, DiscoveryID: d.ID, UserID: d.UserID, Mode: "creative", Step: step, Attempt: attempt}
}

func made(t *testing.T, s *event.Scope, p event.Payload) event.Event {
	t.Helper()
	e, err := s.New(p)
	require.NoError(t, err)
	return e
}

// testAppenders: many writers of one session number its events without hole or
// double, and publishing again changes nothing.
func testAppenders(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	const writers, each = 12, 25
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for w := range writers {
		wg.Go(func() {
			s := scope(d, fmt.Sprintf("t1.tool%d", w+1), 1)
			if _, err := db.Open(t.Context(), s, 1); err != nil {
				errs <- err
				return
			}
			for range each {
				e, err := s.New(event.Error{Message: "x"})
				if err == nil {
					err = db.Append(t.Context(), s, e, e)
				}
				if err == nil {
					err = db.Append(t.Context(), s, e)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	after, seen := int64(0), 0
	ids := map[string]bool{}
	for {
		page, err := db.After(t.Context(), "local", d.SessionID, "", after, 37)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			require.Equal(t, after+1, e.Metadata.Ord)
			require.False(t, ids[e.ID], e.ID)
			ids[e.ID] = true
			after = e.Metadata.Ord
			seen++
		}
	}
	require.Equal(t, writers*each+2, seen) // and session_start, queued
}

func testFence(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	old, current := scope(d, "t1.tool1", 1), scope(d, "t1.tool1", 2)
	opened, err := db.Open(t.Context(), old, 1)
	require.NoError(t, err)
	require.Zero(t, opened.Superseded)
	opened, err = db.Open(t.Context(), current, 1)
	require.NoError(t, err)
	require.Equal(t, 1, opened.Superseded)

	require.True(t, fault.Is(db.Append(t.Context(), old, made(t, &old, event.Error{})), fault.CodeConflict))
	late := discovery.Made{Call: call(d, "k", 1)}
	require.True(t, fault.Is(db.Commit(t.Context(), old, late, made(t, &old, event.ToolCallResult{})), fault.CodeConflict))
	_, err = db.ByKey(t.Context(), "k")
	require.True(t, fault.Is(err, fault.CodeNotFound), "a refused commit leaves nothing")
	_, err = db.Open(t.Context(), old, 1)
	require.True(t, fault.Is(err, fault.CodeConflict))
	require.NoError(t, db.Append(t.Context(), current, made(t, &current, event.Error{})))
	again := scope(d, "t1.tool1", 1) // scheduled anew: the engine counts from one, we count on
	opened, err = db.Open(t.Context(), again, 2)
	require.NoError(t, err)
	require.Equal(t, []int{3, 2}, []int{opened.Attempt, opened.Superseded})
	require.WithinDuration(t, time.Now(), opened.Since, time.Minute)
	_, err = db.Open(t.Context(), scope(d, "t1.tool1", 9), 1)
	require.True(t, fault.Is(err, fault.CodeConflict), "what was scheduled earlier stays fenced")
	current.Attempt = 3
	live := made(t, &current, event.UsageUpdate{})
	require.Error(t, db.Append(t.Context(), current, live), "live-only events are not stored")
}

func call(d discovery.Discovery, key string, attempt int) discovery.Call {
	now := time.Now().UTC()
	return discovery.Call{
		ID: "t1.tool1", DiscoveryID: d.ID, UserID: d.UserID, IdempotencyKey: key, Tool: "relax_structure", Server: "mace", ToolVersion: "1",
		Arguments: json.RawMessage(`{"a":1}`), Status: tool.StatusOK, Result: json.RawMessage(`{"e":-1.5}`), Attempts: attempt, StartedAt: now, EndedAt: &now,
	}
}

func testCalls(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	s := scope(d, "t1.tool1", 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	running := call(d, "key", 1)
	require.NoError(t, db.Progress(t.Context(), s, running, tool.Progress{Progress: 3, Message: "step=3", Details: map[string]float64{"step": 3}}))
	now, err := db.Running(t.Context(), "local", d.ID)
	require.NoError(t, err)
	require.Len(t, now, 1)
	require.InDelta(t, 3, now[0].Progress.Details["step"], 0)

	number, yes := -1.5, true
	m := discovery.Made{
		Call:       call(d, "key", 1),
		Values:     []value.Value{{Key: "t1.tool1.e", Name: "energy_per_atom", Number: &number, Unit: "eV/atom", CallID: "t1.tool1", Converged: &yes}, {Key: "t1.tool1.ok", Name: "ok", Bool: &yes, CallID: "t1.tool1"}},
		Structures: []structure.Structure{{ID: "st_00000000000000000000000001", Formula: "MgO", Body: json.RawMessage(`{"structure_id":"st_00000000000000000000000001","species":["Mg","O"]}`)}},
	}
	require.NoError(t, db.Commit(t.Context(), s, m, made(t, &s, event.ToolCallResult{CallID: "t1.tool1"})))
	now, err = db.Running(t.Context(), "local", d.ID)
	require.NoError(t, err)
	require.Empty(t, now)
	have, err := db.ByKey(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, tool.StatusOK, have.Status)
	values, structures, err := db.Made(t.Context(), d.ID)
	require.NoError(t, err)
	require.Len(t, values, 2)
	require.Equal(t, &number, values[0].Number)
	require.Equal(t, &yes, values[1].Bool)
	require.Equal(t, "MgO", structures[0].Formula)
	visible, err := db.Structures().Records(t.Context(), "stranger", d.ID, []string{"st_00000000000000000000000001"})
	require.NoError(t, err)
	require.Empty(t, visible)
}

func testClosing(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			s := scope(d, event.Outside("finish"), 0)
			e, err := s.New(event.DiscoveryComplete{Status: "completed"})
			if err == nil {
				_, err = db.Lifecycle().Close(t.Context(), s, discovery.Closing{Status: discovery.StatusCompleted, ReportID: "r", Report: json.RawMessage(`{"ok":true}`)}, e)
			}
			errs <- err
		})
	}
	wg.Wait()
	for range 8 {
		require.NoError(t, <-errs)
	}
	events, err := db.After(t.Context(), "local", d.SessionID, d.ID, 0, 100)
	require.NoError(t, err)
	complete := 0
	for _, e := range events {
		if e.Type == event.TypeDiscoveryComplete {
			complete++
		}
	}
	require.Equal(t, 1, complete)
	report, err := db.Report(t.Context(), "local", d.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"ok":true}`, string(report))
}

func testQueue(t *testing.T) {
	db := setup(t)
	first := ask(t, db, "local", "", "MgO")
	second := ask(t, db, "local", first.SessionID, "and CaO")
	_, ready, err := db.Lifecycle().Claim(t.Context(), second.ID, nil)
	require.NoError(t, err)
	require.False(t, ready)
	_, ready, err = db.Lifecycle().Claim(t.Context(), first.ID, nil)
	require.NoError(t, err)
	require.True(t, ready)
	s := scope(first, event.Outside("finish"), 0)
	next, err := db.Lifecycle().Close(t.Context(), s, discovery.Closing{Status: discovery.StatusCompleted, Report: json.RawMessage(`{}`), Summary: "MgO is cubic"})
	require.NoError(t, err)
	require.Equal(t, second.ID, next)
	got, ready, err := db.Lifecycle().Claim(t.Context(), second.ID, nil)
	require.NoError(t, err)
	require.True(t, ready)
	earlier, err := db.Lifecycle().Earlier(t.Context(), got)
	require.NoError(t, err)
	require.Equal(t, "MgO is cubic", earlier[0].Summary)
}

func testRequests(t *testing.T) {
	db := setup(t)
	r, err := discovery.Request{UserID: "local", RequestID: "once", Query: "MgO"}.Normalize()
	require.NoError(t, err)
	a, created, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	b, created, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, a.ID, b.ID)
	r.Query = "CaO"
	_, _, err = db.Create(t.Context(), r)
	require.True(t, fault.Is(err, fault.CodeConflict))
}

// testOwnership walks every read as a stranger.
func testOwnership(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "owner", "", "MgO")
	ctx := t.Context()
	for name, read := range map[string]func() error{
		"discovery": func() error { _, err := db.Get(ctx, "stranger", d.ID); return err },
		"report":    func() error { _, err := db.Report(ctx, "stranger", d.ID); return err },
		"events":    func() error { _, err := db.After(ctx, "stranger", d.SessionID, "", 0, 10); return err },
		"session":   func() error { _, err := db.Sessions().Get(ctx, "stranger", d.SessionID); return err },
		"structure": func() error { _, err := db.Structures().Get(ctx, "stranger", "", "st_x"); return err },
		"create in": func() error {
			_, _, err := db.Create(ctx, discovery.Request{UserID: "stranger", SessionID: d.SessionID, Query: "x", Mode: "auto"})
			return err
		},
	} {
		require.True(t, fault.Is(read(), fault.CodeNotFound), name)
	}
	list, err := db.List(ctx, "stranger", "", "", 10)
	require.NoError(t, err)
	require.Empty(t, list)
	running, err := db.Running(ctx, "stranger", d.ID)
	require.NoError(t, err)
	require.Empty(t, running)
}

func testMigrations(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	var wg sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		wg.Go(func() { _, _, err := postgres.Migrate(context.Background(), dsn); errs <- err })
	}
	wg.Wait()
	for range 4 {
		require.NoError(t, <-errs)
	}
	from, to, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	require.Equal(t, from, to)
	exec(t, dsn, "INSERT INTO schema_version (version, name) VALUES (9999, 'from the future')")
	_, _, err = postgres.Migrate(t.Context(), dsn)
	require.True(t, fault.Is(err, fault.CodeConflict))
}

func testWrongAddresses(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable")
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	require.NotContains(t, err.Error(), "s3cret")
	_, err = postgres.Open(t.Context(), "nonsense://")
	require.True(t, fault.Is(err, fault.CodeInvalid))
}
