package main

import (
	"context"
	"slices"

	"crystalyse/internal/adapter/mcp"
	"crystalyse/internal/config"
	"crystalyse/internal/llm"
	"crystalyse/internal/planner"
	"crystalyse/internal/tool"
	mcpfiles "crystalyse/mcp"
)

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
