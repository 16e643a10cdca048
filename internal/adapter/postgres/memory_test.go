package postgres_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// openStore gives a fresh database and its address.
func openStore(t *testing.T) (*postgres.DB, string) {
	t.Helper()
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	d, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d, dsn
}

func write(t *testing.T, s memory.Store, user, session, content string) memory.Memory {
	t.Helper()
	m, created, err := s.Write(t.Context(), user, memory.Draft{SessionID: session, Content: content})
	require.NoError(t, err)
	require.True(t, created)
	return m
}

// table reads the labeled questions.
func table(t *testing.T) (memories map[string]string, questions []labeled) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(embeddedtest.Root(t), "internal", "memory", "testdata", "retrieval.txt"))
	require.NoError(t, err)
	memories = map[string]string{}
	for line := range strings.SplitSeq(string(body), "\n") {
		if rest, ok := strings.CutPrefix(line, "m "); ok {
			name, content, _ := strings.Cut(rest, ": ")
			memories[name] = content
		}
		if rest, ok := strings.CutPrefix(line, "q "); ok {
			text, labels, _ := strings.Cut(rest, " > ")
			q := labeled{text: text, grades: map[string]float64{}}
			for l := range strings.FieldsSeq(labels) {
				name, grade, _ := strings.Cut(l, "=")
				require.Contains(t, memories, name)
				q.grades[name] = float64(grade[0] - '0')
			}
			questions = append(questions, q)
		}
	}
	return memories, questions
}

type labeled struct {
	text   string
	grades map[string]float64
}

// ndcg is the usual measure of a ranking against graded labels, of its first ten.
func ndcg(ranked []string, grades map[string]float64) float64 {
	gain := func(g float64, i int) float64 { return (math.Exp2(g) - 1) / math.Log2(float64(i)+2) }
	got, best := 0.0, 0.0
	for i, name := range ranked[:min(len(ranked), 10)] {
		got += gain(grades[name], i)
	}
	i := 0
	for _, want := range []float64{2, 1} {
		for _, g := range grades {
			if g == want && i < 10 {
				best += gain(g, i)
				i++
			}
		}
	}
	return got / best
}

// TestRetrieval asks the labeled questions in three ways.
func TestRetrieval(t *testing.T) {
	d, _ := openStore(t)
	s := d.Memories()
	server := embeddedtest.Embedding(t)
	e := openai.NewEmbedder(openai.EmbedConfig{BaseURL: server.BaseURL, APIKey: server.APIKey, Model: server.Model})
	session := ask(t, d, "u1", "", "anything").SessionID
	contents, questions := table(t)
	pairs, names := 0, map[string]string{}
	for name, content := range contents {
		names[write(t, s, "u1", session, content).ID] = name
	}
	embedAll(t, s, e)
	sums := map[string]float64{}
	for _, q := range questions {
		pairs += len(q.grades)
		vectors, err := e.Embed(t.Context(), []string{q.text})
		require.NoError(t, err)
		v := memory.Vector{Model: e.Model(), Values: vectors[0]}
		for way, ranked := range map[string][]string{
			"fused": ids(t, s, q.text, v), "words": ids(t, s, q.text, memory.Vector{}), "vector": ids(t, s, "qqqq", v),
		} {
			list := make([]string, len(ranked))
			for i, mid := range ranked {
				list[i] = names[mid]
			}
			sums[way] += ndcg(list, q.grades)
		}
	}
	n := float64(len(questions))
	t.Logf("nDCG@10 over %d questions, %d labeled pairs: fused %.3f, vector alone %.3f, words alone %.3f", len(questions), pairs, sums["fused"]/n, sums["vector"]/n, sums["words"]/n)
	require.GreaterOrEqual(t, pairs, 100)
	require.Greater(t, sums["fused"], sums["vector"])
	require.Greater(t, sums["fused"], sums["words"])
}

func ids(t *testing.T, s memory.Store, text string, v memory.Vector) []string {
	t.Helper()
	hits, err := s.Search(t.Context(), "u1", memory.Query{Text: text, Limit: 10}, v)
	require.NoError(t, err)
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.ID
	}
	return out
}

