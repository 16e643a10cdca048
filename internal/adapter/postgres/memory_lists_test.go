package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/memory"
)

// TestLists: there is no index of vectors until there are many; then it is made,
// kept while it fits, made anew when outgrown, and what a killed attempt left is
// removed. Searches find the nearest before and after.
func TestLists(t *testing.T) {
	k := openKeeping(t)
	ctx := t.Context()
	fill := func(from, to int) {
		_, err := k.conn.Exec(ctx, `INSERT INTO memories (id, user_id, session_id, source, type, content, embedding, embedding_model, search)
			SELECT lpad(n::text, 26, '0'), 'u1', $1, n::text, 'long_term', 'note ' || n, format('[%s,%s,%s]', cos(n), sin(n), n % 50 + 1)::vector, 'm', to_tsvector('english', 'note')
			FROM generate_series($2::int, $3) n`, k.session, from, to)
		require.NoError(t, err)
	}
	indexes := func() []string {
		rows, err := k.conn.Query(ctx, `SELECT indexname::text FROM pg_indexes WHERE tablename = 'memories' AND indexdef LIKE '%ivfflat%'`)
		require.NoError(t, err)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return names
	}
	nearest := func(exact bool) {
		t.Helper()
		q := memory.Vector{Model: "m", Values: []float32{0.6, 0.8, 7}}
		rows, err := k.conn.Query(ctx, `SELECT id FROM memories ORDER BY (embedding <=> '[0.6,0.8,7]') + 0, id DESC LIMIT 10`)
		require.NoError(t, err)
		want, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		got, err := postgres.Nearest(ctx, k.s, "u1", q, 10, exact)
		require.NoError(t, err)
		require.ElementsMatch(t, want, got)
	}
	fill(1, 1900)
	require.NoError(t, postgres.ArrangeFrom(ctx, k.s, 2000))
	require.Empty(t, indexes(), "so few are read one by one")
	nearest(true)

	fill(1901, 2100)
	require.NoError(t, postgres.ArrangeFrom(ctx, k.s, 2000))
	first := indexes()
	require.Len(t, first, 1)
	nearest(false)
	_, err := k.conn.Exec(ctx, `CREATE INDEX `+first[0]+`dead ON memories USING ivfflat ((embedding::halfvec(3)) halfvec_cosine_ops) WHERE embedding_model = 'm'`)
	require.NoError(t, err)
	require.NoError(t, postgres.ArrangeFrom(ctx, k.s, 2000))
	require.Equal(t, first, indexes(), "it fits still, and what a killed attempt left is gone")

	fill(2101, 4300)
	require.NoError(t, postgres.ArrangeFrom(ctx, k.s, 2000))
	second := indexes()
	require.Len(t, second, 1)
	require.NotEqual(t, first, second, "outgrown")
	nearest(false)
}
