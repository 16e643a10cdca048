package main

import (
	"context"
	"log/slog"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/config"
	"crystalyse/internal/event"
	"crystalyse/internal/event/publish"
)

// carrier takes what this process commits to viewers. Without REDIS_URL there
// is none: events are stored all the same, and read from PostgreSQL.
type carrier struct {
	bus       *redis.Bus
	publisher *publish.Publisher
}

func openCarrier(cfg *config.Config, db *postgres.DB, log *slog.Logger) (carrier, error) {
	if cfg.RedisURL == "" {
		return carrier{}, nil
	}
	bus, err := redis.Open(cfg.RedisURL.Reveal())
	if err != nil {
		return carrier{}, err
	}
	c := carrier{bus, publish.New(db, bus, log)}
	db.OnCommit(c.publisher.Committed)
	return c, nil
}

// stream is how sockets read what was published; nil without a bus.
func (c carrier) stream() event.Stream {
	if c.bus == nil {
		return nil
	}
	return c.bus
}

// sweep publishes what other processes left behind, until ctx ends.
func (c carrier) sweep(ctx context.Context) {
	if c.publisher != nil {
		c.publisher.Sweep(ctx)
	}
}

// close waits for what is on its way. What does not get there follows by the
// sweep of a worker.
func (c carrier) close() {
	if c.bus == nil {
		return
	}
	c.publisher.Wait()
	_ = c.bus.Close() // nothing is lost with a connection
}
