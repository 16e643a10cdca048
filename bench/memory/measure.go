package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/embedded"
	"crystalyse/internal/memory"
)

const (
	numQuestions = 200
	model        = embedded.LocalEmbeddingModel
	top          = 10
)

// filters are those under which recall is measured, with the share they keep.
var filters = []struct {
	name, user string
	filter     memory.Filter
	exact      bool // few rows: exact search is right, and chosen
}{
	{"user with 60 % of the rows", "a", memory.Filter{}, false},
	{"user with 60 %, long-term only (30 %)", "a", memory.Filter{Types: []memory.Type{memory.LongTerm}}, false},
	{"user with 30 %", "b", memory.Filter{}, false},
	{"user with 10 %", "c", memory.Filter{}, true},
	{"user with 60 %, with sodium", "a", memory.Filter{Elements: []string{"Na"}}, true},
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
	conn, err := pgx.Connect(ctx, services.Postgres)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	plain, err := pgx.Connect(ctx, services.Postgres)
	if err != nil {
		return err
	}
	defer plain.Close(ctx)
	if _, err := conn.Exec(ctx, "SET hnsw.ef_search = "+postgres.VectorCandidates); err != nil {
		return err
	}
	built, err := load(ctx, conn, memories)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, services.Postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	store := db.Memories()
	fmt.Printf("%d memories of %d numbers, seed %d; embedding them took %s, the index %s\n\n", len(memories), width, Seed, spent.Round(time.Second), built.Round(time.Second))
	fmt.Println("| filter | search | recall@10 against exact |\n|---|---|---|")
	var missed []error
	for _, f := range filters {
		r, err := recall(ctx, conn, store, f.user, f.filter, questions)
		if err != nil {
			return err
		}
		how := "index"
		if f.exact {
			how = "exact"
		}
		fmt.Printf("| %s | %s | %.4f |\n", f.name, how, r)
		if r < 0.98 {
			missed = append(missed, fmt.Errorf("recall@10 of %q is %.4f", f.name, r))
		}
	}
	return errors.Join(append(missed, latencies(ctx, conn, plain, store, questions))...)
}

// recall judges by distance: a result counts when it is no farther than the last
// of the exact ones, for equal sentences have equal vectors and none is the right
// one.
func recall(ctx context.Context, conn *pgx.Conn, store memory.Store, user string, f memory.Filter, questions [][]float32) (float64, error) {
	hit, all := 0, 0
	for _, q := range questions {
		// A text without a known word leaves the vector alone.
		got, err := store.Search(ctx, user, memory.Query{Text: "qqqq", Limit: top, Filter: f}, memory.Vector{Model: model, Values: q})
		if err != nil {
			return 0, err
		}
		want, err := exact(ctx, conn, user, f, q)
		if err != nil {
			return 0, err
		}
		for _, h := range got {
			if 1-h.Similarity <= want[len(want)-1]+1e-6 {
				hit++
			}
		}
		all += len(want)
	}
	return float64(hit) / float64(all), nil
}

// exact gives the distances of the nearest.
func exact(ctx context.Context, conn *pgx.Conn, user string, f memory.Filter, q []float32) ([]float64, error) {
	types := []string{string(memory.Working), string(memory.ShortTerm), string(memory.LongTerm)}
	if len(f.Types) > 0 {
		types = []string{string(f.Types[0])}
	}
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT (embedding::vector(%[1]d) <=> $1) + 0 AS distance FROM memories WHERE user_id = $2 AND type = ANY($3) AND elements @> $4
		ORDER BY distance LIMIT %[2]d`, width, top), pgvector.NewVector(q), user, types, append([]string{}, f.Elements...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[float64])
}

// latencies compares ways of asking in one run: their ratios mean something on
// any machine, the milliseconds only on this one.
func latencies(ctx context.Context, conn, plain *pgx.Conn, store memory.Store, questions [][]float32) error {
	session := fmt.Sprintf("s%025d", 1)
	nearest := fmt.Sprintf(`SELECT id, content FROM memories WHERE embedding_model = '%s' ORDER BY embedding::vector(%d) <=> $1 LIMIT %d`, model, width, top)
	ways := []struct {
		name string
		ask  func(i int, q []float32) error
	}{
		{"plain pgvector: index, no filter, nothing else, as many candidates as ours", func(_ int, q []float32) error {
			return drain(ctx, conn, nearest, pgvector.NewVector(q))
		}},
		{"fused: words and vector, one user, relevance", func(i int, q []float32) error {
			_, err := store.Search(ctx, "a", memory.Query{Text: question(i), Limit: top}, memory.Vector{Model: model, Values: q})
			return err
		}},
		{"the plan's query: session filter, no index (1 % of the rows)", func(_ int, q []float32) error {
			return drain(ctx, conn, fmt.Sprintf(`SELECT content, metadata, 1 - (embedding <=> $1) FROM memories WHERE session_id || '' = $2 ORDER BY embedding <=> $1 LIMIT %d`, top), pgvector.NewVector(q), session)
		}},
		{"exact scan of the user's memories", func(_ int, q []float32) error {
			_, err := exact(ctx, conn, "a", memory.Filter{}, q)
			return err
		}},
		{"plain pgvector with its default of 40 candidates", func(_ int, q []float32) error {
			return drain(ctx, plain, nearest, pgvector.NewVector(q))
		}},
	}
	took := make([][]float64, len(ways))
	for i, q := range questions {
		for w, way := range ways { // in turn, so that a busy moment meets all
			began := time.Now()
			if err := way.ask(i, q); err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			if i >= len(questions)/4 { // the first warm the caches
				took[w] = append(took[w], time.Since(began).Seconds()*1000)
			}
		}
	}
	medians := make([]float64, len(ways))
	for w := range ways {
		slices.Sort(took[w])
		medians[w] = took[w][len(took[w])/2]
	}
	fmt.Println("\n| query | median, ms | against plain |\n|---|---|---|")
	for w, way := range ways {
		fmt.Printf("| %s | %.2f | %.2f |\n", way.name, medians[w], medians[w]/medians[0])
	}
	fmt.Printf("\nfused is %.1f times faster than the exact scan\n", medians[3]/medians[1])
	if medians[1] > 3*medians[0] || medians[3] < 5*medians[1] {
		return fmt.Errorf("fused search must be at most 3 times plain pgvector and 5 times faster than an exact scan")
	}
	return nil
}

func drain(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}
