package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// Edit changes a memory. A new content loses its vector until it is embedded
// again, and its words at once.
func (s *memories) Edit(ctx context.Context, userID, mid string, p memory.Patch) (memory.Memory, error) {
	m, err := s.Get(ctx, userID, mid)
	if err != nil {
		return m, err
	}
	d := memory.Draft{Type: m.Type, Content: m.Content, Context: m.Context, Metadata: m.Metadata, Pinned: m.Pinned}
	if p.Content != nil && *p.Content != m.Content {
		// Formulas of the old text do not speak for the new one.
		d.Content, d.Context.Formulas, d.Context.Elements = *p.Content, nil, nil
	}
	if p.Type != nil {
		d.Type = *p.Type
	}
	if p.Pinned != nil {
		d.Pinned = *p.Pinned
	}
	if p.Metadata != nil {
		d.Metadata = *p.Metadata
	}
	if d, err = d.Normalize(); err != nil {
		return m, err
	}
	about, err := json.Marshal(d.Context)
	if err != nil {
		return m, err
	}
	rows, err := s.pool.Query(ctx, `UPDATE memories SET type = $3, content = $4, context = $5, metadata = $6, formulas = $7, elements = $8, pinned = $9,
		embedding = CASE WHEN content = $4 THEN embedding END, embedding_model = CASE WHEN content = $4 THEN embedding_model ELSE '' END,
		spoken = CASE WHEN content = $4 THEN spoken ELSE array_append(spoken, $4) END, search = `+searchOf("$4", "$10")+` WHERE id = $1 AND user_id = $2 RETURNING `+memoryColumns,
		mid, userID, d.Type, d.Content, about, d.Metadata, notNil(d.Context.Formulas), notNil(d.Context.Elements), d.Pinned, memory.Words(d.Context))
	if err != nil {
		return m, wrap(err)
	}
	m, err = pgx.CollectExactlyOneRow(rows, scanMemory)
	return one(m, err, "memory", mid)
}

// Forget removes a memory.
func (s *memories) Forget(ctx context.Context, userID, mid, reason string) error {
	return s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		if err := lockMemories(ctx, tx, userID); err != nil {
			return err
		}
		list, err := forget(ctx, tx, userID, []string{mid}, reason, "")
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.NotFound("memory", mid)
		}
		return scrub(ctx, tx, userID, list)
	})
}

// lockMemories makes writers and forgetters of a user wait for each other, so that
// nothing forgotten is written again by an attempt that looked before.
func lockMemories(ctx context.Context, tx pgx.Tx, userID string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('memories ' || $1, 0))`, userID)
	return err
}

// forget deletes rows (their vectors and words with them; all of a user's when
// ids is nil) and records that.
func forget(ctx context.Context, tx pgx.Tx, userID string, ids []string, reason, into string) ([]gone, error) {
	rows, err := tx.Query(ctx, `WITH gone AS (DELETE FROM memories WHERE user_id = $1 AND ($2::text[] IS NULL OR id = ANY($2)) RETURNING id, source, discovery_id, spoken),
		noted AS (INSERT INTO forgotten_memories (id, user_id, source, reason, merged_into) SELECT id, $1, source, $3, $4 FROM gone)
		SELECT source, discovery_id, spoken FROM gone`, userID, ids, reason, into)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (gone, error) {
		var g gone
		return g, row.Scan(&g.source, &g.discoveryID, &g.spoken)
	})
	if err != nil {
		return nil, err
	}
	return list, redact(ctx, tx, list)
}

// inherit gives a memory the words that were put into those it takes the place of:
// who forgets it wants those forgotten, too.
func inherit(ctx context.Context, tx pgx.Tx, userID, mid string, list []gone) error {
	words := spokenOf(list)
	if len(words) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE memories SET spoken = spoken || $3 WHERE user_id = $1 AND id = $2`, userID, mid, words)
	return err
}

// ForgetAll removes everything of a user.
func (s *memories) ForgetAll(ctx context.Context, userID string) (int, error) {
	n := 0
	err := s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		if err := lockMemories(ctx, tx, userID); err != nil {
			return err
		}
		list, err := forget(ctx, tx, userID, nil, "all forgotten by the user", "")
		if err != nil {
			return err
		}
		n = len(list)
		return scrub(ctx, tx, userID, list)
	})
	return n, err
}

// streamLife is longer than a live stream is kept after its last event.
const streamLife = 26 * time.Hour

// Streaming gives the sessions with a discovery that runs, or ended lately.
func (s *memories) Streaming(ctx context.Context, userID string) ([]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT session_id FROM discoveries WHERE user_id = $1 AND (ended_at IS NULL OR ended_at > $2)`, userID, time.Now().Add(-streamLife))
	if err != nil {
		return nil, wrap(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, wrap(err)
}

// conditions collects the WHERE of a statement with its arguments.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) add(format string, v any) {
	c.parts = append(c.parts, fmt.Sprintf(format, c.arg(v)))
}

func (c *conditions) user(userID string, f memory.Filter) {
	c.add("user_id = %s", userID)
	if f.SessionID != "" {
		c.add("session_id = %s", f.SessionID)
	}
	if len(f.Types) > 0 {
		c.add("type = ANY(%s)", f.Types)
	}
	if len(f.Formulas) > 0 {
		c.add("formulas && %s", f.Formulas)
	}
	if len(f.Elements) > 0 {
		c.add("elements @> %s", f.Elements)
	}
	if !f.Since.IsZero() {
		c.add("created_at >= %s", f.Since)
	}
	if !f.Until.IsZero() {
		c.add("created_at < %s", f.Until)
	}
}

func (c *conditions) where() string { return strings.Join(c.parts, " AND ") }

// key names the filter, for what is remembered of it.
func (c *conditions) key() string { return fmt.Sprint(c.parts, c.args) }
