package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// Info is what a running stack tells about itself.
type Info struct {
	PID        int       `json:"pid"`
	Started    string    `json:"started"`
	API        string    `json:"api"`         // web address
	TemporalUI string    `json:"temporal_ui"` // "" for an outside Temporal
	Ready      bool      `json:"ready"`
	Since      time.Time `json:"since"`
	EnvDir     string    `json:"env_dir,omitempty"`
}

func infoPath(cfg *config.Config) string { return cfg.Path("run", "stack.json") }

// Stack is a running set of children.
type Stack struct {
	cfg      *config.Config
	log      *slog.Logger
	report   Reporter
	ports    Ports
	children []*child // in starting order
	info     Info
	// embedding is nil when an endpoint elsewhere embeds.
	embedding *embedding
	// EnvError gets the failure of the background installation, if there is one.
	installing sync.WaitGroup
}

// Up installs what is missing, starts everything, calls ready with the
// addresses, and runs until ctx ends; then it stops all in reverse order.
func Up(ctx context.Context, cfg *config.Config, report Reporter, log *slog.Logger, ready func(Info)) error {
	unlock, err := lockState(cfg)
	if err != nil {
		return err
	}
	defer unlock()
	s := &Stack{cfg: cfg, log: log, report: report}
	if err := endLeftovers(cfg, log); err != nil {
		return err
	}
	ictx, cancel := context.WithCancel(ctx)
	err = s.start(ictx)
	if err == nil {
		ready(s.info)
		s.wait(ctx)
		report.Step("stop", "stopping")
	}
	cancel()
	s.installing.Wait()
	return errors.Join(ignoreCancel(ctx, err), s.stop())
}

// ignoreCancel drops the error of a start that was interrupted on purpose.
func ignoreCancel(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// start brings everything up; what does not depend on each other overlaps.
func (s *Stack) start(ctx context.Context) error {
	if err := s.choosePorts(); err != nil {
		return err
	}
	var err error
	if s.embedding, err = newEmbedding(s.cfg, s.ports.Embedding); err != nil {
		return err
	}
	inst := &installer{cfg: s.cfg, report: s.report}
	tools, err := inst.tools(ctx)
	if err != nil {
		return err
	}
	if _, err := unpackServers(s.cfg); err != nil {
		return err
	}
	environments := &envs{installer: inst, uv: tools.UV}
	light := make(chan error, 1)
	go func() { light <- environments.install(ctx, "light") }()
	addresses, err := s.startServices(ctx, tools)
	lightErr := <-light
	if err := errors.Join(err, lightErr); err != nil {
		return err
	}
	if err := s.startOurs(ctx, addresses); err != nil {
		return err
	}
	s.installing.Go(func() {
		if err := environments.install(ctx, "ml"); err != nil && ctx.Err() == nil {
			s.log.Error("the ml environment could not be installed", "error", err, "next", fault.Hint(err))
			return
		}
		s.startEmbedding(ctx)
	})
	return nil
}

func (s *Stack) choosePorts() error {
	path := s.cfg.Path("run", "ports.json")
	var last Ports
	if _, err := readJSON(path, &last, s.log); err != nil {
		return err
	}
	ports, moved, err := choosePorts(s.cfg, last)
	if err != nil {
		return err
	}
	for _, m := range moved {
		s.report.Done("port", m)
	}
	s.ports = ports
	return writeJSON(path, ports)
}

// addresses are where the services are, embedded or outside.
type addresses struct{ database, redis, temporal string }

func (s *Stack) startServices(ctx context.Context, t Tools) (addresses, error) {
	a := addresses{s.cfg.DatabaseURL.Reveal(), s.cfg.RedisURL.Reveal(), s.cfg.TemporalAddress}
	starts := []func(context.Context) error{}
	if a.database == "" {
		pw, err := password(s.cfg, "postgres")
		if err != nil {
			return a, err
		}
		pg := postgres{bin: t.PostgresBin, dir: s.cfg.Path("postgres"), password: pw, port: s.ports.Postgres}
		a.database = pg.dsn("crystalyse")
		starts = append(starts, func(ctx context.Context) error { return s.startPostgres(ctx, pg) })
	}
	if a.redis == "" {
		pw, err := password(s.cfg, "redis")
		if err != nil {
			return a, err
		}
		a.redis = fmt.Sprintf("redis://:%s@127.0.0.1:%d/0", pw, s.ports.Redis)
		c := s.child("redis", redisCommand(t.Redis, s.cfg.Path("redis"), pw, s.ports.Redis), dialable(s.ports.Redis), fmt.Sprintf("127.0.0.1:%d", s.ports.Redis))
		starts = append(starts, c.start)
	}
	if a.temporal == "" {
		a.temporal = fmt.Sprintf("127.0.0.1:%d", s.ports.Temporal)
		s.info.TemporalUI = fmt.Sprintf("http://127.0.0.1:%d", s.ports.TemporalUI)
		c := s.child("temporal", temporalCommand(t.Temporal, s.cfg.Path("temporal"), s.cfg.TemporalNamespace, s.ports.Temporal, s.ports.TemporalUI, s.ports.Metrics),
			answers(s.info.TemporalUI+"/api/v1/cluster-info"), a.temporal)
		c.again = portTaken
		starts = append(starts, c.start)
	}
	errs := make([]error, len(starts))
	var wg sync.WaitGroup
	for i, start := range starts {
		wg.Go(func() { errs[i] = start(ctx) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return a, err
	}
	s.report.Done("services", "PostgreSQL, Redis and Temporal are ready")
	return a, nil
}

func (s *Stack) startPostgres(ctx context.Context, pg postgres) error {
	if err := pg.init(ctx); err != nil {
		return err
	}
	ready := func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, pg.dsn("postgres"))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}
	c := s.child("postgres", pg.command, ready, fmt.Sprintf("127.0.0.1:%d", pg.port))
	c.stop, c.patient = syscall.SIGINT, 10*time.Second // fast shutdown
	if err := c.start(ctx); err != nil {
		return err
	}
	return createDatabase(ctx, pg.dsn("postgres"), "crystalyse")
}

func createDatabase(ctx context.Context, dsn, name string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	return err
}

// startOurs migrates, then starts worker and API side by side.
func (s *Stack) startOurs(ctx context.Context, a addresses) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env := s.childEnv(a)
	migrate := exec.CommandContext(ctx, self, "migrate")
	migrate.Env = env
	if out, err := migrate.CombinedOutput(); err != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "the database could not be brought to this version: %s", lastLines(string(out), 3))
	}
	run := func(args ...string) func() (*exec.Cmd, error) {
		return func() (*exec.Cmd, error) {
			cmd := exec.Command(self, args...)
			cmd.Env = env
			return cmd, nil
		}
	}
	s.info.API = fmt.Sprintf("http://127.0.0.1:%d", s.ports.API)
	numbers := s.cfg.MetricsAddress
	if numbers == "" {
		numbers = fmt.Sprintf("127.0.0.1:%d", s.ports.Worker)
	}
	worker := s.child("worker", run("worker", "--metrics-address", numbers), fileNewer(s.cfg.Path("run", "worker.ready")), "http://"+numbers)
	worker.patient = 40 * time.Second
	api := s.child("api", run("api", "--port", fmt.Sprint(s.ports.API)), answers(s.info.API+"/healthz"), s.info.API)
	worker.again, api.again = serviceAway, serviceAway
	errs := make(chan error, 2)
	go func() { errs <- worker.start(ctx) }()
	go func() { errs <- api.start(ctx) }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		return err
	}
	s.info.PID, s.info.Started, s.info.Since, s.info.Ready = os.Getpid(), startTime(os.Getpid()), time.Now().UTC(), true
	s.info.EnvDir = s.cfg.EnvDir
	return writeJSON(infoPath(s.cfg), s.info)
}

