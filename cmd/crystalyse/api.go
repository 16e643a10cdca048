package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/api/page"
	"crystalyse/api/relay"
	"crystalyse/api/rest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/config"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/web"
)

func apiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "api", Short: "Run the API alone (needs DATABASE_URL and TEMPORAL_ADDRESS)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return serveAPI(ctx, cfg)
		},
	}
}

func needServices(cfg *config.Config) error {
	var errs []error
	if cfg.DatabaseURL == "" {
		errs = append(errs, fault.Invalid("DATABASE_URL", "is missing"))
	}
	if cfg.TemporalAddress == "" {
		errs = append(errs, fault.Invalid("TEMPORAL_ADDRESS", "is missing"))
	}
	return errors.Join(errs...)
}

func serveAPI(ctx context.Context, cfg *config.Config) error {
	if err := needServices(cfg); err != nil {
		return err
	}
	log := logger(cfg, "api")
	watch, err := observe(ctx, cfg, "api", log)
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
	door, err := openGate(cfg, db)
	if err != nil {
		return err
	}
	defer door.close()
	deps, closeDeps, err := restDeps(cfg, db, engine, log)
	if err != nil {
		return err
	}
	defer closeDeps()
	deps.Registry = watch.registry
	deps.Gate, deps.Done, deps.Page = door.gate, ctx.Done(), page.New(web.Build())
	deps.Health = func(ctx context.Context) map[string]error {
		_, err := engine.CheckHealth(ctx, nil)
		checks := map[string]error{"postgres": db.Ping(ctx), "temporal": err}
		if door.logins != nil {
			checks["redis"] = door.logins.Ping(ctx)
		}
		return checks
	}
	carrier, err := openCarrier(cfg, db, log)
	if err != nil {
		return err
	}
	defer carrier.close()
	deps.Limiter = rest.NewLimiter(deps.Rate, nil)
	sockets := relay.New(relay.Deps{
		Stream: carrier.stream(), History: db, Sessions: db.Named(), Gate: door.gate, Discoveries: db, Runner: deps.Runner, Logger: log,
		Controls: discovery.Controls{Store: db, Runner: deps.Runner, Log: log},
		Memories: socketMemories{deps.Memory}, Quote: deps.Memory.Join, Enter: deps.Limiter.Enter,
		Limits: relay.Limits{Sockets: cfg.MaxSockets},
	})
	defer sockets.Close()
	deps.Sockets, deps.Viewers = sockets, func() int { return int(sockets.Counts().Connections) }
	deps.Registry.MustRegister(sockets.Collector())
	return serve(ctx, cfg, rest.New(deps), log)
}

// serve answers until ctx ends, and lets what is under way end.
func serve(ctx context.Context, cfg *config.Config, handler http.Handler, log *slog.Logger) error {
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", cfg.Bind, cfg.Port))
	if err != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "port %d cannot be used", cfg.Port).WithHint("choose another one with --port")
	}
	srv := rest.Server(handler, log)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	log.Info("the API listens", "address", l.Addr().String())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return srv.Shutdown(stop)
}
