// Command memory measures the memory store at 100,000 memories.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"crystalyse/internal/embedded"
)

func main() {
	state := flag.String("state-dir", ".crystalyse", "folder with the installed software; vectors are kept below it")
	n := flag.Int("n", 100_000, "memories")
	makings := flag.Int("makings", 3, "how often our index is made: its centers come from a random sample, so each differs")
	recall := flag.Bool("recall-only", false, "measure no times, and nothing of plain pgvector")
	only := flag.Bool("embed-only", false, "make the vectors and stop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *state, *n, *only, plan{max(1, *makings), *recall}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// plan is what is measured.
type plan struct {
	makings    int
	recallOnly bool
}

func run(ctx context.Context, state string, n int, only bool, p plan) error {
	dir, err := os.MkdirTemp("", "crystalyse-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var server *embedded.EmbeddingServer
	open := func() (endpoint, error) {
		if server == nil {
			if server, err = embedded.StartEmbedding(ctx, state, dir); err != nil {
				return endpoint{}, err
			}
		}
		return endpoint{server.BaseURL, server.APIKey, server.Model}, nil
	}
	defer func() {
		if server != nil {
			_ = server.Stop() // its process dies with this one
		}
	}()
	cache := filepath.Join(state, "bench")
	memories, spent, err := cached(ctx, filepath.Join(cache, fmt.Sprintf("memory-%d.f32", Seed)), n, sentence, open)
	if err != nil {
		return err
	}
	questions, _, err := cached(ctx, filepath.Join(cache, fmt.Sprintf("memory-%d-questions.f32", Seed)), numQuestions, question, open)
	if err != nil || only {
		return err
	}
	return measure(ctx, state, dir, memories, questions, spent, p)
}
