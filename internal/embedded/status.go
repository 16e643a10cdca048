package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"syscall"
	"time"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// Part is one process of a stack as status shows it.
type Part struct {
	Address string `json:"address"`
	PID     int    `json:"pid"`
	Healthy bool   `json:"healthy"`
}

// Status is what `crystalyse status --json` prints.
type Status struct {
	API        Part                `json:"api"`
	Worker     Part                `json:"worker"`
	Postgres   Part                `json:"postgres"`
	Redis      Part                `json:"redis"`
	Temporal   Part                `json:"temporal"`
	TemporalUI Part                `json:"temporal_ui"`
	Embedding  Part                `json:"embedding"`
	MCP        json.RawMessage     `json:"mcp"`
	Envs       map[string]EnvState `json:"environments"`
	Running    bool                `json:"running"` // a stack of this folder, whole or not
}

// Down names the parts that a discovery needs and that are not healthy.
func (s Status) Down() []string {
	var down []string
	for _, p := range []struct {
		name string
		part Part
	}{{"api", s.API}, {"worker", s.Worker}, {"postgres", s.Postgres}, {"redis", s.Redis}, {"temporal", s.Temporal}} {
		if !p.part.Healthy {
			down = append(down, p.name)
		}
	}
	return down
}

// Running gives the stack of a state folder, if one runs.
func Running(cfg *config.Config) (Info, bool, error) {
	var i Info
	found, err := readJSON(infoPath(cfg), &i, slog.Default())
	if err != nil || !found {
		return Info{}, false, err
	}
	return i, i.PID > 0 && i.Started != "" && startTime(i.PID) == i.Started, nil
}

// ReadStatus looks at every part of a stack.
func ReadStatus(ctx context.Context, cfg *config.Config) (Status, error) {
	info, up, err := Running(cfg)
	if err != nil {
		return Status{}, err
	}
	s := Status{MCP: json.RawMessage("{}"), Running: up}
	environments := *cfg
	if up && info.EnvDir != "" {
		environments.EnvDir = info.EnvDir // those of the stack, wherever it was told they are
	}
	if s.Envs, err = ReadEnvs(&environments); err != nil {
		return s, err
	}
	for name, p := range map[string]*Part{"api": &s.API, "worker": &s.Worker, "postgres": &s.Postgres, "redis": &s.Redis, "temporal": &s.Temporal, "embedding": &s.Embedding} {
		var r Record
		found, err := readJSON(recordPath(cfg, name), &r, slog.Default())
		if err != nil {
			return s, err
		}
		if found {
			*p = Part{Address: r.Address, PID: r.PID, Healthy: up && startTime(r.PID) == r.Started}
		}
	}
	if e, outside := cfg.Embedding(); outside {
		s.Embedding = Part{Address: hostOf(e.BaseURL), Healthy: up}
	} else if s.Embedding.Healthy {
		s.Embedding.Healthy = answers(s.Embedding.Address+"/healthz")(ctx) == nil
	}
	for p, outside := range map[*Part]string{&s.Postgres: cfg.DatabaseURL.Reveal(), &s.Redis: cfg.RedisURL.Reveal(), &s.Temporal: cfg.TemporalAddress} {
		if outside != "" {
			*p = Part{Address: hostOf(outside), Healthy: up}
		}
	}
	s.TemporalUI = Part{Address: info.TemporalUI, PID: s.Temporal.PID, Healthy: up && s.Temporal.Healthy && info.TemporalUI != ""}
	if up {
		s.API.Healthy = answers(info.API+"/healthz")(ctx) == nil
		var body struct {
			MCP json.RawMessage `json:"mcp"`
		}
		if getJSON(ctx, info.API+"/api/v1/status", &body) == nil && len(body.MCP) > 0 {
			s.MCP = body.MCP
		}
	}
	return s, nil
}

func getJSON(ctx context.Context, address string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", address, resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(v)
}

// idleFor tells for how long nothing has run and nobody has asked.
func idleFor(ctx context.Context, api string) (time.Duration, error) {
	var h struct {
		Idle    float64 `json:"idle_seconds"`
		Running int     `json:"running"`
	}
	if err := getJSON(ctx, api+"/healthz", &h); err != nil || h.Running > 0 {
		return 0, err
	}
	return time.Duration(h.Idle * float64(time.Second)), nil
}

// Down stops the stack of a state folder and waits until it is gone.
func Down(ctx context.Context, cfg *config.Config) (was bool, err error) {
	i, up, err := Running(cfg)
	if err != nil || !up {
		return false, err
	}
	if err := syscall.Kill(i.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return true, fault.Wrap(fault.CodeUnavailable, err, "the stack (process %d) cannot be stopped", i.PID)
	}
	for startTime(i.PID) == i.Started {
		select {
		case <-ctx.Done():
			return true, fault.New(fault.CodeUnavailable, "the stack (process %d) is still stopping", i.PID).WithHint("see %s", cfg.Logs())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true, nil
}
