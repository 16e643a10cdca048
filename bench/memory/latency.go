package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/memory"
)

// way is one way of asking.
type way struct {
	name string
	ask  func(ctx context.Context, i int, q []float32) error
	took []float64 // ms
}

// at gives a quantile of the sorted times.
func (w way) at(share float64) float64 { return w.took[int(share*float64(len(w.took)))] }

// The places of the ways that are compared.
const (
	wayPlain = iota
	wayFused
	wayExact
)

func (b bench) ways(ctx context.Context, wide int) ([]way, error) {
	session := fmt.Sprintf("s%025d", 1)
	var failed error
	plain := func(setting, distance string) func(context.Context, int, []float32) error {
		conn, err := pgx.Connect(ctx, b.dsn)
		if err == nil {
			_, err = conn.Exec(ctx, "SET "+setting)
		}
		failed = errors.Join(failed, err)
		return func(ctx context.Context, _ int, q []float32) error { // the connection ends with the server
			return drain(ctx, conn, nearest(distance), pgvector.NewVector(q))
		}
	}
	const vector, half = "embedding::vector(384) <=> $1", "embedding::halfvec(384) <=> $1::vector::halfvec(384)"
	return []way{
		wayPlain: {name: fmt.Sprintf("plain pgvector: its graph, no filter, %d candidates", wide), ask: plain(fmt.Sprintf("hnsw.ef_search = %d", wide), vector)},
		wayFused: {name: "fused: words and vector, one user, relevance", ask: func(ctx context.Context, i int, q []float32) error {
			_, err := b.store.Search(ctx, "a", memory.Query{Text: question(i), Limit: top}, memory.Vector{Model: model, Values: q})
			return err
		}},
		wayExact: {name: "exact scan of the user's memories", ask: func(ctx context.Context, _ int, q []float32) error {
			return b.exact(ctx, "a", q)
		}},
		{name: "plain pgvector: its graph, its default of 40 candidates", ask: plain("hnsw.ef_search = 40", vector)},
		{name: "plain pgvector: our lists, no filter", ask: plain("ivfflat.probes = "+postgres.VectorProbes, half)},
		{name: "our search by vector alone", ask: func(ctx context.Context, _ int, q []float32) error {
			_, err := b.store.Search(ctx, "a", memory.Query{Text: "qqqq", Limit: top}, memory.Vector{Model: model, Values: q})
			return err
		}},
		{name: "our search by words alone", ask: func(ctx context.Context, i int, _ []float32) error {
			_, err := b.store.Search(ctx, "a", memory.Query{Text: question(i), Limit: top}, memory.Vector{})
			return err
		}},
		{name: "the plan's query: session filter, no index (1 % of the rows)", ask: func(ctx context.Context, _ int, q []float32) error {
			return drain(ctx, b.conn, fmt.Sprintf(`SELECT content, metadata, 1 - (embedding <=> $1) FROM memories WHERE session_id || '' = $2 ORDER BY embedding <=> $1 LIMIT %d`, top), pgvector.NewVector(q), session)
		}},
	}, failed
}

// latencies compares ways of asking in one run: their ratios mean something on
// any machine, the milliseconds only on this one. A fifth of the questions is asked
// in all ways to warm, then all to measure; which way comes first changes with
// every question, so that none profits from the one before it.
func (b bench) latencies(ctx context.Context, wide int) error {
	ways, err := b.ways(ctx, wide)
	if err != nil {
		return err
	}
	for round := range 2 {
		for i, q := range b.questions {
			if round == 0 && i%5 > 0 {
				continue
			}
			for k := range ways {
				w := &ways[(i+k)%len(ways)]
				began := time.Now()
				if err := w.ask(ctx, i, q); err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
				if round > 0 {
					w.took = append(w.took, time.Since(began).Seconds()*1000)
				}
			}
		}
	}
	fmt.Println("\n| query | median, ms | 95th of 100, ms | against plain |\n|---|---|---|---|")
	for i := range ways {
		slices.Sort(ways[i].took)
	}
	plain, fused, exact := ways[wayPlain].at(0.5), ways[wayFused].at(0.5), ways[wayExact].at(0.5)
	for _, w := range ways {
		fmt.Printf("| %s | %.2f | %.2f | %.2f |\n", w.name, w.at(0.5), w.at(0.95), w.at(0.5)/plain)
	}
	fmt.Printf("\nfused is %.1f times faster than the exact scan\n", exact/fused)
	if fused > 3*plain || exact < 5*fused {
		return fmt.Errorf("fused search must be at most 3 times plain pgvector and 5 times faster than an exact scan")
	}
	return nil
}

// exact reads all of the user's memories.
func (b bench) exact(ctx context.Context, user string, q []float32) error {
	where, args := narrowed(user, memory.Filter{})
	return drain(ctx, b.conn, fmt.Sprintf(`SELECT id, (embedding::vector(%d) <=> $4) + 0 AS distance FROM memories WHERE %s ORDER BY distance LIMIT %d`, width, where, top), append(args, pgvector.NewVector(q))...)
}

func drain(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}
