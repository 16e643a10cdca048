package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/memory"
)

// Ranking by words looks at no more rows than this; common words that would
// bring more are left out when the question has rarer ones.
const (
	maxCandidates = 2000
	maxTerms      = 24
	statsAge      = time.Minute
)

// wordStats is how often the common words are, as the planner's statistics have
// it: it costs nothing to keep.
type wordStats struct {
	mu    sync.Mutex
	at    time.Time
	share map[string]float64
	rows  float64
}

func (w *wordStats) get(ctx context.Context, s *memories) (map[string]float64, float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.at) < statsAge {
		return w.share, w.rows, nil
	}
	share, total := map[string]float64{}, 0.0
	rows, err := s.pool.Query(ctx, `SELECT e.word, f.share FROM pg_stats s, unnest(s.most_common_elems::text::text[]) WITH ORDINALITY e (word, n)
		JOIN unnest(s.most_common_elem_freqs) WITH ORDINALITY f (share, n) USING (n)
		WHERE s.schemaname = current_schema() AND s.tablename = 'memories' AND s.attname = 'search'`)
	if err != nil {
		return nil, 0, err
	}
	var word string
	var f float64
	if _, err := pgx.ForEachRow(rows, []any{&word, &f}, func() error { share[word] = f; return nil }); err != nil {
		return nil, 0, err
	}
	if err := s.pool.QueryRow(ctx, `SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'memories'::regclass`).Scan(&total); err != nil {
		return nil, 0, err
	}
	w.share, w.rows, w.at = share, total, time.Now()
	return share, total, nil
}

// terms are the lexemes of a question worth looking for, rarest first, and
// whether a row needs all of them.
func (s *memories) terms(ctx context.Context, text string) (terms []string, all bool, err error) {
	rows, err := s.pool.Query(ctx, `SELECT lexeme FROM unnest(to_tsvector('english', $1))`, text)
	if err != nil {
		return nil, false, err
	}
	if terms, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, false, err
	}
	terms = append(terms, memory.Asked(text)...)
	slices.Sort(terms)
	terms = slices.Compact(terms)
	share, total, err := s.words.get(ctx, s)
	if err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(terms, func(a, b string) int {
		switch {
		case share[a] < share[b]:
			return -1
		case share[a] > share[b]:
			return 1
		}
		return 0
	})
	terms = terms[:min(len(terms), maxTerms)]
	sum := 0.0
	for i, t := range terms {
		sum += share[t] * total
		if sum > maxCandidates {
			if i > 0 {
				return terms[:i], false, nil
			}
			// Even the rarest is common: only rows with several of them are worth a look.
			return terms[:min(len(terms), 3)], true, nil
		}
	}
	return terms, false, nil
}

// lexeme writes a term as a text search query.
func lexeme(t string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(t, `\`, `\\`), "'", "''") + "'"
}

// byWords ranks by the words of the question that a memory has, rare ones first.
func (s *memories) byWords(ctx context.Context, userID string, q memory.Query, limit int) ([]string, error) {
	terms, all, err := s.terms(ctx, q.Text)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	c := conditions{}
	mask := make([]string, len(terms))
	words := make([]string, len(terms))
	for i, t := range terms {
		words[i] = lexeme(t)
		mask[i] = fmt.Sprintf("((search @@ %s::tsquery)::int << %d)", c.arg(words[i]), i)
	}
	op := " | "
	if all {
		op = " & "
	}
	c.add("search @@ %s::tsquery", strings.Join(words, op))
	c.user(userID, q.Filter)
	rows, err := s.pool.Query(ctx, `SELECT id, `+strings.Join(mask, " | ")+`, length(content) FROM memories WHERE `+c.where()+fmt.Sprintf(` LIMIT %d`, maxCandidates), c.args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (memory.Matched, error) {
		var m memory.Matched
		return m, row.Scan(&m.ID, &m.Mask, &m.Length)
	})
	if err != nil {
		return nil, err
	}
	return memory.RankWords(found, terms, limit), nil
}
