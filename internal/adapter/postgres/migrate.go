package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock under which schema changes are made.
const migrationLock = 0x6372797374616c // "crystal"

// Migrate brings the schema to this binary's version. Several may run at once:
// one works, the others wait and find it done. A database newer than the binary
// is refused.
func Migrate(ctx context.Context, dsn string) (from, to int, err error) {
	d, err := Open(ctx, dsn)
	if err != nil {
		return 0, 0, err
	}
	defer d.Close()
	files, err := migrationFiles()
	if err != nil {
		return 0, 0, err
	}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return 0, 0, wrap(err)
	}
	defer conn.Release()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return err
		}
		from, to, err = apply(ctx, tx, files)
		return err
	})
	return from, to, wrap(err)
}

type migration struct {
	version int
	name    string
	sql     string
}

func migrationFiles() ([]migration, error) {
	entries, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	out := make([]migration, 0, len(entries))
	for i, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		v, err := strconv.Atoi(number)
		if err != nil || v != i+1 {
			return nil, fmt.Errorf("migration %s: numbers must run from 0001 without gaps", e.Name())
		}
		sql, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, migration{v, e.Name(), string(sql)})
	}
	return out, nil
}

func apply(ctx context.Context, tx pgx.Tx, files []migration) (from, to int, err error) {
	const table = `CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`
	if _, err := tx.Exec(ctx, table); err != nil {
		return 0, 0, err
	}
	if err := tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&from); err != nil {
		return 0, 0, err
	}
	if from > len(files) {
		return from, from, fault.New(fault.CodeConflict, "the database has schema version %d; this crystalyse knows only %d", from, len(files)).
			WithHint("use the newer crystalyse that made it")
	}
	for _, m := range files[from:] {
		if _, err := tx.Exec(ctx, m.sql); err != nil {
			return from, from, fmt.Errorf("migration %s: %w", m.name, err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO schema_version (version, name) VALUES ($1, $2)", m.version, m.name); err != nil {
			return from, from, err
		}
	}
	return from, len(files), nil
}
