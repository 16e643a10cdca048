package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
	"crystalyse/mcp"
)

// EnvNames are the Python environments, in the order they are installed.
var EnvNames = []string{"light", "ml"}

// EnvState is the condition of a Python environment.
type EnvState struct {
	State   string    `json:"state"` // waiting | installing | ready | failed
	Detail  string    `json:"detail,omitempty"`
	Hint    string    `json:"hint,omitempty"`
	Python  string    `json:"python"`
	Since   time.Time `json:"since"`
	TookS   float64   `json:"took_s,omitempty"`
	Version string    `json:"version"` // hash of its lock
}

// envDir is where an environment of this binary's lock lives; a new lock gets a
// new folder, so that what runs is never changed under it.
func envDir(cfg *config.Config, name string) (dir, version string, lock []byte, err error) {
	lock, err = mcp.Files.ReadFile("locks/" + name + ".txt")
	version = shortHash(lock)
	return filepath.Join(cfg.EnvDir, name+"-"+version), version, lock, err
}

// Python gives the interpreter of an environment, whether installed or not.
func Python(cfg *config.Config, name string) (string, error) {
	dir, _, _, err := envDir(cfg, name)
	return filepath.Join(dir, "bin", "python"), err
}

// ReadEnvs gives the condition of every environment. An environment whose
// folder is complete is ready, whatever the file says.
func ReadEnvs(cfg *config.Config) (map[string]EnvState, error) {
	states := map[string]EnvState{}
	if _, err := readJSON(cfg.Path("run", "envs.json"), &states, slog.Default()); err != nil {
		return nil, err
	}
	for _, name := range EnvNames {
		dir, version, _, err := envDir(cfg, name)
		if err != nil {
			return nil, err
		}
		s := states[name]
		s.Version, s.Python = version, filepath.Join(dir, "bin", "python")
		switch {
		case isReady(dir):
			s.State, s.Detail, s.Hint = "ready", "", ""
		case s.State == "" || s.State == "ready":
			s.State, s.Detail = "waiting", "not installed yet"
		}
		states[name] = s
	}
	return states, nil
}

// envs installs environments and keeps their states in a file.
type envs struct {
	*installer
	uv string
	mu sync.Mutex
}

func (e *envs) note(name string, change func(*EnvState)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	states, err := ReadEnvs(e.cfg)
	if err != nil {
		slog.Warn("the states of the environments cannot be read", "error", err)
		return
	}
	s := states[name]
	change(&s)
	states[name] = s
	if err := writeJSON(e.cfg.Path("run", "envs.json"), states); err != nil {
		slog.Warn("the state of an environment cannot be written", "environment", name, "error", err)
	}
}

// install makes an environment, if it is not there yet. It can be cut off at
// any point and is then done again.
func (e *envs) install(ctx context.Context, name string) error {
	dir, _, lock, err := envDir(e.cfg, name)
	if err != nil || isReady(dir) {
		return err
	}
	began := time.Now()
	e.report.Step("environment "+name, "installing")
	e.note(name, func(s *EnvState) { s.State, s.Detail, s.Hint, s.Since = "installing", "", "", began.UTC() })
	stop := e.watch(name, dir, began)
	err = e.build(ctx, name, dir, lock)
	stop()
	if err != nil {
		e.note(name, func(s *EnvState) { s.State, s.Detail, s.Hint = "failed", err.Error(), fault.Hint(err) })
		e.report.Failed("environment "+name, err)
		return err
	}
	took := time.Since(began)
	e.note(name, func(s *EnvState) { s.State, s.Detail, s.TookS = "ready", "", took.Seconds() })
	e.report.Done("environment "+name, "installed in "+took.Round(time.Second).String())
	return nil
}

func (e *envs) build(ctx context.Context, name, dir string, lock []byte) error {
	python, err := findPython()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return diskFault(err, dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return diskFault(err, dir)
	}
	file := e.cfg.Path("run", "lock-"+name+".txt")
	if err := writeFile(file, lock, 0o644); err != nil {
		return err
	}
	if err := e.run(exec.CommandContext(ctx, e.uv, "venv", "--quiet", "--python", python, dir), name); err != nil {
		return err
	}
	sync := exec.CommandContext(ctx, e.uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", filepath.Join(dir, "bin", "python"), file)
	if err := e.run(sync, name); err != nil {
		return err
	}
	return markReady(dir, lock)
}

// watch reports how large the environment is while it grows.
func (e *envs) watch(name, dir string, began time.Time) (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(2 * time.Second)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
			}
			detail := fmt.Sprintf("installing for %s, %.1f GB so far", time.Since(began).Round(time.Second), float64(sizeOf(dir))/1e9)
			e.report.Step("environment "+name, detail)
			e.note(name, func(s *EnvState) {
				if s.State == "installing" {
					s.Detail = detail
				}
			})
		}
	}()
	return func() { close(done); <-ended }
}

// sizeOf adds up the files below a folder; what vanishes meanwhile counts nothing.
func sizeOf(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a size that is shown may be short of a file
		}
		if info, err := d.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// Install makes everything that a start needs, and starts nothing.
func Install(ctx context.Context, cfg *config.Config, report Reporter) error {
	unlock, err := lockFile(cfg.Path("run", "install.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	inst := &installer{cfg: cfg, report: report}
	tools, err := inst.tools(ctx)
	if err != nil {
		return err
	}
	if _, err := unpackServers(cfg); err != nil {
		return err
	}
	e := &envs{installer: inst, uv: tools.UV}
	for _, name := range EnvNames {
		if err := e.install(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
