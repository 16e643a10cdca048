package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// Unembedded gives memories whose vector is missing or, with others, of another
// model.
func (s *memories) Unembedded(ctx context.Context, model string, others bool, limit int) ([]memory.Pending, error) {
	where := "embedding_model = '' AND $1 <> ''"
	if others {
		where = "embedding_model < $1 OR embedding_model > $1"
	}
	rows, err := s.pool.Query(ctx, `SELECT id, content FROM memories WHERE `+where+` ORDER BY id LIMIT $2`, model, limit)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (memory.Pending, error) {
		var p memory.Pending
		return p, row.Scan(&p.ID, &p.Content)
	})
	return list, wrap(err)
}

// SetEmbeddings stores vectors of contents that are still the same.
func (s *memories) SetEmbeddings(ctx context.Context, model string, vectors []memory.Embedded) error {
	return s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		b := &pgx.Batch{}
		for _, v := range vectors {
			b.Queue(`UPDATE memories SET embedding = $3, embedding_model = $4 WHERE id = $1 AND content = $2`, v.ID, v.Content, pgvector.NewVector(v.Vector), model)
		}
		return tx.SendBatch(ctx, b).Close()
	})
}

var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$`)

// maxWidth is the widest vector that an HNSW index takes.
const maxWidth = 2000

// PrepareModel makes the partial index of a model that has none.
func (s *memories) PrepareModel(ctx context.Context, model string, width int) error {
	if !modelName.MatchString(model) {
		return fault.Invalid("CRYSTALYSE_EMBEDDING_MODEL", "%q is no name of a model", model)
	}
	if width < 1 || width > maxWidth {
		return nil // searched exactly
	}
	var known bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'memories'
		AND position('hnsw' in indexdef) > 0 AND position('= ' || quote_literal($1::text) in indexdef) > 0)`, model).Scan(&known)
	if err != nil || known {
		return wrap(err)
	}
	sum := sha256.Sum256([]byte(model))
	name := "memories_" + hex.EncodeToString(sum[:])[:12]
	return s.inTx(ctx, func(tx pgx.Tx, _ *db.Queries) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`CREATE INDEX IF NOT EXISTS %s ON memories USING hnsw ((embedding::vector(%d)) vector_cosine_ops) WITH (m = 24, ef_construction = 200) WHERE embedding_model = %s`, name, width, quote(model)))
		return err
	})
}

// Embeddings counts memories by the model of their vector.
func (s *memories) Embeddings(ctx context.Context) (map[string]int, error) {
	rows, err := s.pool.Query(ctx, `SELECT embedding_model, count(*) FROM memories GROUP BY 1`)
	if err != nil {
		return nil, wrap(err)
	}
	out := map[string]int{}
	var model string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&model, &n}, func() error { out[model] = n; return nil })
	return out, wrap(err)
}
