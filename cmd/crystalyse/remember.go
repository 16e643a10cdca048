package main

import (
	"context"
	"log/slog"

	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/config"
	"crystalyse/internal/memory"
)

// embedder gives what makes vectors; nil when nothing is configured to.
func embedder(cfg *config.Config) memory.Embedder {
	e, ok := cfg.Embedding()
	if !ok {
		return nil
	}
	return openai.NewEmbedder(openai.EmbedConfig{BaseURL: e.BaseURL, APIKey: e.APIKey.Reveal(), Model: e.Model})
}

// remembering gives the memory of this process.
func remembering(cfg *config.Config, db *postgres.DB, log *slog.Logger) *memory.Service {
	return &memory.Service{Store: db.Memories(), Embedder: embedder(cfg), Log: log}
}

// sweepMemories embeds what was written, until ctx ends.
func sweepMemories(ctx context.Context, cfg *config.Config, db *postgres.DB, log *slog.Logger) {
	if e := embedder(cfg); e != nil {
		memory.Sweep(ctx, db.Memories(), e, log)
	}
}
