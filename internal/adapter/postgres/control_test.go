package postgres_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/transcript"
)

// closeAs ends a discovery with a status.
func closeAs(t *testing.T, db *postgres.DB, d discovery.Discovery, s discovery.Status, u discovery.Usage) {
	t.Helper()
	_, err := db.Lifecycle().Close(t.Context(), scope(d, event.Outside("finish"), 0), discovery.Closing{Status: s, Usage: u, ReportID: "r", Report: json.RawMessage(`{}`)})
	require.NoError(t, err)
}

// turnOf commits a turn with one call.
func turnOf(t *testing.T, db *postgres.DB, d discovery.Discovery, step string, gen int, parent string) string {
	t.Helper()
	e, err := transcript.NewEntry(d.ID, d.UserID, parent, step, llm.Message{Role: llm.RoleAssistant, Content: step}, llm.Usage{})
	require.NoError(t, err)
	s := scope(d, step, 1)
	s.Gen = gen
	_, err = db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	turn := discovery.Turn{Step: step, Gen: gen, Head: e.ID, Calls: []discovery.PlannedCall{{CallID: "t1.tool1", Arguments: json.RawMessage(`{}`)}}}
	require.NoError(t, db.Turns().CommitTurn(t.Context(), s, turn, []transcript.Entry{e}))
	return e.ID
}

func testReopen(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	_, _, err := db.Reopen(t.Context(), "local", d.ID, discovery.Retry{})
	require.True(t, fault.Is(err, fault.CodeConflict), "an open one is not opened")
	_, _, err = db.Reopen(t.Context(), "stranger", d.ID, discovery.Retry{})
	require.True(t, fault.Is(err, fault.CodeNotFound))
	closeAs(t, db, d, discovery.StatusBudgetExhausted, discovery.Usage{ToolCalls: 60, TokensIn: 10})

	again, reopened, err := db.Reopen(t.Context(), "local", d.ID, discovery.Retry{RequestID: "r1"})
	require.NoError(t, err)
	require.True(t, reopened)
	require.Equal(t, discovery.StatusQueued, again.Status)
	require.Equal(t, 1, again.Retries)
	require.Equal(t, 60+d.Budget.ToolCalls, again.Budget.ToolCalls, "the spent limit is granted once more")
	require.Equal(t, d.Budget.Tokens, again.Budget.Tokens)
	again, reopened, err = db.Reopen(t.Context(), "local", d.ID, discovery.Retry{RequestID: "r1"})
	require.NoError(t, err)
	require.False(t, reopened)
	require.Equal(t, 1, again.Retries)

	closeAs(t, db, d, discovery.StatusCompleted, discovery.Usage{})
	_, _, err = db.Reopen(t.Context(), "local", d.ID, discovery.Retry{RequestID: "r2"})
	require.True(t, fault.Is(err, fault.CodeConflict), "a completed one has no failed step")
}

func testFork(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	first := turnOf(t, db, d, "t1.llm", 0, "")
	s := scope(d, "t1.tool1", 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	require.NoError(t, db.Commit(t.Context(), s, discovery.Made{Call: call(d, "key", 1)}))
	turnOf(t, db, d, "t2.llm", 0, first)
	newer := turnOf(t, db, d, "t2.llm", 3, first)

	_, _, err = db.Fork(t.Context(), "local", d.ID, discovery.Fork{Turn: 9, Query: "CaO"})
	require.True(t, fault.Is(err, fault.CodeInvalid))
	_, _, err = db.Fork(t.Context(), "stranger", d.ID, discovery.Fork{Turn: 1, Query: "CaO"})
	require.True(t, fault.Is(err, fault.CodeNotFound))
	f, created, err := db.Fork(t.Context(), "local", d.ID, discovery.Fork{Turn: 1, Query: "CaO", RequestID: "f1"})
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, d.ID, f.ParentID)
	require.Equal(t, d.SessionID, f.SessionID)
	again, created, err := db.Fork(t.Context(), "local", d.ID, discovery.Fork{Turn: 1, Query: "CaO", RequestID: "f1"})
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, f.ID, again.ID)

	last, _, err := db.Turns().LastTurn(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, "t1.llm", last.Step, "only turns up to the fork are its own")
	require.Equal(t, first, last.Head, "the ledger is shared")
	calls, err := db.Of(t.Context(), f.ID)
	require.NoError(t, err)
	require.Len(t, calls, 1)
	_, ready, err := db.Lifecycle().Claim(t.Context(), f.ID, nil)
	require.NoError(t, err)
	require.True(t, ready, "a fork does not wait for its parent")

	last, gen, err := db.Turns().LastTurn(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, newer, last.Head)
	require.Equal(t, 3, gen)
}

// testForkOfOneThatWorks: a turn whose calls are at work has no results to go on
// from; a follow-up is next in the session, whatever forks run beside.
func testForkOfOneThatWorks(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	turnOf(t, db, d, "t1.llm", 0, "")
	_, _, err := db.Fork(t.Context(), "local", d.ID, discovery.Fork{Turn: 1, Query: "CaO"})
	require.True(t, fault.Is(err, fault.CodeConflict))
	require.Contains(t, err.Error(), "t1.tool1")
	f, _, err := db.Fork(t.Context(), "local", d.ID, discovery.Fork{Turn: 0, Query: "CaO"})
	require.NoError(t, err)
	for _, o := range []discovery.Discovery{d, f} {
		_, ready, err := db.Lifecycle().Claim(t.Context(), o.ID, nil)
		require.NoError(t, err)
		require.True(t, ready, "they run side by side")
	}
	next := ask(t, db, "local", d.SessionID, "SrO")
	_, ready, err := db.Lifecycle().Claim(t.Context(), next.ID, nil)
	require.NoError(t, err)
	require.False(t, ready)
	named, err := db.Lifecycle().Close(t.Context(), scope(d, event.Outside("finish"), 0), discovery.Closing{Status: discovery.StatusCompleted, ReportID: "r", Report: json.RawMessage(`{}`)})
	require.NoError(t, err)
	require.Equal(t, next.ID, named)
}

// testLateStatus: what an attempt tells after the end is not recorded.
func testLateStatus(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	closeAs(t, db, d, discovery.StatusCompleted, discovery.Usage{})
	before, err := db.After(t.Context(), "local", d.SessionID, d.ID, 0, 100)
	require.NoError(t, err)
	s := scope(d, event.Outside("7.run"), 0)
	e, err := s.New(event.DiscoveryStatus{Status: string(discovery.StatusPaused)})
	require.NoError(t, err)
	require.NoError(t, db.Lifecycle().SetStatus(t.Context(), s, discovery.StatusChange{Status: discovery.StatusPaused}, e))
	after, err := db.After(t.Context(), "local", d.SessionID, d.ID, 0, 100)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func testDecisions(t *testing.T) {
	db := setup(t)
	d := ask(t, db, "local", "", "MgO")
	require.NoError(t, db.Lifecycle().Remember(t.Context(), d, discovery.Remembered{Tool: "relax_structure", Decision: discovery.Deny}))
	require.NoError(t, db.Lifecycle().Remember(t.Context(), d, discovery.Remembered{Tool: "relax_structure", Decision: discovery.Allow}))
	got, err := db.Lifecycle().Remembered(t.Context(), d.SessionID)
	require.NoError(t, err)
	require.Equal(t, []discovery.Remembered{{Tool: "relax_structure", Decision: discovery.Allow}}, got)
}
