package main

import (
	"context"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.temporal.io/sdk/client"

	"crystalyse/api/rest"
	artifactfolder "crystalyse/internal/adapter/folder"
	"crystalyse/internal/adapter/mcp"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/config"
	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/planner"
	"crystalyse/internal/tool"
	mcpfiles "crystalyse/mcp"
)

// restDeps wires the ports of the REST API; closing ends what they hold open.
func restDeps(cfg *config.Config, db *postgres.DB, engine client.Client, log *slog.Logger) (rest.Deps, func(), error) {
	artifacts, err := artifactfolder.New(cfg.Artifacts())
	if err != nil {
		return rest.Deps{}, nil, err
	}
	tools, err := toolCatalog()
	if err != nil {
		return rest.Deps{}, nil, err
	}
	endpoints, err := userEndpoints(cfg, db)
	if err != nil {
		return rest.Deps{}, nil, err
	}
	live, closeLive, err := openLive(cfg)
	if err != nil {
		return rest.Deps{}, nil, err
	}
	remembered := remembering(cfg, db, log)
	if live != nil {
		remembered.Live = live
	}
	workshop := temporal.NewWorkshop(engine, artifacts)
	return rest.Deps{
		Discoveries: db, Runner: discovery.Discreet{Runner: temporal.NewRunner(engine), Said: db.Said()}, Events: memory.JoinedLog{Log: db, Store: db.Memories()}, Sessions: db.Sessions(), Structures: db.Structures(),
		Keeper: db.SessionKeeper(), Workshop: workshop, Asker: workshop, Artifacts: artifacts, Remover: remover(cfg, db, engine, artifacts, live, log),
		Memory: remembered, Consolidator: temporal.NewKeeper(engine), Tools: tools, Agents: agents(cfg), Endpoints: endpoints, LLMHosts: cfg.UserHosts(), Dial: dialModel, States: db.ServerStates, Running: db.CountRunning,
		Rate: rest.Rate{PerMinute: orNone(cfg.RateLimit)}, Logger: log,
	}, func() { closeLive(); _ = artifacts.Close() }, nil // nothing is written at their end
}

// newRegistry gives a registry that knows of the process itself.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// toolCatalog gives the tools of the built-in servers from their pinned lists:
// the API runs no server of its own.
func toolCatalog() (func(context.Context) ([]tool.Spec, error), error) {
	golden, err := mcp.Golden(mcpfiles.Files)
	if err != nil {
		return nil, err
	}
	var all []tool.Spec
	for _, name := range sortedNames(golden) {
		all = append(all, golden[name]...)
	}
	return func(context.Context) ([]tool.Spec, error) { return slices.Clone(all), nil }, nil
}

// agents names who reasons under this configuration.
func agents(cfg *config.Config) []llm.Identity {
	if !cfg.HasModel() {
		return []llm.Identity{planner.Identity}
	}
	provider := cfg.OpenAIBaseURL
	if provider == "" {
		provider = "OpenAI"
	}
	return []llm.Identity{{Name: "CrystaLyse", Model: cfg.Model, Provider: provider}}
}
