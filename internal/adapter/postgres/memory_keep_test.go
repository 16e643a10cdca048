package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/event"
	"crystalyse/internal/memory"
)

// keeping is a store with one session of one user, whose clock and counters a
// test may set.
type keeping struct {
	db      *postgres.DB
	conn    *pgx.Conn
	session string
	s       interface {
		memory.Store
		memory.Backlog
		memory.Keeper
	}
}

func openKeeping(t *testing.T) keeping {
	t.Helper()
	d, dsn := openStore(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(t.Context()) })
	return keeping{db: d, conn: conn, session: ask(t, d, "u1", "", "anything").SessionID, s: d.Memories()}
}

// put writes a memory with a vector and sets columns of it.
func (k keeping) put(t *testing.T, content string, typ memory.Type, vector []float32, set string, args ...any) string {
	t.Helper()
	m, _, err := k.s.Write(t.Context(), "u1", memory.Draft{SessionID: k.session, Content: content, Type: typ})
	require.NoError(t, err)
	if vector != nil {
		require.NoError(t, k.s.SetEmbeddings(t.Context(), "m", []memory.Embedded{{Pending: memory.Pending{ID: m.ID, Content: content}, Vector: vector}}))
	}
	if set != "" {
		_, err = k.conn.Exec(t.Context(), "UPDATE memories SET "+set+" WHERE id = '"+m.ID+"'", args...)
		require.NoError(t, err)
	}
	return m.ID
}

func (k keeping) types(t *testing.T) map[string]memory.Type {
	t.Helper()
	list, err := k.s.List(t.Context(), "u1", memory.Filter{}, "", 1000)
	require.NoError(t, err)
	out := map[string]memory.Type{}
	for _, m := range list {
		out[m.ID] = m.Type
	}
	return out
}

// TestPromotion: age, use and pins make a memory last; a young unused one waits.
func TestPromotion(t *testing.T) {
	k := openKeeping(t)
	now := time.Now()
	day := now.Add(-memory.ShortTermAge)
	want := map[string]memory.Type{
		k.put(t, "young", memory.ShortTerm, nil, ""):                                                                  memory.ShortTerm,
		k.put(t, "almost old", memory.ShortTerm, nil, "created_at = $1", day.Add(time.Minute)):                        memory.ShortTerm,
		k.put(t, "old", memory.ShortTerm, nil, "created_at = $1", day.Add(-time.Minute)):                              memory.LongTerm,
		k.put(t, "used twice", memory.ShortTerm, nil, "uses = $1", memory.OftenUsed-1):                                memory.ShortTerm,
		k.put(t, "used thrice", memory.ShortTerm, nil, "uses = $1", memory.OftenUsed):                                 memory.LongTerm,
		k.put(t, "pinned", memory.ShortTerm, nil, "pinned = true"):                                                    memory.LongTerm,
		k.put(t, "an old step", memory.Working, nil, "created_at = $1", day.Add(-time.Minute)):                        memory.Working,
		k.put(t, "kept already", memory.LongTerm, nil, "created_at = $1, accessed_at = now()", day.AddDate(-1, 0, 0)): memory.LongTerm,
	}
	n, err := k.s.Promote(t.Context(), "u1", now)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, want, k.types(t))
	n, err = k.s.Promote(t.Context(), "u1", now)
	require.NoError(t, err)
	require.Zero(t, n, "done again, nothing is left to do")
	n, err = k.s.Promote(t.Context(), "u2", now.AddDate(1, 0, 0))
	require.NoError(t, err)
	require.Zero(t, n, "another user's are another's")
}

