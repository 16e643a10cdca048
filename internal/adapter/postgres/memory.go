package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/memory"
)

// memories is the store of memories: a view of the pool with what searches keep
// between them.
type memories struct {
	*DB
	words *wordStats
	sizes *sizes
}

var (
	_ memory.Store   = (*memories)(nil)
	_ memory.Backlog = (*memories)(nil)
)

// Memories keeps and searches memories.
func (d *DB) Memories() interface {
	memory.Store
	memory.Backlog
	memory.Keeper
} {
	return &memories{DB: d, words: &wordStats{}, sizes: &sizes{known: map[string]size{}}}
}

const memoryColumns = `id, user_id, session_id, discovery_id, source, type, content, context, metadata, pinned, uses, embedding_model, relevance_score, created_at, accessed_at`

func scanMemory(row pgx.CollectableRow) (memory.Memory, error) {
	var m memory.Memory
	var about []byte
	err := row.Scan(&m.ID, &m.UserID, &m.SessionID, &m.DiscoveryID, &m.Source, &m.Type, &m.Content, &about, &m.Metadata,
		&m.Pinned, &m.Uses, &m.EmbeddingModel, &m.Relevance, &m.CreatedAt, &m.AccessedAt)
	if err != nil {
		return m, err
	}
	m.Relevance = memory.Decayed(m.Relevance, m.Pinned, m.AccessedAt, time.Now())
	return m, json.Unmarshal(about, &m.Context)
}

// memoryScope is where the events of a memory are made: outside of steps.
func memoryScope(m memory.Memory, what string) event.Scope {
	return event.Scope{SessionID: m.SessionID, DiscoveryID: m.DiscoveryID, UserID: m.UserID, Mode: "creative", Step: event.Outside("memory." + what + "." + m.ID)}
}

func announceMemory(ctx context.Context, q *db.Queries, m memory.Memory, what string, p event.Payload) error {
	s := memoryScope(m, what)
	e, err := s.New(p)
	if err != nil {
		return err
	}
	return appendEvents(ctx, q, s, []event.Event{e})
}

// Write stores a draft once per source.
func (s *memories) Write(ctx context.Context, userID string, d memory.Draft) (m memory.Memory, created bool, err error) {
	if d, err = d.Normalize(); err != nil {
		return m, false, err
	}
	if d.Source == "" {
		d.Source = "user/" + id.New()
	}
	err = s.inTx(ctx, func(tx pgx.Tx, q *db.Queries) error {
		created = false
		if _, err := one2(q.GetSession(ctx, db.GetSessionParams{ID: d.SessionID, UserID: userID}))("session", d.SessionID); err != nil {
			return err
		}
		if err := lockMemories(ctx, tx, userID); err != nil {
			return err
		}
		if m, err = writeMemory(ctx, tx, userID, d); err != nil || m.ID == "" {
			if err == nil {
				m, err = bySource(ctx, tx, userID, d.Source)
			}
			return err
		}
		created = true
		if d.Digests {
			return s.digested(ctx, tx, q, m)
		}
		return announceMemory(ctx, q, m, "write", event.MemoryWrite{MemoryID: m.ID, MemoryType: string(m.Type), Content: memory.Mark(m.ID)})
	})
	return m, created, err
}

