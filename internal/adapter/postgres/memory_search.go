package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/memory"
)

// depth is how many of each ranking are fused; beyond it a place adds nothing.
const depth = 50

// Search ranks by vector and by words and fuses the two.
func (s *memories) Search(ctx context.Context, userID string, q memory.Query, v memory.Vector) ([]memory.Hit, error) {
	var byVector, byWord []string
	var errV, errW error
	var both sync.WaitGroup
	if len(v.Values) > 0 {
		both.Go(func() { byVector, errV = s.nearest(ctx, userID, q.Filter, v, depth) })
	}
	byWord, errW = s.byWords(ctx, userID, q, depth)
	both.Wait()
	if err := cmp.Or(errV, errW); err != nil {
		return nil, wrap(err)
	}
	places := memory.Fuse(byVector, byWord)
	// Relevance may still move a few places, not more.
	ids := make([]string, 0, 2*q.Limit)
	scores := map[string]float64{}
	for _, p := range places[:min(len(places), 2*q.Limit)] {
		ids, scores[p.ID] = append(ids, p.ID), p.Score
	}
	return s.hits(ctx, userID, q, v, ids, scores)
}

func (s *memories) hits(ctx context.Context, userID string, q memory.Query, v memory.Vector, ids []string, scores map[string]float64) ([]memory.Hit, error) {
	if len(ids) == 0 {
		return []memory.Hit{}, nil
	}
	similarity := "0::float8"
	args := []any{userID, ids}
	if len(v.Values) > 0 {
		similarity = fmt.Sprintf("CASE WHEN embedding_model = %s THEN 1 - (embedding::vector(%d) <=> $3) ELSE 0 END", quote(v.Model), len(v.Values))
		args = append(args, pgvector.NewVector(v.Values))
	}
	rows, err := s.pool.Query(ctx, `SELECT `+similarity+`, `+memoryColumns+` FROM memories WHERE user_id = $1 AND id = ANY($2)`, args...)
	if err != nil {
		return nil, wrap(err)
	}
	hits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (memory.Hit, error) {
		var h memory.Hit
		var err error
		h.Memory, err = scanMemory(skipFirst{row, &h.Similarity})
		return h, err
	})
	if err != nil {
		return nil, wrap(err)
	}
	for i := range hits {
		hits[i].Score = memory.Weigh(scores[hits[i].ID], hits[i].Relevance)
	}
	slices.SortFunc(hits, func(a, b memory.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Similarity, a.Similarity), strings.Compare(b.ID, a.ID))
	})
	return hits[:min(len(hits), q.Limit)], nil
}

// skipFirst scans the first column apart from the rest.
type skipFirst struct {
	pgx.CollectableRow
	first *float64
}

// Scan reads the first column and then the others.
func (r skipFirst) Scan(dest ...any) error {
	return r.CollectableRow.Scan(append([]any{r.first}, dest...)...)
}

// quote writes a model's name as a literal: an index is only used when its
// predicate stands in the statement itself.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// nearest ranks by the vector. The index serves filters that keep a tenth of the
// rows or more and many of them; otherwise it would lose some, and reading all
// that is kept costs about as much.
func (s *memories) nearest(ctx context.Context, userID string, f memory.Filter, v memory.Vector, limit int) ([]string, error) {
	c := conditions{}
	c.parts = append(c.parts, "embedding_model = "+quote(v.Model))
	c.user(userID, f)
	narrow, err := s.narrow(ctx, c)
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, nearestSQL(&c, v, limit, narrow), c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// nearestSQL words the search: exactly, or by the index, whose vectors are of
// half precision, so that the order of the best is looked at again.
func nearestSQL(c *conditions, v memory.Vector, limit int, exact bool) string {
	where, at := c.where(), c.arg(pgvector.NewVector(v.Values))
	distance := fmt.Sprintf("embedding::vector(%d) <=> %s", len(v.Values), at)
	if exact {
		return fmt.Sprintf(`SELECT id FROM memories WHERE %s ORDER BY (%s) + 0 LIMIT %d`, where, distance, limit) // no index has this
	}
	return fmt.Sprintf(`WITH near AS MATERIALIZED (SELECT id, %s AS distance FROM memories WHERE %s ORDER BY embedding::halfvec(%[3]d) <=> %[4]s::vector::halfvec(%[3]d) LIMIT %[5]d)
		SELECT id FROM near ORDER BY distance LIMIT %[6]d`, distance, where, len(v.Values), at, limit+limit/2, limit)
}

// Exact search is right below these.
const (
	fewRows    = 20_000
	indexShare = 0.10
	sizeAge    = time.Minute
)

// size is how many rows a filter keeps, as of a moment.
type size struct {
	narrow bool
	at     time.Time
}

type sizes struct {
	mu    sync.Mutex
	known map[string]size
}

// narrow tells whether a filter keeps few rows. It is asked again after a
// minute: a wrong answer costs time or a few of the last places, nothing else.
func (s *memories) narrow(ctx context.Context, c conditions) (bool, error) {
	key := c.key()
	s.sizes.mu.Lock()
	have, ok := s.sizes.known[key]
	if len(s.sizes.known) > 10_000 {
		clear(s.sizes.known)
	}
	s.sizes.mu.Unlock()
	if ok && time.Since(have.at) < sizeAge {
		return have.narrow, nil
	}
	var total float64
	if err := s.pool.QueryRow(ctx, `SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'memories'::regclass`).Scan(&total); err != nil {
		return false, err
	}
	most := max(fewRows, int(total*indexShare))
	var n int
	err := s.pool.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM memories WHERE %s LIMIT %d) few`, c.where(), most), c.args...).Scan(&n)
	if err != nil {
		return false, err
	}
	s.sizes.mu.Lock()
	s.sizes.known[key] = size{narrow: n < most, at: time.Now()}
	s.sizes.mu.Unlock()
	return n < most, nil
}
