package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/discovery"
)

var _ discovery.Said = said{}

type said struct{ d *DB }

// Said gives what is said to runs.
func (d *DB) Said() discovery.Said { return said{d} }

func (s said) Keep(ctx context.Context, discoveryID, id, words string) error {
	_, err := s.d.pool.Exec(ctx, `INSERT INTO said (discovery_id, id, words) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, discoveryID, id, words)
	return wrap(err)
}

func (s said) Words(ctx context.Context, discoveryID string, ids []string) (map[string]string, error) {
	rows, err := s.d.pool.Query(ctx, `SELECT id, words FROM said WHERE discovery_id = $1 AND id = ANY ($2)`, discoveryID, ids)
	if err != nil {
		return nil, wrap(err)
	}
	out := map[string]string{}
	var id, words string
	_, err = pgx.ForEachRow(rows, []any{&id, &words}, func() error { out[id] = words; return nil })
	return out, wrap(err)
}
