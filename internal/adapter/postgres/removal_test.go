package postgres_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/fold"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/structure"
)

// crystal is a structure with nothing but its name.
func crystal(n string) structure.Structure {
	sid := "st_0000000000000000000000000" + n
	return structure.Structure{ID: sid, Formula: "MgO", Body: json.RawMessage(`{"structure_id":"` + sid + `"}`)}
}

// makes commits a call that made structures.
func makes(t *testing.T, db *postgres.DB, d discovery.Discovery, key string, structures ...structure.Structure) {
	t.Helper()
	s := scope(d, "t1.tool1", 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	require.NoError(t, db.Commit(t.Context(), s, discovery.Made{Call: call(d, key, 1), Structures: structures}, made(t, &s, event.ToolCallResult{CallID: "t1.tool1", Tool: "secret tool"})))
}

func testRemoveDiscovery(t *testing.T) {
	db := setup(t)
	ctx := t.Context()
	d := ask(t, db, "local", "", "a secret question")
	first := turnOf(t, db, d, "t1.llm", 0, "")
	makes(t, db, d, "k1", crystal("1"), crystal("2"), crystal("3"))
	second := turnOf(t, db, d, "t2.llm", 0, first)
	other := ask(t, db, "bob", "", "MgO")
	makes(t, db, other, "k2", crystal("2"))
	require.NoError(t, db.Uploads().Keep(ctx, "bob", "x.cif", "cif", crystal("3")))
	f, _, err := db.Fork(ctx, "local", d.ID, discovery.Fork{Turn: 2, Query: "CaO", RequestID: "f1"})
	require.NoError(t, err)
	_, err = db.Rows().RemoveDiscovery(ctx, "local", f.ID)
	require.NoError(t, err)
	require.True(t, exists(t, db, "local", d.ID), "the parent stays when a fork goes")
	f, _, err = db.Fork(ctx, "local", d.ID, discovery.Fork{Turn: 1, Query: "CaO", RequestID: "f2"})
	require.NoError(t, err)

	_, err = db.Rows().RemoveDiscovery(ctx, "bob", d.ID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	before, err := db.After(ctx, "local", d.SessionID, "", 0, 1000)
	require.NoError(t, err)
	files := []string{"structures/" + crystal("1").ID + ".json", "structures/" + crystal("2").ID + ".json", "checkpoints/k1/manifest", "checkpoints/k2/manifest"}
	for _, path := range files {
		require.NoError(t, db.Artifacts().Put(ctx, path, strings.NewReader("x")))
	}
	left, err := db.Rows().RemoveDiscovery(ctx, "local", d.ID)
	require.NoError(t, err)
	require.Equal(t, d.SessionID, left.SessionID)
	for i, path := range files {
		_, err := db.Artifacts().Open(ctx, path)
		require.Equal(t, i == 2, fault.Is(err, fault.CodeNotFound), "%s: only what nobody else uses goes", path)
	}
	require.False(t, exists(t, db, "local", d.ID))

	t.Log("the log keeps its places, and nothing of what was said")
	after, err := db.After(ctx, "local", d.SessionID, "", 0, 1000)
	require.NoError(t, err)
	require.Len(t, after, len(before)+1)
	for i, e := range after {
		require.Equal(t, int64(i+1), e.Metadata.Ord)
	}
	text, err := json.Marshal(after[1:]) // the first is session_start, whose title is the session's
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret tool")
	for _, x := range fold.Of(after...).Discoveries {
		require.NotEqual(t, d.ID, x.ID)
	}
	for _, x := range fold.Of(append(before, after...)...).Discoveries {
		require.NotEqual(t, d.ID, x.ID, "nor for a viewer who has seen it")
	}

	t.Log("a fork keeps the words it stands on")
	kept, err := db.Turns().Load(ctx, first)
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	gone, err := db.Turns().Load(ctx, second)
	require.True(t, fault.Is(err, fault.CodeNotFound) || len(gone) == 0)

	t.Log("structures that others use stay, for them alone")
	unused, err := db.Rows().Unused(ctx, left.Structures)
	require.NoError(t, err)
	require.Equal(t, left.Structures, unused)
	_, err = db.Structures().Get(ctx, "bob", "", crystal("2").ID)
	require.NoError(t, err)
	_, err = db.Structures().Get(ctx, "bob", "", crystal("3").ID)
	require.NoError(t, err)
	_, err = db.Rows().RemoveDiscovery(ctx, "local", f.ID)
	require.NoError(t, err)
	for _, n := range []string{"1", "2", "3"} {
		_, err = db.Structures().Get(ctx, "local", "", crystal(n).ID)
		require.True(t, fault.Is(err, fault.CodeNotFound))
	}
	_, err = db.Rows().RemoveDiscovery(ctx, "local", d.ID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
}

func exists(t *testing.T, db *postgres.DB, user, did string) bool {
	t.Helper()
	_, err := db.Get(t.Context(), user, did)
	require.True(t, err == nil || fault.Is(err, fault.CodeNotFound), err)
	return err == nil
}

func testRemoveSession(t *testing.T) {
	db := setup(t)
	ctx := t.Context()
	d := ask(t, db, "local", "", "MgO")
	makes(t, db, d, "k1", crystal("1"))
	turnOf(t, db, d, "t1.llm", 0, "")
	open, err := db.Rows().OpenIn(ctx, "local", d.SessionID)
	require.NoError(t, err)
	require.Equal(t, []string{d.ID}, open)
	_, err = db.Rows().OpenIn(ctx, "bob", d.SessionID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	_, err = db.Rows().RemoveSession(ctx, "bob", d.SessionID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	left, err := db.Rows().RemoveSession(ctx, "local", d.SessionID)
	require.NoError(t, err)
	require.Equal(t, []string{d.ID}, left.Discoveries)
	require.Equal(t, []string{crystal("1").ID}, left.Structures)
	_, err = db.Sessions().Get(ctx, "local", d.SessionID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	require.False(t, exists(t, db, "local", d.ID))
}

// testReferences: whoever adds a table that belongs to a discovery or a session
// says that it goes with it.
func testReferences(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint
		WHERE contype = 'f' AND confrelid IN ('discoveries'::regclass, 'sessions'::regclass) AND confdeltype NOT IN ('c', 'n')`)
	require.NoError(t, err)
	blocking, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, blocking, "declare ON DELETE CASCADE (or SET NULL)")
}

func testKeeper(t *testing.T) {
	db := setup(t)
	ctx := t.Context()
	k := db.SessionKeeper()
	s, created, err := k.Create(ctx, "ada", "salt", "Salt 100%")
	require.NoError(t, err)
	require.True(t, created)
	again, created, err := k.Create(ctx, "ada", "salt", "another title")
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, s, again)
	plain, _, err := k.Create(ctx, "ada", "", "no alias")
	require.NoError(t, err)
	_, _, err = k.Create(ctx, "ada", "", "no alias")
	require.NoError(t, err, "without an alias each is its own")
	theirs, created, err := k.Create(ctx, "bob", "salt", "Bob's")
	require.NoError(t, err)
	require.True(t, created)
	require.NotEqual(t, s.ID, theirs.ID)
	events, err := db.After(ctx, "ada", s.ID, "", 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 1)

	_, err = k.Rename(ctx, "bob", s.ID, "mine now")
	require.True(t, fault.Is(err, fault.CodeNotFound))
	s, err = k.Rename(ctx, "ada", s.ID, "Halides 100%")
	require.NoError(t, err)
	require.Equal(t, "Halides 100%", s.Title)

	d := ask(t, db, "ada", plain.ID, "find a _lead-free_ absorber")
	for text, want := range map[string][]string{"100%": {s.ID}, "lead-free": {plain.ID}, "HALIDES": {s.ID}, "0_": nil, "Bob": nil} {
		found, err := k.Search(ctx, "ada", text, "", 10)
		require.NoError(t, err)
		ids := []string(nil)
		for _, x := range found {
			ids = append(ids, x.ID)
		}
		require.Equal(t, want, ids, text)
	}
	found, err := k.Search(ctx, "ada", "a", plain.ID, 10)
	require.NoError(t, err)
	for _, x := range found {
		require.Less(t, x.ID, plain.ID)
	}

	_, err = k.End(ctx, "ada", plain.ID)
	require.True(t, fault.Is(err, fault.CodeConflict), "a discovery is open")
	_, err = db.Rows().RemoveDiscovery(ctx, "ada", d.ID)
	require.NoError(t, err)
	_, err = k.End(ctx, "bob", plain.ID)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	ended, err := k.End(ctx, "ada", plain.ID)
	require.NoError(t, err)
	require.NotNil(t, ended.EndedAt)
	twice, err := k.End(ctx, "ada", plain.ID)
	require.NoError(t, err)
	require.Equal(t, ended.EndedAt, twice.EndedAt)
	r, err := discovery.Request{UserID: "ada", SessionID: plain.ID, Query: "more"}.Normalize()
	require.NoError(t, err)
	_, _, err = db.Create(ctx, r)
	require.True(t, fault.Is(err, fault.CodeConflict))
	r.SessionID = id.New()
	_, _, err = db.Create(ctx, r)
	require.True(t, fault.Is(err, fault.CodeNotFound))
}