func embedAll(t *testing.T, s memory.Backlog, e memory.Embedder) {
	t.Helper()
	for {
		n, err := memory.EmbedSome(t.Context(), s, e, 64, true)
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

func TestMemoryIsWrittenOnceAndOwned(t *testing.T) {
	d, _ := openStore(t)
	s := d.Memories()
	mine, theirs := ask(t, d, "u1", "", "anything").SessionID, ask(t, d, "u2", "", "anything").SessionID
	ctx := t.Context()
	draft := memory.Draft{SessionID: mine, Source: "disc/1", Type: memory.Working, Content: "NaFeO2 is layered"}
	m, created, err := s.Write(ctx, "u1", draft)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, []string{"NaFeO2"}, m.Context.Formulas)
	require.Equal(t, []string{"Fe", "Na", "O"}, m.Context.Elements)
	again, created, err := s.Write(ctx, "u1", draft)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, m.ID, again.ID)

	_, _, err = s.Write(ctx, "u2", memory.Draft{SessionID: mine, Content: "x"})
	require.True(t, fault.Is(err, fault.CodeNotFound), "a stranger's session")
	write(t, s, "u2", theirs, "NaFeO2 belongs to another")
	for name, stranger := range map[string]func() error{
		"get":    func() error { _, err := s.Get(ctx, "u2", m.ID); return err },
		"edit":   func() error { yes := true; _, err := s.Edit(ctx, "u2", m.ID, memory.Patch{Pinned: &yes}); return err },
		"forget": func() error { return s.Forget(ctx, "u2", m.ID, "user") },
	} {
		require.True(t, fault.Is(stranger(), fault.CodeNotFound), name)
	}
	found := ids(t, s, "NaFeO2", memory.Vector{})
	require.Equal(t, []string{m.ID}, found)
	contents, err := s.Contents(ctx, "u2", []string{m.ID})
	require.NoError(t, err)
	require.Empty(t, contents)
}

