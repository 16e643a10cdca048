package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

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
