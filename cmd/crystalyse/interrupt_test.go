package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/user"
)

const childAddress = "CRYSTALYSE_TEST_CHILD_ADDRESS"

// TestChild is not a test of its own: it is the program that the tests below
// start as a process, to send it real signals.
func TestChild(t *testing.T) {
	address := os.Getenv(childAddress)
	if address == "" {
		return
	}
	root := commandTree(fixedStack{address: address})
	_, args, _ := strings.Cut(strings.Join(os.Args, "\n"), "\n--\n")
	root.SetArgs(strings.Split(args, "\n"))
	os.Exit(exitCodeOf(root.ExecuteContext(context.Background())))
}

// child is the program under a terminal of its own.
type child struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File

	mu     sync.Mutex
	seen   bytes.Buffer // guarded by mu
	closed chan struct{}
}

func (b bench) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestChild$", "--"}, args...)...)
	cmd.Env = append(os.Environ(), childAddress+"="+b.stack.address, "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL=", "NO_COLOR=")
	return cmd
}

func (b bench) onTerminal(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: b.command(t, args...), closed: make(chan struct{})}
	tty, err := pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 40, Cols: 80})
	require.NoError(t, err)
	c.tty = tty
	t.Cleanup(func() { _ = tty.Close() })
	go func() {
		defer close(c.closed)
		_, _ = io.Copy(c, tty) // ends with EIO when the program is gone
	}()
	return c
}

// Write takes what the program shows.
func (c *child) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.Write(p)
}

func (c *child) shown() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.String()
}

// sees waits until the text was shown so many times.
func (c *child) sees(text string, times int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return strings.Count(c.shown(), text) >= times }, 5*time.Minute, 5*time.Millisecond,
		"waiting for %q in %s", text, stringer(c.shown))
}

// stringer delays the text of a failure to the moment it fails.
type stringer func() string

func (s stringer) String() string { return s() }

func (c *child) types(keys string) {
	c.t.Helper()
	_, err := c.tty.WriteString(keys)
	require.NoError(c.t, err)
}

// exits waits for the end and gives the exit code.
func (c *child) exits() int {
	c.t.Helper()
	err := c.cmd.Wait()
	<-c.closed
	return codeOf(c.t, err)
}

func codeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	require.NoError(t, err)
	return 0
}

// running gives a bench with one discovery in the middle of its work.
func running(t *testing.T) (bench, discovery.Discovery) {
	b := newBench(t)
	d := b.Ask(user.Local, "NaCl?")
	b.Become(d.ID, discovery.StatusRunning, event.DiscoveryStatus{})
	b.Emit(d.ID, "t1.tool1", event.ToolCallStart{CallID: "t1.tool1", Tool: "relax_structure", Arguments: map[string]any{"formula": "NaCl"}})
	b.SetRunning(d.ID, discovery.RunningCall{CallID: "t1.tool1", Tool: "relax_structure", Attempt: 1, StartedAt: time.Now()})
	return b, d
}

const ctrlC = "\x03"

