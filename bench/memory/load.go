package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/memory"
)

// load puts the memories of three users into the table and builds its vector
// index as the migration has it.
func load(ctx context.Context, conn *pgx.Conn, vectors [][]float32) (time.Duration, error) {
	var index string
	if err := conn.QueryRow(ctx, `SELECT indexdef FROM pg_indexes WHERE indexname = 'memories_minilm'`).Scan(&index); err != nil {
		return 0, err
	}
	for _, sql := range []string{
		`DROP INDEX memories_minilm`, `SET statement_timeout = 0`, `SET maintenance_work_mem = '1GB'`,
		`INSERT INTO users (id) VALUES ('a'), ('b'), ('c')`,
		`INSERT INTO sessions (id, user_id, title) SELECT 's' || lpad(n::text, 25, '0'), CASE WHEN n <= 60 THEN 'a' WHEN n <= 90 THEN 'b' ELSE 'c' END, '' FROM generate_series(1, 100) n`,
		`CREATE TEMP TABLE raw (n bigint, content text, type text, formulas text[], elements text[], words text[], embedding vector)`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return 0, fmt.Errorf("%s: %w", sql, err)
		}
	}
	types := []memory.Type{memory.Working, memory.LongTerm, memory.ShortTerm, memory.LongTerm}
	for at := 0; at < len(vectors); at += 1000 {
		b := &pgx.Batch{}
		for i := at; i < min(at+1000, len(vectors)); i++ {
			d, err := memory.Draft{Content: sentence(i), Type: types[i/100%len(types)]}.Normalize()
			if err != nil {
				return 0, err
			}
			b.Queue(`INSERT INTO raw VALUES ($1, $2, $3, $4, $5, $6, $7)`, i, d.Content, d.Type, append([]string{}, d.Context.Formulas...), append([]string{}, d.Context.Elements...), memory.Words(d.Context), pgvector.NewVector(vectors[i]))
		}
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return 0, err
		}
	}
	_, err := conn.Exec(ctx, `INSERT INTO memories (id, user_id, session_id, source, type, content, formulas, elements, embedding, embedding_model, search)
		SELECT lpad(n::text, 26, '0'), CASE WHEN n % 100 < 60 THEN 'a' WHEN n % 100 < 90 THEN 'b' ELSE 'c' END, 's' || lpad((n % 100 + 1)::text, 25, '0'), n::text,
			type, content, formulas, elements, embedding, '`+model+`', to_tsvector('english', content) || array_to_tsvector(words) FROM raw`)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = conn.Exec(ctx, index)
	took := time.Since(began)
	if err == nil {
		_, err = conn.Exec(ctx, `VACUUM ANALYZE memories`)
	}
	return took, errors.Join(err)
}
