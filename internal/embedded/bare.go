package embedded

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"crystalyse/internal/config"
)

// Services are the embedded services without our own processes, as tests use
// them.
type Services struct {
	Postgres, Redis, Temporal string
	RedisServer               string // the program, for tests that need one of their own
	stack                     *Stack
	dir                       string
}

// StartServices starts PostgreSQL, Redis and Temporal in a folder of their own,
// with the software installed in (or into) a shared state folder. Stop removes
// the folder.
func StartServices(ctx context.Context, softwareDir, dir string) (*Services, error) {
	cfg, err := config.Load(nil, []string{"CRYSTALYSE_STATE_DIR=" + dir, "CRYSTALYSE_PORT=0"})
	if err != nil {
		return nil, err
	}
	software := *cfg
	software.StateDir, software.EnvDir = softwareDir, filepath.Join(softwareDir, "envs")
	quiet := NewLines(io.Discard)
	unlock, err := lockFile(filepath.Join(softwareDir, "run", "install.lock"))
	if err != nil {
		return nil, err
	}
	tools, err := (&installer{cfg: &software, report: quiet}).tools(ctx)
	unlock()
	if err != nil {
		return nil, err
	}
	stack, err := newBare(cfg)
	if err != nil {
		return nil, err
	}
	s := &Services{dir: dir, RedisServer: tools.Redis, stack: stack}
	a, err := s.stack.startServices(ctx, tools)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	s.Postgres, s.Redis, s.Temporal = a.database, a.redis, a.temporal
	return s, nil
}

// newBare is a stack that tells nobody anything.
func newBare(cfg *config.Config) (*Stack, error) {
	s := &Stack{cfg: cfg, log: slog.New(slog.DiscardHandler), report: NewLines(io.Discard)}
	return s, s.choosePorts()
}

// Stop ends the services and removes their folder.
func (s *Services) Stop() error { return errors.Join(s.stack.stop(), os.RemoveAll(s.dir)) }
