package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/embedded"
	"crystalyse/internal/memory"
)

const (
	numQuestions = 200
	model        = embedded.LocalEmbeddingModel
	top          = 10
	enough       = 0.98 // of the ten nearest
)

// bench is a loaded database and what is asked of it.
type bench struct {
	dsn         string
	conn, plain *pgx.Conn // plain is pgvector with nothing of ours
	store       memory.Store
	memories    [][]float32
	questions   [][]float32
}

func measure(ctx context.Context, state, dir string, memories, questions [][]float32, spent time.Duration, p plan) error {
	services, err := embedded.StartServices(ctx, state, filepath.Join(dir, "services"))
	if err != nil {
		return err
	}
	defer func() { _ = services.Stop() }() // its processes die with this one
	if _, _, err := postgres.Migrate(ctx, services.Postgres); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, services.Postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	b := bench{dsn: services.Postgres, store: db.Memories(), memories: memories, questions: questions}
	for _, c := range []**pgx.Conn{&b.conn, &b.plain} {
		if *c, err = pgx.Connect(ctx, services.Postgres); err != nil {
			return err
		}
		defer (*c).Close(ctx)
	}
	if err := load(ctx, b.conn, memories); err != nil {
		return err
	}
	fmt.Printf("%d memories of %d numbers, seed %d, %d questions; embedding them took %s\n", len(memories), width, Seed, len(questions), spent.Round(time.Second))
	ours, missed := 0.0, []error(nil)
	for i := range p.makings {
		took, err := b.lists(ctx, db.Memories().Arrange)
		if err != nil {
			return err
		}
		fmt.Printf("\nmaking %d of our index took %s\n\n", i+1, took.Round(time.Second))
		r, err := b.recalls(ctx)
		if r == 0 {
			return err
		}
		ours, missed = r, append(missed, err)
	}
	if p.recallOnly {
		return errors.Join(missed...)
	}
	built, err := graph(ctx, b.conn)
	if err != nil {
		return err
	}
	fmt.Printf("\nplain pgvector's graph took %s\n", built.Round(time.Second))
	wide, err := b.widen(ctx, ours)
	if err != nil {
		return errors.Join(append(missed, err)...)
	}
	return errors.Join(append(missed, b.latencies(ctx, wide))...)
}

// lists makes our index anew.
func (b bench) lists(ctx context.Context, arrange func(context.Context) error) (time.Duration, error) {
	if _, err := b.conn.Exec(ctx, `DELETE FROM memory_lists`); err != nil { // then it knows of none, and replaces what there is
		return 0, err
	}
	began := time.Now()
	err := arrange(ctx)
	return time.Since(began), err
}