func TestForgettingLeavesNothing(t *testing.T) {
	d, dsn := openStore(t)
	s := d.Memories()
	session := ask(t, d, "u1", "", "anything").SessionID
	ctx := t.Context()
	draft := memory.Draft{SessionID: session, Source: "disc/1", Content: "the secret phase is Xenotime"}
	m, _, err := s.Write(ctx, "u1", draft)
	require.NoError(t, err)
	require.NoError(t, s.SetEmbeddings(ctx, "m", []memory.Embedded{{Pending: memory.Pending{ID: m.ID, Content: m.Content}, Vector: []float32{1, 0}}}))
	require.Equal(t, []string{"memories"}, everywhere(t, dsn, "Xenotime"))
	require.NoError(t, s.Forget(ctx, "u1", m.ID, "user"))
	require.Empty(t, everywhere(t, dsn, "Xenotime"), "no table holds the content")
	_, _, err = s.Write(ctx, "u1", draft)
	require.True(t, fault.Is(err, fault.CodeConflict), "a retry does not bring it back")
	events, err := d.After(ctx, "u1", session, "", 0, 100)
	require.NoError(t, err)
	require.Equal(t, event.TypeMemoryWrite, events[len(events)-1].Type)
	n, err := s.ForgetAll(ctx, "u1")
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestForgettingReachesWhatRepeats: words that a user wanted remembered are taken
// out of all of theirs that repeats them, whole or shortened, and out of nobody
// else's.
func TestForgettingReachesWhatRepeats(t *testing.T) {
	d, dsn := openStore(t)
	s := d.Memories()
	ctx := t.Context()
	words := `the "Xenotime" route <900 °C> is a dead end` + strings.Repeat(", as we saw", 8)
	mine := ask(t, d, "u1", "", "Remember that "+words)
	theirs := ask(t, d, "u2", "", words)
	m, _, err := s.Write(ctx, "u1", memory.Draft{SessionID: mine.SessionID, Content: words})
	require.NoError(t, err)
	derived, _, err := s.Write(ctx, "u1", memory.Draft{SessionID: mine.SessionID, Source: "disc/1", Content: "Asked: Remember that " + words[:60] + "…\nFound: YPO4 is stable"})
	require.NoError(t, err)
	require.NoError(t, s.SetEmbeddings(ctx, "m", []memory.Embedded{{Pending: memory.Pending{ID: derived.ID, Content: derived.Content}, Vector: []float32{1, 0}}}))
	same, _, err := s.Write(ctx, "u1", memory.Draft{SessionID: mine.SessionID, Content: "I say again: " + words})
	require.NoError(t, err)
	theirsToo, _, err := s.Write(ctx, "u2", memory.Draft{SessionID: theirs.SessionID, Content: words})
	require.NoError(t, err)

	require.NoError(t, s.Forget(ctx, "u1", m.ID, "user"))
	got, err := d.Get(ctx, "u1", mine.ID)
	require.NoError(t, err)
	require.Equal(t, "Remember that "+memory.Tombstone, got.Query)
	left, err := s.Get(ctx, "u1", derived.ID)
	require.NoError(t, err)
	require.Equal(t, "Asked: Remember that "+memory.Tombstone+"\nFound: YPO4 is stable", left.Content)
	require.Empty(t, left.EmbeddingModel, "its vector was of other words")
	require.Empty(t, ids(t, s, "Xenotime dead end", memory.Vector{})[1:], "and so were its words")
	require.Equal(t, []string{derived.ID}, ids(t, s, "YPO4 stable", memory.Vector{})[:1])
	kept, err := s.Get(ctx, "u1", same.ID)
	require.NoError(t, err)
	require.Contains(t, kept.Content, "Xenotime", "another memory in the user's words is another memory")
	foreign, err := s.Get(ctx, "u2", theirsToo.ID)
	require.NoError(t, err)
	require.Equal(t, words, foreign.Content)
	stranger, err := d.Get(ctx, "u2", theirs.ID)
	require.NoError(t, err)
	require.Equal(t, words, stranger.Query)

	require.NoError(t, s.Forget(ctx, "u2", theirsToo.ID, "user"))
	require.NoError(t, s.Forget(ctx, "u1", same.ID, "user"))
	require.Empty(t, everywhere(t, dsn, "Xenotim"))
}

// TestForgettingReachesWhatWasCorrected: the words that a memory had before it was
// corrected, or that another one had which it took the place of, are forgotten with
// it; nothing of them is taken out before.
func TestForgettingReachesWhatWasCorrected(t *testing.T) {
	d, dsn := openStore(t)
	s := d.Memories()
	ctx := t.Context()
	const first, second, third = "the Xenotime route was a dead end", "that Xenotime melts early is known", "yttrium phosphate works"
	asked := ask(t, d, "u1", "", "Remember that "+first+". Also, "+second)
	draft := func(content string) memory.Memory {
		m, _, err := s.Write(ctx, "u1", memory.Draft{SessionID: asked.SessionID, Content: content, Context: memory.Context{Formulas: []string{"YPO4"}}})
		require.NoError(t, err)
		return m
	}
	m, twin := draft(first), draft(second)
	to := third
	_, err := s.Edit(ctx, "u1", m.ID, memory.Patch{Content: &to})
	require.NoError(t, err)
	require.NoError(t, s.Merge(ctx, "u1", m.ID, []memory.Memory{twin}))
	got, err := d.Get(ctx, "u1", asked.ID)
	require.NoError(t, err)
	require.Equal(t, "Remember that "+first+". Also, "+second, got.Query, "nothing is forgotten yet")
	require.NoError(t, s.Forget(ctx, "u1", m.ID, "user"))
	got, err = d.Get(ctx, "u1", asked.ID)
	require.NoError(t, err)
	require.Equal(t, "Remember that "+memory.Tombstone+". Also, "+memory.Tombstone, got.Query)
	require.Empty(t, everywhere(t, dsn, "Xenotime"))
	require.Empty(t, everywhere(t, dsn, third))
}

// everywhere gives the tables that hold a text.
func everywhere(t *testing.T, dsn, text string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, tables, "memories")
	found := []string{}
	for _, table := range tables {
		var n int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" x WHERE x::text ILIKE '%' || $1 || '%'", text).Scan(&n))
		if n > 0 {
			found = append(found, table)
		}
	}
	return found
}

// TestMemoryEventsAreTold: the publisher hears of them at their commit, not at
// its next sweep.
func TestMemoryEventsAreTold(t *testing.T) {
	d, _ := openStore(t)
	told := map[event.Type]int{}
	d.OnCommit(func(_ string, events []event.Event) {
		for _, e := range events {
			told[e.Type]++
		}
	})
	q := ask(t, d, "ada", "", "MgO")
	m := write(t, d.Memories(), "ada", q.SessionID, "MgO is a rock salt")
	require.NoError(t, d.Memories().Note(t.Context(), "ada", q.SessionID, event.MemoryRead{MemoryID: m.ID}))
	require.Equal(t, 1, told[event.TypeMemoryWrite])
	require.Equal(t, 1, told[event.TypeMemoryRead])
}
