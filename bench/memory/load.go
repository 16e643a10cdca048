package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/memory"
)

// load puts the memories of three users into the table: 60, 30 and 10 %.
func load(ctx context.Context, conn *pgx.Conn, vectors [][]float32) error {
	for _, sql := range []string{
		`SET statement_timeout = 0`, `SET maintenance_work_mem = '1GB'`,
		`INSERT INTO users (id) VALUES ('a'), ('b'), ('c')`,
		`INSERT INTO sessions (id, user_id, title) SELECT 's' || lpad(n::text, 25, '0'), CASE WHEN n <= 60 THEN 'a' WHEN n <= 90 THEN 'b' ELSE 'c' END, '' FROM generate_series(1, 100) n`,
		`CREATE TEMP TABLE raw (n bigint, content text, type text, formulas text[], elements text[], words text[], embedding vector)`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	types := []memory.Type{memory.Working, memory.LongTerm, memory.ShortTerm, memory.LongTerm}
	for at := 0; at < len(vectors); at += 1000 {
		b := &pgx.Batch{}
		for i := at; i < min(at+1000, len(vectors)); i++ {
			d, err := memory.Draft{Content: sentence(i), Type: types[i/100%len(types)]}.Normalize()
			if err != nil {
				return err
			}
			b.Queue(`INSERT INTO raw VALUES ($1, $2, $3, $4, $5, $6, $7)`, i, d.Content, d.Type, append([]string{}, d.Context.Formulas...), append([]string{}, d.Context.Elements...), memory.Words(d.Context), pgvector.NewVector(vectors[i]))
		}
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`INSERT INTO memories (id, user_id, session_id, source, type, content, formulas, elements, context, embedding, embedding_model, search)
		SELECT lpad(n::text, 26, '0'), CASE WHEN n % 100 < 60 THEN 'a' WHEN n % 100 < 90 THEN 'b' ELSE 'c' END, 's' || lpad((n % 100 + 1)::text, 25, '0'), n::text,
			type, content, formulas, elements, jsonb_build_object('formulas', to_jsonb(formulas)), embedding, '` + model + `', to_tsvector('english', content) || array_to_tsvector(words) FROM raw`,
		`DROP TABLE raw`, `VACUUM ANALYZE memories`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// graph makes the index that plain pgvector is measured with.
func graph(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	began := time.Now()
	_, err := conn.Exec(ctx, fmt.Sprintf(`CREATE INDEX plain ON memories USING hnsw ((embedding::vector(%d)) vector_cosine_ops)`, width))
	return time.Since(began), err
}
