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

func measure(ctx context.Context, state, dir string, memories, questions [][]float32, spent time.Duration) error {
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
	began := time.Now()
	if err := db.Memories().Arrange(ctx); err != nil {
		return err
	}
	lists := time.Since(began)
	built, err := graph(ctx, b.conn)
	if err != nil {
		return err
	}
	fmt.Printf("%d memories of %d numbers, seed %d, %d questions; embedding them took %s, our index %s, plain pgvector's %s\n\n",
		len(memories), width, Seed, len(questions), spent.Round(time.Second), lists.Round(time.Second), built.Round(time.Second))
	ours, err := b.recalls(ctx)
	if ours == 0 {
		return err
	}
	wide, werr := b.widen(ctx, ours)
	if werr != nil {
		return errors.Join(err, werr)
	}
	return errors.Join(err, b.latencies(ctx, wide))
}
