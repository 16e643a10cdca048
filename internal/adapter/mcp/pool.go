// Package mcp runs the MCP servers: one process group each, started when
// needed, restarted when lost, ended with everything they started.
package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// Options configure a Pool.
type Options struct {
	Config tool.Config
	// Golden lists the tools of built-in servers, so that they are known before
	// their environment is installed.
	Golden map[string][]tool.Spec
	// Env is the whole environment of a server, before its own additions; the
	// worker's is never passed on, since it holds secrets.
	Env []string
	// LogDir gets one file per process with its standard error.
	LogDir string
	// Ready tells whether a Python environment is installed, and if not, how far
	// it is. A broken one is an error. Nil means always ready.
	Ready func(environment string) (ok bool, detail string, err error)
	Log   *slog.Logger
}

// Pool runs servers; it implements tool.Caller.
type Pool struct {
	opts    Options
	ctx     context.Context
	cancel  context.CancelFunc
	starter *starter
	servers map[string]*server
}

var _ tool.Caller = (*Pool)(nil)

// New prepares the servers; none starts before it is needed.
func New(opts Options) *Pool {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{opts: opts, ctx: ctx, cancel: cancel, starter: newStarter(), servers: map[string]*server{}}
	for name, cfg := range opts.Config.Servers {
		p.servers[name] = newServer(p, name, cfg)
	}
	return p
}

// Golden reads the tool lists of the built-in servers (golden/<server>.json).
func Golden(files fs.FS) (map[string][]tool.Spec, error) {
	paths, err := fs.Glob(files, "golden/*.json")
	if err != nil {
		return nil, err
	}
	out := map[string][]tool.Spec{}
	for _, p := range paths {
		body, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, err
		}
		var g struct {
			Server, Version string
			Tools           []struct {
				Name, Description         string
				InputSchema, OutputSchema json.RawMessage
				Meta                      map[string]any
			}
		}
		if err := json.Unmarshal(body, &g); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		for _, t := range g.Tools {
			out[g.Server] = append(out[g.Server], tool.Spec{
				Server: g.Server, Version: g.Version, Name: t.Name, Description: t.Description,
				InputSchema: t.InputSchema, OutputSchema: t.OutputSchema, Long: t.Meta[metaLong] == true,
			})
		}
	}
	return out, nil
}

// Tools lists every known tool in a stable order. Where two servers offer the
// same name, the later one's is prefixed with its server.
func (p *Pool) Tools(ctx context.Context) ([]tool.Spec, error) {
	var all []tool.Spec
	taken := map[string]bool{}
	for _, name := range p.opts.Config.Names() {
		specs, err := p.servers[name].specs(ctx)
		if err != nil {
			p.opts.Log.Warn("the tools of a server are not known", "server", name, "error", err)
			continue
		}
		for _, s := range specs {
			if taken[s.Name] {
				s.Name = name + "__" + s.Name
			}
			taken[s.Name] = true
			all = append(all, s)
		}
	}
	return all, nil
}

// readyPoll is how often a missing environment is looked for.
const readyPoll = time.Second

// Ready waits for the server's environment and first process.
func (p *Pool) Ready(ctx context.Context, name string, waiting func(string)) error {
	s, err := p.server(name)
	if err != nil {
		return err
	}
	last := ""
	for {
		ok, detail, err := s.environment()
		if err != nil {
			s.note("failed", err.Error())
			return fault.Wrap(fault.CodeUnavailable, err, "the server %q cannot run", name).WithHint("run `crystalyse doctor`")
		}
		if ok {
			return nil
		}
		if detail != last {
			last = detail
			s.note("waiting", detail)
			waiting(detail)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(readyPoll):
		}
	}
}

func (p *Pool) server(name string) (*server, error) {
	if s, ok := p.servers[name]; ok {
		return s, nil
	}
	return nil, fault.NotFound("MCP server", name)
}

// States gives the condition of every server.
func (p *Pool) States() map[string]tool.ServerState {
	out := make(map[string]tool.ServerState, len(p.servers))
	for name, s := range p.servers {
		out[name] = s.state()
	}
	return out
}

// Close ends every process group and verifies that none is left.
func (p *Pool) Close(context.Context) error {
	p.cancel()
	var wg sync.WaitGroup
	errs := make(chan error, len(p.servers))
	for _, s := range p.servers {
		wg.Go(func() { errs <- s.close() })
	}
	wg.Wait()
	close(errs)
	p.starter.close()
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
