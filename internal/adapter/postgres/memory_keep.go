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

// Expire forgets what is over.
func (s *memories) Expire(ctx context.Context, userID string, now time.Time) (int, error) {
	n := 0
	err := s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		if err := lockMemories(ctx, tx, userID); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id FROM memories WHERE user_id = $1 AND NOT pinned AND (
			(type = 'working' AND created_at < $2) OR
			relevance_score * exp(-ln(2) * extract(epoch FROM $3::timestamptz - accessed_at) / $4) < $5) ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED`,
			userID, now.Add(-memory.ShortTermAge), now, memory.HalfLife.Seconds(), memory.Faded)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) == 0 {
			return err
		}
		list, err := forget(ctx, tx, userID, ids, "aged", "")
		n = len(list)
		return err
	})
	return n, err
}
