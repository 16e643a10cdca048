// Package postgres keeps everything that must last: sessions, discoveries, the
// transcript ledger, calls with their values and structures, and the durable
// events. Writes of a step are one transaction, fenced by its attempt.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
)

// DB is the connection pool; its methods implement the ports.
type DB struct {
	pool *pgxpool.Pool
	q    *db.Queries

	onCommit func(sessionID string, events []event.Event)
}

var (
	_ discovery.Store     = (*DB)(nil)
	_ discovery.Steps     = (*DB)(nil)
	_ discovery.Turns     = turns{}
	_ discovery.Calls     = (*DB)(nil)
	_ discovery.Lifecycle = lifecycle{}
	_ event.Log           = (*DB)(nil)
	_ session.Store       = sessions{}
	_ structure.Store     = structures{}
)

// The ports whose methods share a name are views of the pool.
type (
	turns      struct{ *DB }
	lifecycle  struct{ *DB }
	sessions   struct{ *DB }
	structures struct{ *DB }
)

// Turns stores language-model turns and the transcript.
func (d *DB) Turns() discovery.Turns { return turns{d} }

// Lifecycle records where a discovery stands.
func (d *DB) Lifecycle() discovery.Lifecycle { return lifecycle{d} }

// Sessions reads sessions.
func (d *DB) Sessions() session.Store { return sessions{d} }

// Structures reads structures.
func (d *DB) Structures() structure.Store { return structures{d} }

const (
	connectTimeout   = 10 * time.Second
	statementTimeout = "30s"
)

// Open connects, with errors that say what to do and never the password.
func Open(ctx context.Context, dsn string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fault.Invalid("DATABASE_URL", "is not a PostgreSQL address").WithHint("write postgres://user:password@host:5432/database")
	}
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = statementTimeout
	cfg.ConnConfig.RuntimeParams["application_name"] = "crystalyse"
	// Searches by vector look wider than the default, and go on where a filter
	// leaves too few.
	cfg.ConnConfig.RuntimeParams["ivfflat.probes"] = VectorProbes
	cfg.ConnConfig.RuntimeParams["ivfflat.iterative_scan"] = "relaxed_order"
	cfg.ConnConfig.RuntimeParams["ivfflat.max_probes"] = moreProbes
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, connectError(err, cfg.ConnConfig.Host, cfg.ConnConfig.Port)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, connectError(err, cfg.ConnConfig.Host, cfg.ConnConfig.Port)
	}
	return &DB{pool: pool, q: db.New(pool)}, nil
}

func connectError(err error, host string, port uint16) error {
	where := fmt.Sprintf("%s:%d", host, port)
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "28P01", "28000":
			return fault.New(fault.CodeUnavailable, "PostgreSQL at %s refuses the user or password", where).WithHint("check DATABASE_URL")
		case "3D000":
			return fault.New(fault.CodeUnavailable, "PostgreSQL at %s has no such database", where).WithHint("create the database named in DATABASE_URL")
		}
	}
	// The driver's own text repeats the address with its user; the cause is kept
	// for the log without it.
	return fault.Wrap(fault.CodeUnavailable, errors.Unwrap(err), "PostgreSQL does not answer at %s", where).
		WithHint("start it, or unset DATABASE_URL to use the embedded one")
}

// Close ends the pool.
func (d *DB) Close() { d.pool.Close() }

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.pool.Ping(ctx) }

const maxTries = 5

// tx runs fn in a transaction; see inTx.
func (d *DB) tx(ctx context.Context, fn func(*db.Queries) error) error {
	return d.inTx(ctx, func(_ pgx.Tx, q *db.Queries) error { return fn(q) })
}

// inTx runs fn in a transaction, with its bare connection beside the queries,
// and tries again what only collided with another. The events it wrote are told
// to the publisher once they are committed.
func (d *DB) inTx(ctx context.Context, fn func(pgx.Tx, *db.Queries) error) error {
	var err error
	var out *committed
	for try := range maxTries {
		out = &committed{}
		err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			q := d.q.WithTx(tx)
			outboxes.Store(q, out)
			defer outboxes.Delete(q)
			return fn(tx, q)
		})
		var pg *pgconn.PgError
		if err == nil || !errors.As(err, &pg) || (pg.Code != "40001" && pg.Code != "40P01") {
			break
		}
		slog.Debug("transaction collided, trying again", "try", try, "code", pg.Code)
	}
	if err == nil {
		d.tell(out)
	}
	return wrap(err)
}

// wrap gives database errors their domain code; domain errors pass.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code[:2] != "57" && pg.Code[:2] != "08" && pg.Code[:2] != "53" {
		return fault.Wrap(fault.CodeInternal, err, "the database refused a statement")
	}
	return fault.Wrap(fault.CodeUnavailable, err, "the database does not answer").WithHint("nothing is lost; it is tried again")
}

// one maps "no rows" to not found.
func one[T any](row T, err error, what, id string) (T, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		var zero T
		return zero, fault.NotFound(what, id)
	}
	return row, wrap(err)
}