// TestExpiry: steps go after seven days and unused memories when they have
// faded; pins stay, and each that goes leaves a record without its content.
func TestExpiry(t *testing.T) {
	k := openKeeping(t)
	now := time.Now()
	week, faded := now.Add(-memory.ShortTermAge-time.Minute), now.Add(-6*memory.HalfLife)
	stay := []string{
		k.put(t, "a young step", memory.Working, nil, ""),
		k.put(t, "a pinned step", memory.Working, nil, "created_at = $1, pinned = true", week),
		k.put(t, "long unused and pinned", memory.LongTerm, nil, "accessed_at = $1, pinned = true", faded),
		k.put(t, "unused for five half-lives", memory.LongTerm, nil, "accessed_at = $1", now.Add(-5*memory.HalfLife)),
	}
	gone := []string{
		k.put(t, "an old step about Xenotime", memory.Working, nil, "created_at = $1", week),
		k.put(t, "faded about Xenotime", memory.LongTerm, nil, "accessed_at = $1", faded),
	}
	n, err := k.s.Expire(t.Context(), "u1", now)
	require.NoError(t, err)
	require.Equal(t, len(gone), n)
	left := k.types(t)
	require.Len(t, left, len(stay))
	for _, id := range stay {
		require.Contains(t, left, id)
	}
	var noted int
	require.NoError(t, k.conn.QueryRow(t.Context(), `SELECT count(*) FROM forgotten_memories WHERE id = ANY($1) AND reason = 'aged'`, gone).Scan(&noted))
	require.Equal(t, len(gone), noted)
	n, err = k.s.Expire(t.Context(), "u1", now)
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestTwins merges near duplicates of one kin, in batches that can be cut off.
func TestTwins(t *testing.T) {
	k := openKeeping(t)
	ctx := t.Context()
	same, near, far := []float32{1, 0, 0}, []float32{1, 0.1, 0}, []float32{0, 1, 0}
	old := k.put(t, "MgO is stable", memory.LongTerm, same, "uses = 2")
	newer := k.put(t, "MgO is a stable oxide", memory.ShortTerm, near, "")
	pinned := k.put(t, "MgO is stable, they say", memory.ShortTerm, same, "pinned = true")
	other := k.put(t, "CaO is stable", memory.ShortTerm, same, "")
	unlike := k.put(t, "MgO melts late", memory.ShortTerm, far, "")
	step := k.put(t, "MgO is stable so far", memory.Working, same, "")
	blind := k.put(t, "MgO is stable without a vector", memory.ShortTerm, nil, "")

	merged := [][]string{}
	for {
		groups, compared, err := k.s.Twins(ctx, "u1", memory.TwinSimilarity, 2)
		require.NoError(t, err)
		again, _, err := k.s.Twins(ctx, "u1", memory.TwinSimilarity, 2)
		require.NoError(t, err)
		require.Equal(t, len(groups), len(again), "what was not noted as compared comes again")
		if len(groups)+len(compared) == 0 {
			break
		}
		for _, g := range groups {
			ids := []string{}
			for _, m := range g {
				ids = append(ids, m.ID)
			}
			merged = append(merged, ids)
			require.NoError(t, k.s.Merge(ctx, "u1", g[0].ID, g[1:]))
			require.NoError(t, k.s.Merge(ctx, "u1", g[0].ID, g[1:]), "a second attempt finds it done")
		}
		require.NoError(t, k.s.Compared(ctx, "u1", compared))
	}
	require.Equal(t, [][]string{{pinned, newer, old}}, merged)
	left := k.types(t)
	require.Len(t, left, 5)
	for _, id := range []string{pinned, other, unlike, step, blind} {
		require.Contains(t, left, id)
	}
	require.Equal(t, memory.LongTerm, left[pinned], "what it stands for was long-term")
	m, err := k.s.Get(ctx, "u1", pinned)
	require.NoError(t, err)
	require.Equal(t, 2, m.Uses)
	require.Contains(t, string(m.Metadata), old)
	require.Contains(t, string(m.Metadata), newer)
	events, err := k.db.After(ctx, "u1", k.session, "", 0, 100)
	require.NoError(t, err)
	n := 0
	for _, e := range events {
		if e.Type == event.TypeMemoryConsolidate {
			n++
		}
	}
	require.Equal(t, 1, n, "announced once")

	k.put(t, "MgO is stable, again", memory.ShortTerm, same, "")
	groups, compared, err := k.s.Twins(ctx, "u1", memory.TwinSimilarity, 10)
	require.NoError(t, err)
	require.Len(t, compared, 1, "only what is new is compared")
	require.Len(t, groups, 1)
	require.Equal(t, pinned, groups[0][0].ID)
	groups, compared, err = k.s.Twins(ctx, "u2", memory.TwinSimilarity, 10)
	require.NoError(t, err)
	require.Empty(t, groups)
	require.Empty(t, compared)
}

// TestTwinsOfManyAlike: hundreds of one kin, all alike, end as one. Every batch
// is bounded: each memory looks at its nearest few.
func TestTwinsOfManyAlike(t *testing.T) {
	k := openKeeping(t)
	ctx := t.Context()
	for i := range 300 {
		k.put(t, fmt.Sprintf("the user prefers oxides, note %d", i), memory.ShortTerm, []float32{1, float32(i) / 10000, 0}, "")
	}
	rounds := 0
	for ; ; rounds++ {
		groups, compared, err := k.s.Twins(ctx, "u1", memory.TwinSimilarity, 100)
		require.NoError(t, err)
		if len(groups)+len(compared) == 0 {
			break
		}
		for _, g := range groups {
			require.NoError(t, k.s.Merge(ctx, "u1", g[0].ID, g[1:]))
		}
		require.NoError(t, k.s.Compared(ctx, "u1", compared))
	}
	require.Less(t, rounds, 20)
	require.Len(t, k.types(t), 1)
}
