package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/memory"
)

// ArrangeFrom makes lists of models with fewer vectors than the product does.
func ArrangeFrom(ctx context.Context, s memory.Store, many int) error {
	return s.(*memories).arrangeFrom(ctx, many)
}

// Nearest ranks by vector alone, exactly or by the index.
func Nearest(ctx context.Context, s memory.Store, userID string, v memory.Vector, limit int, exact bool) ([]string, error) {
	c := conditions{}
	c.parts = append(c.parts, "embedding_model = "+quote(v.Model))
	c.user(userID, memory.Filter{})
	rows, err := s.(*memories).pool.Query(ctx, nearestSQL(&c, v, limit, exact), c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Traced opens the same database once more, with a tracer that hears each
// statement before it runs.
func (d *DB) Traced(ctx context.Context, tracer pgx.QueryTracer) (*DB, error) {
	cfg := d.pool.Config()
	cfg.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &DB{pool: pool, q: db.New(pool)}, nil
}

// Scrubbed gives the columns from which forgetting takes words.
func Scrubbed() []string {
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.table + "." + p.column
	}
	return out
}

// MigrateTo makes the schema of an earlier version.
func MigrateTo(ctx context.Context, dsn string, version int) error {
	d, err := Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer d.Close()
	files, err := migrationFiles()
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		_, _, err := apply(ctx, tx, files[:version])
		return err
	})
}