// portTaken: Temporal's server looks for free ports of its own, which another
// program may take before it does.
func portTaken(log string, _ int) bool { return strings.Contains(log, "address already in use") }

// ExitUnavailable is the exit code of our own processes when a service that they
// need does not answer.
const ExitUnavailable = 8

// serviceAway: a service that was ready may be gone again for the moment in which
// its supervisor starts it anew.
func serviceAway(_ string, code int) bool { return code == ExitUnavailable }

// fileNewer is ready when a process has written its own mark since now.
func fileNewer(path string) func(context.Context) error {
	began := time.Now().Add(-time.Second)
	return func(context.Context) error {
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		if st.ModTime().Before(began) {
			return errors.New("not yet")
		}
		return nil
	}
}

// childEnv is the environment of our own processes: settings and secrets as
// variables, never on a command line.
func (s *Stack) childEnv(a addresses) []string {
	env := append(os.Environ(), s.cfg.Environ()...)
	env = append(env, "DATABASE_URL="+a.database, "REDIS_URL="+a.redis, "TEMPORAL_ADDRESS="+a.temporal, "OPENAI_API_KEY="+s.cfg.OpenAIAPIKey.Reveal(),
		"CRYSTALYSE_JWT_KEYS="+s.cfg.JWTKeys.Reveal(), "CRYSTALYSE_CONFIG=", "CRYSTALYSE_EMBEDDING_API_KEY="+s.cfg.EmbeddingAPIKey.Reveal())
	return append(env, s.embedding.environ()...)
}

func (s *Stack) child(name string, command func() (*exec.Cmd, error), ready func(context.Context) error, address string) *child {
	c := &child{spec: spec{name: name, command: command, ready: ready}, cfg: s.cfg, log: s.log, addr: address}
	s.children = append(s.children, c)
	return c
}

// wait returns when ctx ends or the stack has been idle for long enough.
func (s *Stack) wait(ctx context.Context) {
	if s.cfg.IdleStop <= 0 {
		<-ctx.Done()
		return
	}
	t := time.NewTicker(max(time.Second, min(15*time.Second, s.cfg.IdleStop/4)))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if idle, err := idleFor(ctx, s.info.API); err == nil && idle >= s.cfg.IdleStop {
				s.report.Done("idle", "nothing to do for "+idle.Round(time.Second).String())
				return
			}
		}
	}
}

// stop ends the children, the last one first, and verifies it.
func (s *Stack) stop() error {
	var errs []error
	for i := len(s.children) - 1; i >= 0; i-- {
		if err := s.children[i].halt(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.children[i].name, err))
		}
	}
	errs = append(errs, ignoreMissing(os.Remove(infoPath(s.cfg))), ignoreMissing(os.Remove(s.cfg.Path("run", "worker.ready"))))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.report.Done("stop", "everything has stopped")
	return nil
}

// hostOf gives host:port of an address, for status pages; never its password.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return filepath.Base(address)
	}
	return u.Host
}
