package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/adapter/postgres/db"
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
			b.Queue(`DELETE FROM memory_compared WHERE memory_id = $1`, v.ID)
		}
		return tx.SendBatch(ctx, b).Close()
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
