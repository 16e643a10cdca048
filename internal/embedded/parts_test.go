package embedded

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

const patience = 60 * time.Second

func stateOf(t *testing.T) *config.Config {
	t.Helper()
	dir := t.TempDir()
	return &config.Config{StateDir: dir, EnvDir: filepath.Join(dir, "envs")}
}

func TestPortsAreKeptWhereTheyAreFree(t *testing.T) {
	t.Parallel()
	first, moved, err := choosePorts(&config.Config{}, Ports{})
	require.NoError(t, err)
	require.Empty(t, moved)
	all := map[int]bool{}
	for _, n := range []int{first.API, first.Postgres, first.Redis, first.Temporal, first.TemporalUI, first.Metrics, first.Embedding} {
		require.Positive(t, n)
		require.Less(t, n, 32_000, "no port of outgoing connections")
		all[n] = true
	}
	require.Len(t, all, 7, "no two services share a port")

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	busy := taken.Addr().(*net.TCPAddr).Port
	p, moved, err := choosePorts(&config.Config{Port: busy}, Ports{API: busy, Redis: first.Redis})
	require.NoError(t, err)
	require.NotEqual(t, busy, p.API)
	require.Equal(t, []string{"web address: port " + strconv.Itoa(busy) + " is taken, using " + strconv.Itoa(p.API)}, moved)
}

func TestOneStackInAFolder(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	unlock, err := lockState(cfg)
	require.NoError(t, err)
	_, err = lockState(cfg)
	require.Equal(t, fault.CodeConflict, fault.CodeOf(err))
	require.ErrorContains(t, err, "process "+pidText())
	require.Contains(t, fault.Hint(err), "--state-dir")
	unlock()
	unlock, err = lockState(cfg)
	require.NoError(t, err)
	unlock()
}

func TestInstallersTakeTurns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "lock")
	unlock, err := lockFile(path)
	require.NoError(t, err)
	turn := make(chan func(), 1)
	go func() {
		second, err := lockFile(path)
		if err == nil {
			turn <- second
		}
	}()
	select {
	case <-turn:
		t.Fatal("two hold the lock")
	default:
	}
	unlock()
	select {
	case second := <-turn:
		second()
	case <-time.After(patience):
		t.Fatal("the second never gets its turn")
	}
}

func TestCollectKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	old := time.Now().Add(-48 * time.Hour)
	place := func(parts ...string) string {
		p := cfg.Path(parts...)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o700))
		require.NoError(t, os.WriteFile(p, bytes.Repeat([]byte("x"), 1000), 0o600))
		require.NoError(t, os.Chtimes(p, old, old))
		return p
	}
	folder := func(parts ...string) string {
		dir := filepath.Dir(place(append(parts, "f")...))
		require.NoError(t, os.Chtimes(dir, old, old))
		return dir
	}
	spent, needed, young := folder("checkpoints", "spent"), folder("checkpoints", "needed"), folder("checkpoints", "young")
	require.NoError(t, os.Chtimes(young, time.Now(), time.Now()))
	export, log, artifact := place("artifacts", "exports", "a.cif"), place("logs", "api.log.1"), place("artifacts", "structures", "s.json")
	stranger, oldEnv := folder("envs", "mine-12345678"), folder("envs", "light-00000000")

	g := GC{OlderThan: 24 * time.Hour, KeepCheckpoints: map[string]bool{"needed": true}, DryRun: true}
	var said bytes.Buffer
	freed, err := Collect(t.Context(), cfg, g, &said)
	require.NoError(t, err)
	require.Positive(t, freed)
	require.DirExists(t, spent, "a dry run removes nothing")
	require.Contains(t, said.String(), spent)

	g.DryRun = false
	again, err := Collect(t.Context(), cfg, g, &said)
	require.NoError(t, err)
	require.Equal(t, freed, again)
	for _, p := range []string{spent, export, log, oldEnv} {
		require.NoFileExists(t, p)
		require.NoDirExists(t, p)
	}
	for _, p := range []string{needed, young, stranger} {
		require.DirExists(t, p)
	}
	require.FileExists(t, artifact)
}

// sleeper is a supervised process that does nothing; it counts its starts.
func sleeper(t *testing.T, cfg *config.Config, starts *int, script string) *child {
	t.Helper()
	return &child{cfg: cfg, log: slog.New(slog.DiscardHandler), spec: spec{
		name:    "sleeper",
		command: func() (*exec.Cmd, error) { *starts++; return exec.Command("sh", "-c", script), nil },
		ready:   func(ctx context.Context) error { return nil },
	}}
}

func (c *child) state() (pid, restarts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Process.Pid, c.restarts
}

