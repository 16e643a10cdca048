package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/memory"
)

// Users gives the users with memories.
func (s *memories) Users(ctx context.Context, after string, limit int) ([]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT user_id FROM memories WHERE user_id > $1 ORDER BY user_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, wrap(err)
}

// Undigested gives closed discoveries that left no short-term memory yet, and
// whose memory was not forgotten either.
func (s *memories) Undigested(ctx context.Context, userID string, limit int) ([]memory.Closed, error) {
	rows, err := s.pool.Query(ctx, `SELECT user_id, session_id, id, report_id FROM discoveries d
		WHERE ended_at IS NOT NULL AND report IS NOT NULL AND ($1 = '' OR user_id = $1)
		AND NOT EXISTS (SELECT 1 FROM memories m WHERE m.user_id = d.user_id AND m.source = 'discovery/' || d.id || '/' || d.report_id)
		AND NOT EXISTS (SELECT 1 FROM forgotten_memories f WHERE f.user_id = d.user_id AND f.source = 'discovery/' || d.id || '/' || d.report_id)
		ORDER BY id LIMIT $2`, userID, limit)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (memory.Closed, error) {
		var c memory.Closed
		return c, row.Scan(&c.UserID, &c.SessionID, &c.DiscoveryID, &c.ReportID)
	})
	return list, wrap(err)
}

// Promote makes long-term what has proven itself.
func (s *memories) Promote(ctx context.Context, userID string, now time.Time) (int, error) {
	tag, err := s.pool.Exec(ctx, `UPDATE memories SET type = 'long_term' WHERE user_id = $1 AND type = 'short_term'
		AND (pinned OR uses >= $2 OR created_at < $3)`, userID, memory.OftenUsed, now.Add(-memory.ShortTermAge))
	return int(tag.RowsAffected()), wrap(err)
}

// Twins gives pairs of near duplicates as groups round the one to keep: pinned
// before not, then the newest.
func (s *memories) Twins(ctx context.Context, userID string, similarity float64, limit int) ([][]memory.Memory, error) {
	rows, err := s.pool.Query(ctx, `SELECT a.id, b.id FROM memories a JOIN memories b ON b.user_id = a.user_id AND b.embedding_model = a.embedding_model
			AND b.formulas = a.formulas AND a.context->'potentials' IS NOT DISTINCT FROM b.context->'potentials' AND a.context->'outcome' IS NOT DISTINCT FROM b.context->'outcome'
			AND (a.pinned, a.id) > (b.pinned, b.id) AND NOT b.pinned
		WHERE a.user_id = $1 AND a.embedding_model <> '' AND a.type IN ('short_term', 'long_term') AND b.type IN ('short_term', 'long_term')
			AND 1 - (a.embedding <=> b.embedding) >= $2
		ORDER BY a.pinned DESC, a.id DESC LIMIT $3`, userID, similarity, limit)
	if err != nil {
		return nil, wrap(err)
	}
	order, groups, taken := []string{}, map[string][]string{}, map[string]bool{}
	var keep, gone string
	if _, err := pgx.ForEachRow(rows, []any{&keep, &gone}, func() error {
		if taken[keep] || taken[gone] {
			return nil // its own twin is kept already
		}
		if groups[keep] == nil {
			order = append(order, keep)
		}
		groups[keep], taken[gone] = append(groups[keep], gone), true
		return nil
	}); err != nil {
		return nil, wrap(err)
	}
	out := make([][]memory.Memory, 0, len(order))
	for _, k := range order {
		group := []memory.Memory{}
		for _, mid := range append([]string{k}, groups[k]...) {
			m, err := s.Get(ctx, userID, mid)
			if err != nil {
				return nil, err
			}
			group = append(group, m)
		}
		out = append(out, group)
	}
	return out, nil
}

// Expire forgets what is over.
func (s *memories) Expire(ctx context.Context, userID string, now time.Time) (int, error) {
	n := int64(0)
	err := s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		rows, err := tx.Query(ctx, `SELECT id FROM memories WHERE user_id = $1 AND NOT pinned AND (
			(type = 'working' AND created_at < $2) OR
			relevance_score * exp(-ln(2) * extract(epoch FROM $3::timestamptz - accessed_at) / $4) < $5) FOR UPDATE SKIP LOCKED LIMIT 1000`,
			userID, now.Add(-memory.ShortTermAge), now, memory.HalfLife.Seconds(), memory.Faded)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) == 0 {
			return err
		}
		n, err = forget(ctx, tx, userID, ids, "aged", "")
		return err
	})
	return int(n), err
}
