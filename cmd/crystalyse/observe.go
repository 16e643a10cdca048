package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"crystalyse/internal/adapter/meter"
	"crystalyse/internal/adapter/otlp"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/config"
)

// observer is what watches a process: traces for a collector, numbers for
// Prometheus.
type observer struct {
	registry *prometheus.Registry
	engine   *temporal.Metrics
	end      func(context.Context) error
	log      *slog.Logger
}

func observe(ctx context.Context, cfg *config.Config, process string, log *slog.Logger) (observer, error) {
	end, err := otlp.Start(ctx, otlp.Options{Endpoint: cfg.OTLPEndpoint, Process: process, Log: log})
	if err != nil {
		return observer{}, err
	}
	o := observer{registry: newRegistry(), engine: temporal.NewMetrics(), end: end, log: log}
	o.registry.MustRegister(o.engine)
	return o, nil
}

// close sends the traces that are left.
func (o observer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := o.end(ctx); err != nil {
		o.log.Warn("the last traces were not sent", "error", err)
	}
}

// dial connects to the engine, watched.
func (o observer) dial(ctx context.Context, cfg *config.Config) (client.Client, error) {
	return temporal.Dial(ctx, temporal.Options{
		Address: cfg.TemporalAddress, Namespace: cfg.TemporalNamespace, Log: o.log, Traced: cfg.OTLPEndpoint != "", Metrics: o.engine,
	})
}

// watchWorker counts what waits in the outbox, and serves the numbers where the
// operator wants them.
func (o observer) watchWorker(ctx context.Context, cfg *config.Config, db *postgres.DB, c carrier) {
	if c.publisher != nil {
		meter.Backlog(o.registry, db.OutboxBacklog)
		c.publisher.OnPublished(meter.Lag(o.registry))
	}
	if cfg.MetricsAddress == "" {
		return
	}
	if err := meter.Serve(ctx, cfg.MetricsAddress, o.registry, o.log); err != nil {
		o.log.Warn("the worker goes on without showing its numbers", "error", err) // nobody's calculation waits for a port
	}
}