func TestAChildThatDiesIsStartedAgain(t *testing.T) {
	t.Parallel()
	cfg, starts := stateOf(t), 0
	c := sleeper(t, cfg, &starts, "sleep 1000 & sleep 1000")
	require.NoError(t, c.start(t.Context()))
	first, _ := c.state()
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	require.Eventually(t, func() bool { pid, n := c.state(); return n == 1 && pid != first }, patience, 20*time.Millisecond)
	require.ErrorIs(t, syscall.Kill(-first, 0), syscall.ESRCH, "what it left was ended, too")
	second, _ := c.state()
	require.FileExists(t, recordPath(cfg, "sleeper"))
	require.NoError(t, c.halt())
	require.ErrorIs(t, syscall.Kill(-second, 0), syscall.ESRCH)
	require.NoFileExists(t, recordPath(cfg, "sleeper"))
	require.ErrorContains(t, c.launch(), "stopping", "nothing starts after a stop")
}

func TestAChildThatIsNeverReadyIsTold(t *testing.T) {
	t.Parallel()
	cfg, starts := stateOf(t), 0
	c := sleeper(t, cfg, &starts, "echo no license; exit 3")
	ended := make(chan struct{})
	c.ready = func(context.Context) error { <-ended; return os.ErrNotExist }
	close(ended)
	err := c.start(t.Context())
	require.ErrorContains(t, err, "sleeper is not ready: it ended")
	require.ErrorContains(t, err, "no license")
	require.Equal(t, 1, starts)
}

func TestAStartThatFailsForAReasonThatPassesIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]struct {
		again  passing
		script string
	}{
		"a port that another program took":      {portTaken, "echo listen: address already in use; exit 1"},
		"a service that is being started again": {serviceAway, fmt.Sprint("exit ", ExitUnavailable)},
		"somebody who kills it":                 {nil, "sleep 1000 & kill -9 $$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			starts := 0
			var ended []*exec.Cmd
			c := sleeper(t, stateOf(t), &starts, "")
			c.again = why.again
			c.command = func() (*exec.Cmd, error) {
				if starts++; c.cmd != nil {
					ended = append(ended, c.cmd)
				}
				script := why.script
				if starts == 3 {
					script = "sleep 1000"
				}
				return exec.Command("sh", "-c", script), nil
			}
			c.ready = func(context.Context) error {
				if starts < 3 {
					return os.ErrNotExist
				}
				return nil
			}
			require.NoError(t, c.start(t.Context()))
			require.Equal(t, 3, starts)
			require.Len(t, ended, 2)
			for _, cmd := range ended {
				require.ErrorIs(t, syscall.Kill(-cmd.Process.Pid, 0), syscall.ESRCH, "what it left was ended, too")
			}
			require.NoError(t, c.halt())
		})
	}
	starts := 0
	lost := sleeper(t, stateOf(t), &starts, "exit 8")
	lost.again = serviceAway
	lost.ready = func(context.Context) error { return os.ErrNotExist }
	require.ErrorContains(t, lost.start(t.Context()), "sleeper is not ready: it ended")
	require.Equal(t, tries, starts)
}

func TestLeftoversAreEndedStrangersAreNot(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	mine, stranger := exec.Command("sleep", "1000"), exec.Command("sleep", "1000")
	for _, cmd := range []*exec.Cmd{mine, stranger} {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		require.NoError(t, cmd.Start())
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	gone := make(chan struct{})
	go func() { _ = mine.Wait(); close(gone) }()
	write := func(name string, r Record) { require.NoError(t, writeJSON(recordPath(cfg, name), r)) }
	write("mine", Record{Name: "mine", PID: mine.Process.Pid, Started: startTime(mine.Process.Pid)})
	write("reused", Record{Name: "reused", PID: stranger.Process.Pid, Started: "somebody before it"})
	require.NoError(t, endLeftovers(cfg, slog.New(slog.DiscardHandler)))
	select {
	case <-gone:
	case <-time.After(patience):
		t.Fatal("the leftover lives")
	}
	require.NoError(t, syscall.Kill(stranger.Process.Pid, 0), "a process that only got the number is left alone")
	require.NoFileExists(t, recordPath(cfg, "mine"))
	require.NoFileExists(t, recordPath(cfg, "reused"))
}

func TestALogThatGrewIsSetAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "logs", "x.log")
	f, err := openLog(path)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(maxLogBytes+1))
	require.NoError(t, f.Close())
	f, err = openLog(path)
	require.NoError(t, err)
	defer f.Close()
	require.FileExists(t, path+".1")
	st, err := f.Stat()
	require.NoError(t, err)
	require.Zero(t, st.Size())
}
