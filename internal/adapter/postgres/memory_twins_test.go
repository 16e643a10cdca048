package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
)

// interruption does something once, when the first memory of a pair is loaded.
type interruption struct{ do func() }

func (i *interruption) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if do := i.do; do != nil && strings.HasSuffix(q.SQL, "FROM memories WHERE id = $1 AND user_id = $2") {
		i.do = nil
		do()
	}
	return ctx
}

func (*interruption) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestTwinsForgottenMeanwhile: what the user forgets between the comparison and
// the loading of a pair stops nothing, and what is left of the group is compared
// again.
func TestTwinsForgottenMeanwhile(t *testing.T) {
	k := openKeeping(t)
	ctx := t.Context()
	alike, others := []float32{1, 0, 0}, []float32{0, 1, 0}
	meanwhile := &interruption{}
	traced, err := k.db.Traced(ctx, meanwhile)
	require.NoError(t, err)
	t.Cleanup(traced.Close)
	k.s = traced.Memories()
	forget := func(id string) {
		meanwhile.do = func() { require.NoError(t, k.db.Memories().Forget(ctx, "u1", id, "by the user")) }
	}
	twins := func(limit int) (groups [][]string, compared []string) {
		t.Helper()
		found, compared, err := k.s.Twins(ctx, "u1", memory.TwinSimilarity, limit)
		require.NoError(t, err)
		require.Nil(t, meanwhile.do, "it was interrupted")
		for _, g := range found {
			ids := []string{}
			for _, m := range g {
				ids = append(ids, m.ID)
			}
			groups = append(groups, ids)
		}
		return groups, compared
	}
	put := func(content string, v []float32) string { return k.put(t, content, memory.ShortTerm, v, "") }
	oldest, older, newer, newest := put("MgO is stable", alike), put("MgO is a stable oxide", alike), put("MgO is stable, they say", alike), put("MgO is stable again", alike)
	last := put("CaO melts late", others)

	forget(oldest)
	groups, compared := twins(5)
	require.Equal(t, [][]string{{newest, newer, older}}, groups, "one of several is left out")
	require.Equal(t, []string{oldest, older, newer, last}, compared)

	forget(newest) // the one to keep: the others are twins of each other all the same
	groups, compared = twins(5)
	require.Empty(t, groups)
	require.Equal(t, []string{last}, compared, "the others wait for the next round")
	groups, _ = twins(5)
	require.Equal(t, [][]string{{newer, older}}, groups)

	forget(newer) // nothing is left of the only pair, but more is to be compared
	groups, compared = twins(2)
	require.Empty(t, groups)
	require.Equal(t, []string{older, last}, compared)
}
