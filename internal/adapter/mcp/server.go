package mcp

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// Restarts within failWindow that open the circuit, and how long it stays open.
const (
	maxFailures = 5
	failWindow  = time.Minute
	coolDown    = 15 * time.Second
)

// server is one configured server with its processes.
type server struct {
	pool  *Pool
	name  string
	cfg   tool.ServerConfig
	slots chan struct{} // one per call that may run
	start sync.Mutex    // one process starts at a time

	mu        sync.Mutex // guards what follows
	instances []*instance
	known     []tool.Spec
	st        tool.ServerState
	failures  []time.Time
	started   int
	closed    bool
}

func newServer(p *Pool, name string, cfg tool.ServerConfig) *server {
	s := &server{pool: p, name: name, cfg: cfg, slots: make(chan struct{}, max(1, cfg.Crystalyse.Instances)*inflight(cfg))}
	s.st = tool.ServerState{State: "idle", PIDs: []int{}, UpdatedAt: time.Now().UTC()}
	if cfg.Crystalyse.Builtin {
		s.known = p.opts.Golden[name]
		s.st.Tools = len(s.known)
	}
	return s
}

func inflight(cfg tool.ServerConfig) int { return max(1, cfg.Crystalyse.MaxInflight) }

// environment tells whether the server's Python environment is there.
func (s *server) environment() (bool, string, error) {
	env := s.cfg.Crystalyse.Environment
	if env == "" || s.pool.opts.Ready == nil {
		return true, "", nil
	}
	return s.pool.opts.Ready(env)
}

func (s *server) note(state, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.State, s.st.Detail, s.st.UpdatedAt = state, detail, time.Now().UTC()
}

func (s *server) state() tool.ServerState {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.st
	st.PIDs = []int{}
	for _, i := range s.instances {
		if !i.lost() {
			st.PIDs = append(st.PIDs, i.pid())
		}
	}
	return st
}

// specs lists the server's tools; a foreign server is started to be asked.
func (s *server) specs(ctx context.Context) ([]tool.Spec, error) {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	i, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	s.release(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known, nil
}

// acquire takes a slot and the least busy living process, starting one while
// there are fewer than configured and none is free.
func (s *server) acquire(ctx context.Context) (*instance, error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	i, err := s.pick(ctx)
	if err != nil {
		<-s.slots
	}
	return i, err
}

func (s *server) release(i *instance) {
	s.mu.Lock()
	i.busy--
	s.mu.Unlock()
	<-s.slots
}

func (s *server) pick(ctx context.Context) (*instance, error) {
	s.start.Lock()
	defer s.start.Unlock()
	if i := s.leastBusy(); i != nil {
		return i, nil
	}
	if err := s.circuit(); err != nil {
		return nil, err
	}
	s.note("starting", "")
	i, specs, version, err := s.launch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failures = append(s.failures, time.Now())
		s.st.State, s.st.Detail, s.st.UpdatedAt = "failed", err.Error(), time.Now().UTC()
		return nil, err
	}
	if s.closed {
		return nil, errors.Join(fault.New(fault.CodeUnavailable, "the server %q is being stopped", s.name), i.stop())
	}
	if s.started > 0 {
		s.st.Restarts++
	}
	s.started++
	i.busy = 1
	s.instances = append(s.instances, i)
	s.st.State, s.st.Detail, s.st.Version, s.st.Tools, s.st.UpdatedAt = "ready", "", version, len(specs), time.Now().UTC()
	if s.cfg.Crystalyse.Builtin && s.known != nil {
		s.st.Detail = difference(s.known, specs)
	} else {
		s.known = specs
	}
	return i, nil
}

// leastBusy gives a living process with room, preferring to spread over those
// configured.
func (s *server) leastBusy() *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *instance
	living := s.instances[:0]
	for _, i := range s.instances {
		if i.lost() {
			go i.reap()
			continue
		}
		living = append(living, i)
		if i.busy < inflight(s.cfg) && (best == nil || i.busy < best.busy) {
			best = i
		}
	}
	s.instances = living
	if best != nil && best.busy > 0 && len(living) < max(1, s.cfg.Crystalyse.Instances) {
		return nil // start another one rather than share
	}
	if best != nil {
		best.busy++
	}
	return best
}

// circuit refuses to start a server that keeps failing, for a while.
func (s *server) circuit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	recent := s.failures[:0]
	for _, t := range s.failures {
		if time.Since(t) < failWindow {
			recent = append(recent, t)
		}
	}
	s.failures = recent
	if len(recent) >= maxFailures && time.Since(recent[len(recent)-1]) < coolDown {
		return fault.New(fault.CodeUnavailable, "the server %q failed %d times: %s", s.name, len(recent), s.st.Detail).
			WithHint("look at its log, then try again")
	}
	return nil
}

// failed notes that a process was lost during a call.
func (s *server) failed(i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, time.Now())
	// What it wrote may quote what a user asked of it, and all users read this.
	s.st.State, s.st.Detail, s.st.UpdatedAt = "failed", "it was lost during a call; its log may say why", time.Now().UTC()
}

// alone reports whether the call is the only one of its process.
func (s *server) alone(i *instance) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.busy == 1
}

func (s *server) close() error {
	s.start.Lock()
	defer s.start.Unlock()
	s.mu.Lock()
	s.closed = true
	instances := s.instances
	s.instances = nil
	s.mu.Unlock()
	var errs []error
	for _, i := range instances {
		errs = append(errs, i.stop())
	}
	return errors.Join(errs...)
}

// missingCommand words the commonest mistake of a configuration.
func missingCommand(name, command string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || isNotExist(err) {
		return fault.Wrap(fault.CodeUnavailable, err, "the MCP server %q has no program %q", name, command).
			WithHint("correct its command in the mcpServers configuration, or install it")
	}
	return fault.Wrap(fault.CodeUnavailable, err, "the MCP server %q does not start", name).WithHint("look at its log in the state folder")
}
