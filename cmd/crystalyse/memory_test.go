package main

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/memory"
	"crystalyse/internal/user"
)

// rememberingBench is a bench whose API has a real memory, and a session.
func rememberingBench(t *testing.T) bench {
	t.Helper()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	r, err := discovery.Request{UserID: user.Local, Query: "anything"}.Normalize()
	require.NoError(t, err)
	_, _, err = db.Create(t.Context(), r)
	require.NoError(t, err)
	w := resttest.New()
	deps := w.Deps()
	deps.Memory = &memory.Service{Store: db.Memories(), Log: slog.New(slog.DiscardHandler)}
	deps.Sessions, deps.Events = db.Sessions(), db
	srv := httptest.NewServer(rest.New(deps))
	t.Cleanup(srv.Close)
	return bench{w, fixedStack{address: srv.URL}}
}

func TestMemoryCommands(t *testing.T) {
	t.Parallel()
	b := rememberingBench(t)
	empty := b.run(t, "", "memory", "list")
	require.Zero(t, empty.code, empty.err)
	require.Contains(t, empty.err, "nothing is remembered yet")

	added := b.run(t, "", "memory", "add", "NaFeO2", "is layered, and O3")
	require.Zero(t, added.code, added.err)
	mid := strings.Fields(added.out)[0]
	found := b.run(t, "", "memory", "search", "layered", "--json")
	require.Zero(t, found.code, found.err)
	var hits []memory.Hit
	require.NoError(t, json.Unmarshal([]byte(found.out), &hits))
	require.Len(t, hits, 1)
	require.Equal(t, mid, hits[0].ID)
	require.Equal(t, memory.LongTerm, hits[0].Type)
	require.Contains(t, b.run(t, "", "memory", "search", "layered").out, "NaFeO2 is layered")

	require.Zero(t, b.run(t, "", "memory", "pin", mid).code)
	require.Contains(t, b.run(t, "", "memory", "list").out, "pinned")
	colored := b.run(t, "", "memory", "edit", mid, "NaFeO2", "is", "\x1b[31mred")
	require.Equal(t, exitUsage, colored.code)
	require.Contains(t, colored.err, "content")
	edited := b.run(t, "", "memory", "edit", mid, "KVPO4F is a cathode")
	require.Zero(t, edited.code, edited.err)
	shown := b.run(t, "", "memory", "show", mid)
	require.Contains(t, shown.out, "KVPO4F is a cathode")
	require.Contains(t, shown.out, "formulas    KVPO4F")

	file := filepath.Join(t.TempDir(), "all.json")
	require.Zero(t, b.run(t, "", "memory", "export", "--file", file).code)
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(body), "KVPO4F")

	kept := b.run(t, "n\n", "memory", "forget", mid)
	require.Equal(t, exitUsage, kept.code)
	require.Contains(t, kept.err, "nothing was forgotten")
	require.Zero(t, b.run(t, "", "memory", "forget", "--yes", mid).code)
	require.Equal(t, exitUsage, b.run(t, "", "memory", "show", mid).code)
	b.run(t, "", "memory", "add", "one more to forget")
	all := b.run(t, "y\n", "memory", "forget", "--all")
	require.Zero(t, all.code, all.err)
	require.Contains(t, all.out, "1 memory is forgotten")
}

// TestMemoryCommandsRefuse: what is wrong is named, with the code of wrong usage.
func TestMemoryCommandsRefuse(t *testing.T) {
	t.Parallel()
	b := rememberingBench(t)
	for _, c := range []struct {
		args []string
		word string
	}{
		{[]string{"memory", "add"}, "what to remember"},
		{[]string{"memory", "add", " "}, "what to remember"},
		{[]string{"memory", "add", strings.Repeat("x", memory.MaxContent+1)}, "content"},
		{[]string{"memory", "add", "a\x00b"}, "content"},
		{[]string{"memory", "add", "--type", "eternal", "x"}, "type"},
		{[]string{"memory", "add", "--session", "nobodys", "x"}, "session"},
		{[]string{"memory", "list", "--type", "eternal"}, "type: "},
		{[]string{"memory", "list", "--limit", "1000"}, "limit"},
		{[]string{"memory", "search"}, "what to look for"},
		{[]string{"memory", "search", "--limit", "0", "x"}, "limit"},
		{[]string{"memory", "search", "--limit", "101", "x"}, "limit"},
		{[]string{"memory", "search", "--limit", "many", "x"}, "limit"},
		{[]string{"memory", "search", "--session", "01K0ABCDEFGHJKMNPQRSTVWXYZ", "x"}, "session"},
		{[]string{"memory", "search", "--element", "Xx", "x"}, "elements"},
		{[]string{"memory", "show"}, "one memory"},
		{[]string{"memory", "show", "nothing"}, "memory"},
		{[]string{"memory", "forget"}, "--all"},
		{[]string{"memory", "forget", "--all", "one"}, "--all"},
	} {
		r := b.run(t, "", c.args...)
		require.Equal(t, exitUsage, r.code, "%q: %s", c.args, r.err)
		require.Contains(t, r.err, c.word, "%q", c.args)
		require.Empty(t, r.out)
	}
}