// digested announces the memory of a discovery, and puts it in the place of the
// digest that an earlier end of the discovery left.
func (s *memories) digested(ctx context.Context, tx pgx.Tx, q *db.Queries, m memory.Memory) error {
	rows, err := tx.Query(ctx, `SELECT id, source LIKE 'discovery/%' FROM memories WHERE user_id = $1 AND discovery_id = $2 AND id <> $3
		AND (type = 'working' OR source LIKE 'discovery/%') ORDER BY id`, m.UserID, m.DiscoveryID, m.ID)
	if err != nil {
		return err
	}
	var old, from []string
	var mid string
	var digest bool
	if _, err := pgx.ForEachRow(rows, []any{&mid, &digest}, func() error {
		if digest {
			old = append(old, mid)
		} else {
			from = append(from, mid)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(old) > 0 {
		list, err := forget(ctx, tx, m.UserID, old, "superseded", m.ID)
		if err != nil {
			return err
		}
		if err := inherit(ctx, tx, m.UserID, m.ID, list); err != nil {
			return err
		}
	}
	if err := announceMemory(ctx, q, m, "write", event.MemoryWrite{MemoryID: m.ID, MemoryType: string(m.Type), Content: memory.Mark(m.ID)}); err != nil {
		return err
	}
	return announceMemory(ctx, q, m, "consolidate", event.MemoryConsolidate{MemoryID: m.ID, MergedIDs: from})
}

func writeMemory(ctx context.Context, tx pgx.Tx, userID string, d memory.Draft) (memory.Memory, error) {
	about, err := json.Marshal(d.Context)
	if err != nil {
		return memory.Memory{}, err
	}
	rows, err := tx.Query(ctx, `INSERT INTO memories (id, user_id, session_id, discovery_id, source, type, content, context, metadata, formulas, elements, pinned, spoken, search)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14::text[], `+searchOf("$7", "$13")+`
		WHERE NOT EXISTS (SELECT 1 FROM forgotten_memories WHERE user_id = $2 AND source = $5)
		ON CONFLICT (user_id, source) DO NOTHING RETURNING `+memoryColumns,
		id.New(), userID, d.SessionID, d.DiscoveryID, d.Source, d.Type, d.Content, about, d.Metadata, notNil(d.Context.Formulas), notNil(d.Context.Elements), d.Pinned, memory.Words(d.Context), spoken(d))
	if err != nil {
		return memory.Memory{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMemory)
	if errors.Is(err, pgx.ErrNoRows) {
		return memory.Memory{}, nil
	}
	return m, err
}

// spoken gives the words that somebody put into a draft, as against what sums up a
// step or a discovery.
func spoken(d memory.Draft) []string {
	if strings.HasPrefix(d.Source, "user/") || strings.Contains(d.Source, "/save/") {
		return []string{d.Content}
	}
	return []string{}
}

// searchOf is the text search vector of a content and its further words.
func searchOf(content, words string) string {
	return "to_tsvector('english', " + content + ") || array_to_tsvector(" + words + "::text[])"
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func bySource(ctx context.Context, tx pgx.Tx, userID, source string) (memory.Memory, error) {
	rows, err := tx.Query(ctx, `SELECT `+memoryColumns+` FROM memories WHERE user_id = $1 AND source = $2`, userID, source)
	if err != nil {
		return memory.Memory{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMemory)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, fault.New(fault.CodeConflict, "the memory of this source was forgotten")
	}
	return m, err
}

// Get gives a memory of the user.
func (s *memories) Get(ctx context.Context, userID, mid string) (memory.Memory, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+memoryColumns+` FROM memories WHERE id = $1 AND user_id = $2`, mid, userID)
	if err != nil {
		return memory.Memory{}, wrap(err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMemory)
	return one(m, err, "memory", mid)
}

// List gives the newest first.
func (s *memories) List(ctx context.Context, userID string, f memory.Filter, before string, limit int) ([]memory.Memory, error) {
	c := conditions{}
	c.user(userID, f)
	if before != "" {
		c.add("id < %s", before)
	}
	rows, err := s.pool.Query(ctx, `SELECT `+memoryColumns+` FROM memories WHERE `+c.where()+fmt.Sprintf(` ORDER BY id DESC LIMIT %d`, limit), c.args...)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := pgx.CollectRows(rows, scanMemory)
	return list, wrap(err)
}

// OfDiscoveries gives the memories that stand for discoveries.
func (s *memories) OfDiscoveries(ctx context.Context, userID string, dids []string) ([]string, error) {
	if len(dids) == 0 {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT id FROM memories m WHERE user_id = $1 AND discovery_id = ANY($2) AND (type <> 'working' OR NOT EXISTS (
		SELECT 1 FROM memories c WHERE c.user_id = $1 AND c.discovery_id = m.discovery_id AND c.type <> 'working')) ORDER BY id`, userID, dids)
	if err != nil {
		return nil, wrap(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, wrap(err)
}

// Note announces in a session what was done with memories.
func (s *memories) Note(ctx context.Context, userID, sessionID string, p event.Payload) error {
	sc := event.Scope{SessionID: sessionID, UserID: userID, Mode: "creative", Step: event.Outside("memory." + id.New())}
	e, err := sc.New(p)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(_ pgx.Tx, q *db.Queries) error {
		if _, err := one2(q.GetSession(ctx, db.GetSessionParams{ID: sessionID, UserID: userID}))("session", sessionID); err != nil {
			return err
		}
		return appendEvents(ctx, q, sc, []event.Event{e})
	})
}

// Counts gives the number of memories of each type.
func (s *memories) Counts(ctx context.Context, userID string) (map[memory.Type]int, error) {
	out := map[memory.Type]int{}
	for _, t := range memory.Types {
		out[t] = 0
	}
	rows, err := s.pool.Query(ctx, `SELECT type, count(*) FROM memories WHERE user_id = $1 GROUP BY type`, userID)
	if err != nil {
		return nil, wrap(err)
	}
	var t memory.Type
	var n int
	_, err = pgx.ForEachRow(rows, []any{&t, &n}, func() error { out[t] = n; return nil })
	return out, wrap(err)
}

// Contents gives the contents of the memories that there are.
func (s *memories) Contents(ctx context.Context, userID string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT id, content FROM memories WHERE user_id = $1 AND id = ANY($2)`, userID, ids)
	if err != nil {
		return nil, wrap(err)
	}
	var mid, content string
	_, err = pgx.ForEachRow(rows, []any{&mid, &content}, func() error { out[mid] = content; return nil })
	return out, wrap(err)
}

// Used refreshes what was read.
func (s *memories) Used(ctx context.Context, userID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.pool.Exec(ctx, `UPDATE memories SET uses = uses + 1, accessed_at = now(),
		relevance_score = least(1, relevance_score * exp(-ln(2) * extract(epoch FROM now() - accessed_at) / $3) + 0.25)
		WHERE user_id = $1 AND id = ANY($2)`, userID, ids, memory.HalfLife.Seconds())
	return wrap(err)
}