func TestInterrupt(t *testing.T) {
	t.Parallel()
	t.Run("ContinueThenItEnds", func(t *testing.T) {
		t.Parallel()
		b, d := running(t)
		c := b.onTerminal(t, "follow", d.ID)
		c.sees("relax_structure NaCl", 1)
		c.types(ctrlC)
		c.sees("[s]top / [l]eave / [c]ontinue", 1)
		c.types("what\n")
		c.sees("[s]top / [l]eave / [c]ontinue", 2)
		c.types("c\n")
		b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
		c.sees("14 of 14 numbers sourced", 1)
		require.Equal(t, 0, c.exits())
	})
	t.Run("DiscoverIsNotEndedByTheQuestion", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.OnStart(func(d discovery.Discovery) error {
			b.Become(d.ID, discovery.StatusRunning, event.DiscoveryStatus{})
			b.Emit(d.ID, "t1.llm", event.ReasoningStart{Turn: 1, Speaker: "planner-1"})
			return nil
		})
		c := b.onTerminal(t, "discover", "NaCl?")
		c.sees("thinking", 1)
		c.types(ctrlC)
		c.sees("[c]ontinue", 1)
		c.types("c\n")
		d, err := b.Deps().Discoveries.Get(t.Context(), user.Local, b.Only())
		require.NoError(t, err)
		b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
		require.Equal(t, 0, c.exits())
		require.Contains(t, c.shown(), "14 of 14 numbers sourced")
	})
	t.Run("ItEndsWhileAsking", func(t *testing.T) {
		t.Parallel()
		b, d := running(t)
		c := b.onTerminal(t, "follow", d.ID)
		c.sees("relax_structure NaCl", 1)
		c.types(ctrlC)
		c.sees("[c]ontinue", 1)
		b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
		require.Equal(t, 0, c.exits())
		require.Contains(t, c.shown(), "14 of 14 numbers sourced")
	})
	t.Run("LeaveByAnswer", func(t *testing.T) {
		t.Parallel()
		b, d := running(t)
		b.OnCancel(func(string, string) error { t.Error("left, not stopped"); return nil })
		c := b.onTerminal(t, "follow", d.ID)
		c.sees("relax_structure NaCl", 1)
		c.types(ctrlC)
		c.sees("[c]ontinue", 1)
		c.types("l\n")
		require.Equal(t, exitLeft, c.exits())
		require.Contains(t, c.shown(), "crystalyse follow "+d.ID)
		require.Contains(t, c.shown(), "crystalyse cancel "+d.ID)
	})
	t.Run("LeaveBySecondInterrupt", func(t *testing.T) {
		t.Parallel()
		b, d := running(t)
		b.OnCancel(func(string, string) error { t.Error("left, not stopped"); return nil })
		c := b.onTerminal(t, "follow", d.ID)
		c.sees("relax_structure NaCl", 1)
		c.types(ctrlC)
		c.sees("[c]ontinue", 1)
		c.types(ctrlC)
		require.Equal(t, exitLeft, c.exits())
	})
	t.Run("Stop", func(t *testing.T) {
		t.Parallel()
		b, d := running(t)
		b.OnCancel(func(id, _ string) error {
			b.Close(id, discovery.StatusCancelled, answer(d, discovery.StatusCancelled), "")
			return nil
		})
		c := b.onTerminal(t, "follow", d.ID)
		c.sees("relax_structure NaCl", 1)
		c.types(ctrlC)
		c.sees("[c]ontinue", 1)
		c.types("s\n")
		require.Equal(t, exitCancelled, c.exits())
		require.Contains(t, c.shown(), "cancelled")
		require.Contains(t, c.shown(), "14 of 14 numbers sourced", "the report of what there was follows")
	})
	t.Run("WithoutATerminal", func(t *testing.T) {
		t.Parallel()
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
			b, d := running(t)
			b.OnCancel(func(string, string) error { t.Error("left, not stopped"); return nil })
			c := &child{t: t, cmd: b.command(t, "follow", "--json", d.ID)}
			var out bytes.Buffer
			c.cmd.Stdout, c.cmd.Stderr = &out, c
			require.NoError(t, c.cmd.Start())
			c.sees("t1.tool1", 1)
			require.NoError(t, c.cmd.Process.Signal(s))
			require.Equal(t, exitLeft, codeOf(t, c.cmd.Wait()))
			require.Empty(t, out.String())
			require.Contains(t, c.shown(), "crystalyse follow "+d.ID)
			require.NotContains(t, c.shown(), "\x1b")
		}
	})
}

// TestServerRestart cuts every connection in the middle of a follow and keeps
// the server away until the program noticed.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	b, d := running(t)
	var away atomic.Bool
	api := rest.New(b.Deps())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler) // the connection just ends, as at a kill -9
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	b.stack.address = srv.URL
	c := b.onTerminal(t, "follow", d.ID)
	c.sees("relax_structure NaCl", 1)
	away.Store(true)
	srv.CloseClientConnections()
	c.sees("disconnected", 1)
	b.Emit(d.ID, "t1.tool1", event.ToolCallResult{CallID: "t1.tool1", Tool: "relax_structure", Status: "ok", DurationS: 3})
	away.Store(false)
	c.sees("connected again", 1)
	b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
	require.Equal(t, 0, c.exits())
	require.Contains(t, c.shown(), "14 of 14 numbers sourced")
}

func TestLiveProgressOnATerminal(t *testing.T) {
	t.Parallel()
	b, d := running(t)
	c := b.onTerminal(t, "follow", d.ID)
	c.sees("relax_structure NaCl", 1)
	c.sees("Ctrl-C: stop or leave", 1)
	c.sees("\x1b[34m", 1) // color on a terminal
	b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
	require.Equal(t, 0, c.exits())

	plain := b.command(t, "follow", d.ID)
	plain.Env = append(plain.Env, "NO_COLOR=1")
	tty, err := pty.Start(plain)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tty.Close() })
	var seen bytes.Buffer
	_, _ = io.Copy(&seen, tty) // ends with EIO when the program is gone
	require.NoError(t, plain.Wait())
	require.NotContains(t, seen.String(), "\x1b[3", "no color")
	require.Contains(t, seen.String(), "14 of 14 numbers sourced")
}
