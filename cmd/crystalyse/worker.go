package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"crystalyse/activities"
	artifactfolder "crystalyse/internal/adapter/folder"
	"crystalyse/internal/adapter/mcp"
	"crystalyse/internal/adapter/meter"
	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/adapter/webhook"
	"crystalyse/internal/config"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/planner"
	"crystalyse/internal/prompt"
	"crystalyse/internal/tool"
	"crystalyse/worker"
	"crystalyse/workflows"
)

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Short: "Run a worker alone (needs DATABASE_URL and TEMPORAL_ADDRESS)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return runWorker(ctx, cfg)
		},
	}
}

func runWorker(ctx context.Context, cfg *config.Config) error {
	if err := needServices(cfg); err != nil {
		return err
	}
	log := logger(cfg, "worker")
	watch, err := observe(ctx, cfg, "worker", log)
	if err != nil {
		return err
	}
	defer watch.close()
	db, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	defer db.Close()
	engine, err := watch.dial(ctx, cfg)
	if err != nil {
		return err
	}
	defer engine.Close()
	artifacts, err := artifactfolder.New(cfg.Artifacts())
	if err != nil {
		return err
	}
	defer artifacts.Close()
	carrier, err := openCarrier(cfg, db, log)
	if err != nil {
		return err
	}
	defer carrier.close()
	watch.watchWorker(ctx, cfg, db, carrier)
	pool, prints, err := toolPool(cfg, log)
	if err != nil {
		return err
	}
	keeper := temporal.NewKeeper(engine)
	a, err := steps(ctx, cfg, db, workshop{pool: pool, prints: prints, registry: watch.registry, carrier: carrier, log: log})
	if err != nil {
		return err
	}
	a.Artifacts, a.Consolidate = artifacts, keeper
	if a.Shared != nil {
		go dropCheckpoints(ctx, db, log)
	}
	if cfg.SessionIdle > 0 {
		go endIdle(ctx, db, cfg.SessionIdle, log)
	}
	go carrier.sweep(ctx)
	go sweepMemories(ctx, cfg, db, keeper, log)
	go publishStates(ctx, db, pool, log)
	go worker.Reconcile(ctx, db, temporal.NewRunner(engine), a, log)
	if err := os.WriteFile(cfg.Path("run", "worker.ready"), []byte("ready\n"), 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err = worker.Run(ctx, engine, a, worker.Slots{GPU: cfg.GPUSlots, Ahead: cfg.GPUAhead})
	stop, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return errors.Join(err, pool.Close(stop))
}

// workshop is what the steps of a discovery work with, beside the database.
type workshop struct {
	pool     *mcp.Pool
	prints   func(string) (string, bool)
	registry *prometheus.Registry
	carrier  carrier
	log      *slog.Logger
}

// steps gives the activities their stores, tools, memory and models.
func steps(ctx context.Context, cfg *config.Config, db *postgres.DB, w workshop) (*activities.Activities, error) {
	model, err := languageModel(ctx, cfg)
	if err != nil {
		return nil, err
	}
	policy, err := approvalPolicy(cfg)
	if err != nil {
		return nil, err
	}
	own, err := userEndpoints(cfg, db)
	if err != nil {
		return nil, err
	}
	if cfg.Reuse == "off" {
		w.prints = nil
	}
	remember := remembering(cfg, db, w.log)
	turns := meter.NewModels(w.registry)
	dress := func(m llm.Model) llm.Model { return turns.Around(memory.Quoting{Model: m, Store: remember}) }
	a := &activities.Activities{
		Stores: activities.Stores{Lifecycle: db.Lifecycle(), Steps: db, Turns: db.Turns(), Calls: db, Structures: db.Structures(), Uploads: db.Uploads(), Said: db.Said()},
		Tools:  meter.NewTools(memory.Tools{Caller: w.pool, Memory: remember}, w.registry),
		Model:  dress(model),
		Memory: remember, Print: w.prints, Prompts: prompts, Policy: policy,
		Checkpoints: cfg.Checkpoints(), Keeping: upkeep(cfg, db, model, w.log), Log: w.log,
	}
	if own != nil {
		a.Models = chooser{ours: a.Model, store: own, hosts: cfg.UserHosts(), dress: dress}
	}
	optional(a, cfg, db, w.carrier)
	return a, nil
}

// optional adds what only some settings ask for.
func optional(a *activities.Activities, cfg *config.Config, db *postgres.DB, c carrier) {
	if cfg.WebhookURL != "" {
		a.Notifier = webhook.New(cfg.WebhookURL.Reveal(), cfg.WebhookSecret.Reveal())
	}
	if cfg.ArtifactStore == "postgres" {
		a.Shared = db.Artifacts()
	}
	if cfg.GPUSlots > 0 {
		a.LongQueue, a.LongSlots = workflows.QueueToolsGPU, activities.NewSlots(cfg.GPUSlots)
	}
	if c.publisher != nil {
		a.Live = c.publisher
	}
}

// approvalPolicy reads the operator's rules; without a file only what is
// estimated to take long is asked for.
func approvalPolicy(cfg *config.Config) (discovery.Policy, error) {
	if cfg.Policy == "" {
		return discovery.ParsePolicy([]byte("{}"))
	}
	body, err := os.ReadFile(cfg.Policy)
	if err != nil {
		return discovery.Policy{}, fault.Wrap(fault.CodeInvalid, err, "the policy %s cannot be read", cfg.Policy).WithHint("check --policy")
	}
	return discovery.ParsePolicy(body)
}

func prompts(m discovery.Mode) (activities.Prompt, error) {
	p, err := prompt.For(m)
	return activities.Prompt{Text: p.Text, SHA256: p.SHA256}, err
}

// languageModel gives the configured model; without one, the built-in planner
// behind the same wire.
func languageModel(ctx context.Context, cfg *config.Config) (llm.Model, error) {
	if cfg.HasModel() {
		base := cfg.OpenAIBaseURL
		provider := base
		if base == "" {
			base, provider = "https://api.openai.com/v1", "OpenAI"
		}
		return openai.New(openai.Config{
			BaseURL: base, APIKey: cfg.OpenAIAPIKey.Reveal(),
			Identity: llm.Identity{Name: "CrystaLyse", Model: cfg.Model, Provider: provider},
		}), nil
	}
	base, key, err := planner.Serve(ctx)
	if err != nil {
		return nil, err
	}
	return openai.New(openai.Config{BaseURL: base, APIKey: key, Identity: planner.Identity}), nil
}

// toolPool prepares the MCP servers: ours, and those the user adds.
func toolPool(cfg *config.Config, log *slog.Logger) (*mcp.Pool, func(string) (string, bool), error) {
	servers, files, err := embedded.Servers(cfg)
	if err != nil {
		return nil, nil, err
	}
	if cfg.MCPConfig != "" {
		user, err := tool.LoadConfig(cfg.MCPConfig)
		if err != nil {
			return nil, nil, err
		}
		servers = tool.Merge(servers, user)
	}
	golden, err := mcp.Golden(files)
	if err != nil {
		return nil, nil, err
	}
	prints, err := embedded.Prints(cfg, servers)
	return mcp.New(mcp.Options{
		Config: servers, Golden: golden, Env: embedded.ServerEnv(cfg), LogDir: cfg.Logs(), Log: log,
		Ready: func(environment string) (bool, string, error) { return embedded.EnvReady(cfg, environment) },
	}), prints, err
}

// Checkpoints of workers that share no folder are looked through every so often;
// those that old are kept for nobody, unless something open may ask for them.
const (
	dropEvery      = time.Hour
	checkpointLife = 7 * 24 * time.Hour
)

func dropCheckpoints(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	t := time.NewTicker(dropEvery)
	defer t.Stop()
	for {
		if _, err := db.DropCheckpoints(ctx, time.Now().Add(-checkpointLife), false); err != nil && ctx.Err() == nil {
			log.Warn("old checkpoints cannot be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// endIdle ends the sessions in which nothing has happened for so long.
func endIdle(ctx context.Context, db *postgres.DB, idle time.Duration, log *slog.Logger) {
	t := time.NewTicker(max(time.Second, min(idle/4, time.Hour)))
	defer t.Stop()
	for {
		n, err := db.EndIdle(ctx, time.Now().Add(-idle))
		if err != nil && ctx.Err() == nil {
			log.Warn("idle sessions cannot be ended", "error", err)
		}
		if n > 0 {
			log.Info("idle sessions were ended", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// publishStates keeps the condition of the MCP servers in the database, for
// status pages.
func publishStates(ctx context.Context, db *postgres.DB, pool *mcp.Pool, log *slog.Logger) {
	name, err := os.Hostname()
	if err != nil {
		name = "worker"
	}
	t := time.NewTicker(2 * time.Second)
	defer t.Stop()
	for {
		if err := db.SaveServerStates(ctx, name, pool.States()); err != nil && ctx.Err() == nil {
			log.Warn("the states of the MCP servers cannot be stored", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
