package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// TestTwoWorkers: a call goes from one worker to another, of this host or of
// one that shares no folder with it, and a worker that everybody took for dead
// comes back.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders)
	s := b.up("CRYSTALYSE_ARTIFACT_STORE=postgres")
	calm := s.ask("hold calm", discovery.Budget{})
	b.release("calm")
	want := s.ends(calm.ID)

	// The calculation of a stopped worker goes on, since it is a process of its
	// own: the fence ends it, and what its worker says afterwards is refused.
	t.Run("ZombieComesBack", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold z", discovery.Budget{})
		b.reached("z", 5)
		s.healthy()
		zombie := s.status().Worker.PID
		sendSignal(t, zombie, syscall.SIGSTOP)
		defer func() { _ = syscall.Kill(zombie, syscall.SIGCONT) }()
		s.another()
		waitFor(t, "the second attempt", func() bool { return b.count("start", "z") == 2 })
		waitFor(t, "the end of the first calculation", func() bool { return b.count("stale", "z") == 1 })
		b.release("z")
		s.same(b, d, "z", want.Summary, 1)
		sendSignal(t, zombie, syscall.SIGCONT)
		after := s.ask("hold after", discovery.Budget{})
		b.release("after")
		s.same(b, after, "after", want.Summary, 0)
		require.Equal(t, 1, kinds(s.events(d.ID), event.TypeToolCallResult), "the late answer was refused")
	})
	// The worker of the other host has another state folder: what it goes on
	// from came through the artifact store.
	t.Run("OtherHost", func(t *testing.T) {
		at(t, b, s)
		began := time.Now()
		d := s.ask("hold o", discovery.Budget{})
		b.reached("o", 5)
		s.waitForCopy("5", began)
		s.frozen(func(pid int) { kill(t, pid) })
		s.another("CRYSTALYSE_STATE_DIR=" + t.TempDir())
		waitFor(t, "the second attempt", func() bool { return b.count("start", "o") == 2 })
		require.Equal(t, 5, b.last("start", "o").Step, "it goes on from the copied checkpoint")
		b.release("o")
		s.same(b, d, "o", want.Summary, 1)
	})
	// A new version is rolled out: it runs already when the old one is asked to
	// stop, and takes the call over before a heartbeat is missed.
	t.Run("RolledOver", func(t *testing.T) {
		at(t, b, s)
		d := s.ask("hold v", discovery.Budget{})
		b.reached("v", 5)
		s.another()
		s.frozen(func(pid int) { sendSignal(t, pid, syscall.SIGTERM) })
		b.stopped("v")
		b.release("v")
		s.same(b, d, "v", want.Summary, 0)
		require.Contains(t, s.failures(t, d.ID), "ToolTransportLost", "the call was handed over, not missed")
	})
}

func sendSignal(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	require.NotZero(t, pid)
	require.NoError(t, syscall.Kill(pid, sig))
}

// workerEnv is the environment of the stack's worker: where its services are.
func (s *stack) workerEnv() []string {
	s.t.Helper()
	body, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.status().Worker.PID), "environ"))
	require.NoError(s.t, err)
	return strings.Split(strings.TrimSuffix(string(body), "\x00"), "\x00")
}

// another starts a second worker on the services of the stack; it ends with
// the test.
func (s *stack) another(extra ...string) {
	s.t.Helper()
	if s.env2 == nil {
		s.env2 = s.workerEnv()
	}
	cmd := exec.Command(binary, "worker")
	cmd.Env = append(append([]string{}, s.env2...), extra...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out := &bytes.Buffer{}
	cmd.Stderr = out
	require.NoError(s.t, cmd.Start())
	t := s.t
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		require.NoError(t, cmd.Wait(), out.String())
	})
}

// frozen does something to the worker while nothing starts it again, until the
// test ends.
func (s *stack) frozen(what func(pid int)) {
	s.t.Helper()
	s.healthy()
	pid := s.status().Worker.PID
	s.env2 = s.workerEnv()
	up := s.cmd.Process
	require.NoError(s.t, up.Signal(syscall.SIGSTOP))
	s.t.Cleanup(func() { _ = up.Signal(syscall.SIGCONT) })
	what(pid)
}

// waitForCopy waits until the shared store has a checkpoint at a step that was
// written since.
func (s *stack) waitForCopy(step string, since time.Time) {
	s.t.Helper()
	dsn := ""
	for _, kv := range s.workerEnv() {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			dsn = v
		}
	}
	conn, err := pgx.Connect(s.t.Context(), dsn)
	require.NoError(s.t, err)
	defer conn.Close(s.t.Context())
	waitFor(s.t, "the copy of the checkpoint", func() bool {
		n := 0
		err := conn.QueryRow(s.t.Context(), `SELECT count(*) FROM artifacts WHERE path LIKE 'checkpoints/%/step' AND body = $1 AND written_at > $2`, []byte(step), since).Scan(&n)
		return err == nil && n > 0
	})
}
