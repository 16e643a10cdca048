package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"crystalyse/activities"
	"crystalyse/api/relay"
	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/config"
	"crystalyse/internal/event"
	"crystalyse/internal/llm"
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

// upkeep gives the activities that consolidate. The model, or the built-in
// planner in its place, words what stays of a discovery.
func upkeep(cfg *config.Config, db *postgres.DB, model llm.Model, log *slog.Logger) *activities.Keeping {
	return &activities.Keeping{Store: db.Memories(), Calls: db, Embedder: embedder(cfg), Model: model, Log: log}
}

// sweepMemories embeds what is written until ctx ends; vectors of another model
// are made anew by a workflow, once.
func sweepMemories(ctx context.Context, cfg *config.Config, db *postgres.DB, keeper *temporal.Keeper, log *slog.Logger) {
	if err := keeper.Schedule(ctx); err != nil && ctx.Err() == nil {
		log.Warn("the consolidation of memories is not scheduled", "error", err)
	}
	e := embedder(cfg)
	if e == nil {
		return
	}
	store := db.Memories()
	models, err := store.Embeddings(ctx)
	delete(models, "")
	delete(models, e.Model())
	if err == nil && len(models) > 0 {
		err = keeper.Reembed(ctx, e.Model())
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("vectors of another model are not made anew yet", "error", err)
	}
	if err := store.Arrange(ctx); err != nil && ctx.Err() == nil {
		log.Warn("the index of memories is not renewed yet", "error", err)
	}
	memory.Sweep(ctx, store, e, log)
}

// socketMemories answers the memory_search of a socket.
type socketMemories struct{ *memory.Service }

// SearchMemories searches and announces it in the session.
func (s socketMemories) SearchMemories(ctx context.Context, q relay.MemoryQuery) ([]json.RawMessage, error) {
	query := memory.Query{Text: q.Query, Limit: q.Limit}
	if q.Scope == "session" {
		query.SessionID = q.SessionID
	}
	found, err := s.Search(ctx, q.UserID, query)
	if err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(found.Results))
	for i, h := range found.Results {
		if out[i], err = json.Marshal(h); err != nil {
			return nil, err
		}
	}
	return out, s.Note(ctx, q.UserID, q.SessionID, event.MemorySearch{Query: query.Text, MemoryIDs: found.IDs()})
}
