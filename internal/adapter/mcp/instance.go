package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"crystalyse/internal/tool"
)

const (
	initTimeout     = 60 * time.Second
	discoverTimeout = 2 * time.Second
	metaLong        = "crystalyse/long"
)

// instance is one process of a server.
type instance struct {
	server *server
	client *client.Client
	child  *child
	demux  *demux
	stderr *stderrLog
	dead   atomic.Bool
	fresh  atomic.Bool // no call has been answered yet
	busy   int         // guarded by server.mu
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// launch starts a process, says hello and lists its tools.
func (s *server) launch(ctx context.Context) (*instance, []tool.Spec, string, error) {
	i := &instance{server: s, demux: newDemux()}
	i.fresh.Store(true)
	var err error
	if i.stderr, err = openStderr(s.pool.opts.LogDir, s.name); err != nil {
		return nil, nil, "", err
	}
	cmd, err := i.command(s.cfg.Command, s.cfg.Args)
	if err == nil {
		// It is started from a thread that lives as long as the pool, since the
		// kernel ends it with that thread.
		s.pool.starter.do(func() { i.child, err = startChild(cmd) })
	}
	if err != nil {
		i.stderr.close()
		return nil, nil, "", missingCommand(s.name, s.cfg.Command, err)
	}
	t := transport.NewIO(i.child.lines, i.child.stdin, nil)
	options := []client.ClientOption{client.WithDiscoverTimeout(discoverTimeout)}
	if s.cfg.Crystalyse.Builtin {
		// Our servers speak the handshake; probing for a newer protocol costs time.
		options = append(options, client.WithLegacyProtocolOnly()) //nolint:staticcheck // until our servers' SDK drops it, too
	}
	i.client = client.NewClient(t, options...)
	// The process lives as long as the pool, not as the call that started it.
	if err := i.client.Start(s.pool.ctx); err != nil {
		return nil, nil, "", errors.Join(missingCommand(s.name, s.cfg.Command, err), i.stop())
	}
	i.client.OnNotification(i.demux.notify)
	specs, version, err := i.hello(ctx)
	if err != nil {
		// Once it is reaped, all that it wrote of its end has been read.
		stopped := i.stop()
		err = missingCommand(s.name, s.cfg.Command, fmt.Errorf("%w%s", err, i.stderr.quote()))
		return nil, nil, "", errors.Join(err, stopped)
	}
	return i, specs, version, nil
}

// command builds the process: its own group, an allow-listed environment, a
// folder of its own.
func (i *instance) command(command string, args []string) (*exec.Cmd, error) {
	path, err := exec.LookPath(command)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...) //nolint:gosec // the operator's own configuration
	cmd.Env = append([]string{}, i.server.pool.opts.Env...)
	for _, k := range sortedKeys(i.server.cfg.Env) {
		cmd.Env = append(cmd.Env, k+"="+i.server.cfg.Env[k])
	}
	cmd.Dir = i.server.cfg.Cwd
	if cmd.Dir == "" && i.server.pool.opts.LogDir != "" {
		cmd.Dir = filepath.Join(i.server.pool.opts.LogDir, "..", "scratch", i.server.name)
		if err := os.MkdirAll(cmd.Dir, 0o700); err != nil {
			return nil, err
		}
	}
	cmd.SysProcAttr = ownGroup()
	cmd.Stderr = i.stderr
	return cmd, nil
}

func (i *instance) hello(ctx context.Context) ([]tool.Spec, string, error) {
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	req := mcp.InitializeRequest{}
	req.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	req.Params.ClientInfo = mcp.Implementation{Name: "crystalyse", Version: "0.1.0"}
	res, err := i.client.Initialize(ctx, req)
	if err != nil {
		return nil, "", fmt.Errorf("initialize: %w", err)
	}
	list, err := i.client.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return nil, "", fmt.Errorf("list tools: %w", err)
	}
	specs := make([]tool.Spec, 0, len(list.Tools))
	for _, t := range list.Tools {
		s, err := specOf(i.server.name, res.ServerInfo.Version, t)
		if err != nil {
			return nil, "", err
		}
		specs = append(specs, s)
	}
	return specs, res.ServerInfo.Version, nil
}

func specOf(server, version string, t mcp.Tool) (tool.Spec, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return tool.Spec{}, fmt.Errorf("tool %s: %w", t.Name, err)
	}
	s := tool.Spec{}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("tool %s: %w", t.Name, err)
	}
	s.Server, s.Version = server, version
	s.Long = t.Meta != nil && t.Meta.AdditionalFields[metaLong] == true
	return s, nil
}

// difference words how a built-in server departs from its golden list.
func difference(golden, live []tool.Spec) string {
	have := map[string]bool{}
	for _, s := range live {
		have[s.Name] = true
	}
	var missing []string
	for _, s := range golden {
		if !have[s.Name] {
			missing = append(missing, s.Name)
		}
		delete(have, s.Name)
	}
	if len(missing)+len(have) == 0 {
		return ""
	}
	extra := make([]string, 0, len(have))
	for n := range have {
		extra = append(extra, n)
	}
	sort.Strings(extra)
	return "its tools differ from the list it was built with: missing [" + strings.Join(missing, " ") + "], new [" + strings.Join(extra, " ") + "]"
}

func (i *instance) pid() int {
	if i.child == nil {
		return 0
	}
	return i.child.cmd.Process.Pid
}

// lost reports whether the process is known to be gone.
func (i *instance) lost() bool { return i.dead.Load() }

// reap cleans up after a process that is gone.
func (i *instance) reap() {
	if err := i.stop(); err != nil {
		i.server.pool.opts.Log.Warn("a lost server left processes", "server", i.server.name, "error", err)
	}
}

// stop ends the process and everything it started, and verifies it: standard
// input is closed first, so that a server can save what it holds.
func (i *instance) stop() error {
	i.dead.Store(true)
	_ = i.client.Close() // it closes standard input; a process that is gone makes it fail
	i.child.bye()
	defer i.stderr.close()
	if pid := i.pid(); pid > 0 {
		return endGroup(pid)
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
