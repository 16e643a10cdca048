package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
)

// TestSearchFilters: by session, layer, formula, elements and time, whether words,
// a vector or both find it; what another model embedded is not near anything.
func TestSearchFilters(t *testing.T) {
	k := openKeeping(t)
	near := []float32{1, 0.1}
	other := ask(t, k.db, "u1", "", "else").SessionID
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	names := map[string]string{
		k.put(t, "the phase NaFeO2 is layered", memory.LongTerm, near, "created_at = $1", day):                            "old",
		k.put(t, "the phase NaCoO2 is layered", memory.ShortTerm, near, "created_at = $1", day.Add(24*time.Hour)):         "new",
		k.put(t, "the phase MgO is cubic", memory.Working, near, "created_at = $1, session_id = $2", day, other):          "elsewhere",
		k.put(t, "the phase LiFePO4 is an olivine", memory.LongTerm, near, "embedding_model = 'n', created_at = $1", day): "of another model",
	}
	v := memory.Vector{Model: "m", Values: near}
	for name, c := range map[string]struct {
		filter memory.Filter
		want   []string
	}{
		"Nothing":       {memory.Filter{}, []string{"old", "new", "elsewhere", "of another model"}},
		"Session":       {memory.Filter{SessionID: other}, []string{"elsewhere"}},
		"Layers":        {memory.Filter{Types: []memory.Type{memory.ShortTerm, memory.Working}}, []string{"new", "elsewhere"}},
		"AnyOfFormulas": {memory.Filter{Formulas: []string{"NaFeO2", "MgO"}}, []string{"old", "elsewhere"}},
		"AllElements":   {memory.Filter{Elements: []string{"Na", "O"}}, []string{"old", "new"}},
		"Since":         {memory.Filter{Since: day.Add(time.Hour)}, []string{"new"}},
		"Until":         {memory.Filter{Until: day.Add(time.Hour), Elements: []string{"Na"}}, []string{"old"}},
	} {
		for way, v := range map[string]memory.Vector{"words": {}, "both": v} {
			hits, err := k.s.Search(t.Context(), "u1", memory.Query{Text: "phase", Limit: 10, Filter: c.filter}, v)
			require.NoError(t, err, name)
			got := make([]string, len(hits))
			for i, h := range hits {
				got[i] = names[h.ID]
				require.Equal(t, way == "both" && got[i] != "of another model", h.Similarity > 0, "%s %s", name, got[i])
			}
			require.ElementsMatch(t, c.want, got, "%s by %s", name, way)
		}
		hits, err := k.s.Search(t.Context(), "u1", memory.Query{Text: "qqqq", Limit: 10, Filter: c.filter}, v)
		require.NoError(t, err, name)
		for _, h := range hits {
			require.Contains(t, c.want, names[h.ID], "%s by vector", name)
			require.NotEqual(t, "of another model", names[h.ID])
		}
	}
}

// TestRelevance: what is not used fades to half in its half-life, a use refreshes
// it, a pin holds it; of two that fit alike the more relevant one comes first.
func TestRelevance(t *testing.T) {
	k := openKeeping(t)
	long := time.Now().Add(-2 * memory.HalfLife)
	fresh := k.put(t, "a phase of YPO4", memory.LongTerm, nil, "")
	faded := k.put(t, "a phase of YPO4", memory.LongTerm, nil, "accessed_at = $1", long)
	pinned := k.put(t, "a phase of YPO4", memory.LongTerm, nil, "accessed_at = $1, pinned = true", long)
	relevance := func(id string) float64 {
		m, err := k.s.Get(t.Context(), "u1", id)
		require.NoError(t, err)
		return m.Relevance
	}
	require.InDelta(t, 1, relevance(fresh), 0.01)
	require.InDelta(t, 0.25, relevance(faded), 0.01)
	require.InDelta(t, 1, relevance(pinned), 0)
	hits, err := k.s.Search(t.Context(), "u1", memory.Query{Text: "phase of YPO4", Limit: 10}, memory.Vector{})
	require.NoError(t, err)
	require.Len(t, hits, 3)
	require.Equal(t, faded, hits[2].ID, "the faded one comes last")

	require.NoError(t, k.s.Used(t.Context(), "u1", []string{faded}))
	require.InDelta(t, 0.5, relevance(faded), 0.01)
	require.NoError(t, k.s.Used(t.Context(), "u2", []string{faded}))
	require.InDelta(t, 0.5, relevance(faded), 0.01, "a stranger's use is none")
	for range 3 {
		require.NoError(t, k.s.Used(t.Context(), "u1", []string{faded}))
	}
	require.InDelta(t, 1, relevance(faded), 0.01, "it is never more than whole")
}
