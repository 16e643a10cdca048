// Package e2e runs whole discoveries through the built binary and everything
// real below it: PostgreSQL, Redis, Temporal, the MCP servers, CHGNet.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/report"
)

var binary string

func TestMain(m *testing.M) {
	if dir := os.Getenv(workDir); dir != "" {
		serveWork(dir)
		return
	}
	dir, err := os.MkdirTemp("", "crystalyse-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "crystalyse")
	build := exec.Command("go", "build", "-o", binary, "crystalyse/cmd/crystalyse")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// stack is a running `crystalyse up`.
type stack struct {
	t    *testing.T
	dir  string
	env  []string
	cmd  *exec.Cmd
	out  *bytes.Buffer
	addr string
	env2 []string // of its worker, for another one
	pg   string   // where its database was found
}

// up starts a stack in a new state folder, with the shared environments.
func up(t *testing.T, extra ...string) *stack {
	t.Helper()
	dir := t.TempDir()
	s := &stack{t: t, dir: dir, env: append(cleanEnv(), append([]string{
		"CRYSTALYSE_STATE_DIR=" + dir, "CRYSTALYSE_ENV_DIR=" + filepath.Join(embeddedtest.StateDir(t), "envs"),
		"CRYSTALYSE_PORT=0", "CRYSTALYSE_TOOL_LOG=" + filepath.Join(dir, "tools.jsonl"),
	}, extra...)...)}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// cleanEnv is this process's environment without settings of crystalyse.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CRYSTALYSE_") && !strings.HasPrefix(kv, "OPENAI_") {
			env = append(env, kv)
		}
	}
	return env
}

func (s *stack) start() {
	s.t.Helper()
	s.cmd = exec.Command(binary, "up")
	s.cmd.Env = s.env
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := s.cmd.StdoutPipe()
	require.NoError(s.t, err)
	s.out = &bytes.Buffer{}
	s.cmd.Stderr = s.out
	require.NoError(s.t, s.cmd.Start())
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			if a, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- a
			}
		}
		close(ready)
	}()
	select {
	case a, ok := <-ready:
		require.True(s.t, ok, "the stack ended: %s", s.out)
		s.addr = a
	case <-time.After(patience):
		s.t.Fatal("the stack is not ready: " + s.out.String())
	}
}

// stop ends the stack and verifies that none of its processes is left.
func (s *stack) stop() {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, s.cmd.Wait(), s.out.String())
	s.cmd = nil
	require.Empty(s.t, processesOf(s.dir), "processes are left")
}

// processesOf finds living processes whose command line or environment names
// the folder.
func processesOf(dir string) []string {
	var found []string
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range entries {
		if filepath.Base(p) == strconv.Itoa(os.Getpid()) {
			continue
		}
		cmdline, err1 := os.ReadFile(filepath.Join(p, "cmdline"))
		environ, err2 := os.ReadFile(filepath.Join(p, "environ"))
		if errors.Join(err1, err2) == nil && len(cmdline) > 0 && (bytes.Contains(cmdline, []byte(dir)) || bytes.Contains(environ, []byte(dir))) {
			found = append(found, filepath.Base(p)+" "+strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return found
}

// run runs a command of the binary.
func (s *stack) run(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(s.t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// discover asks and gives the report.
func (s *stack) discover(query string, args ...string) (report.Report, int) {
	s.t.Helper()
	out, errs, code := s.run(append([]string{"discover", "--json", query}, args...)...)
	var r report.Report
	require.NoError(s.t, json.Unmarshal([]byte(out), &r), "%s\n%s", out, errs)
	return r, code
}

func (s *stack) status() embedded.Status {
	s.t.Helper()
	out, errs, code := s.run("status", "--json")
	require.Zero(s.t, code, errs)
	var st embedded.Status
	require.NoError(s.t, json.Unmarshal([]byte(out), &st))
	return st
}

// named gives the reported numbers of a name.
func named(r report.Report, name string) []float64 {
	var out []float64
	for _, v := range r.Values {
		if f, ok := v.V.(float64); ok && v.Name == name {
			out = append(out, f)
		}
	}
	return out
}

// parts are the processes that can be killed.
func parts(st embedded.Status) map[string]embedded.Part {
	return map[string]embedded.Part{"api": st.API, "worker": st.Worker, "postgres": st.Postgres, "redis": st.Redis, "temporal": st.Temporal}
}

// healthy waits until every part is there again.
func (s *stack) healthy() {
	s.t.Helper()
	waitFor(s.t, "every part to be back", func() bool {
		for _, p := range parts(s.status()) {
			if !p.Healthy {
				return false
			}
		}
		return true
	})
}
