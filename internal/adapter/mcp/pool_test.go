package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/mcp"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

func pool(t *testing.T, how string, change ...func(*mcp.Options)) *mcp.Pool {
	t.Helper()
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	o := mcp.Options{
		Config: tool.Config{Servers: map[string]tool.ServerConfig{"fake": {Command: self, Env: map[string]string{"FAKE_SERVER": how}, Crystalyse: tool.ServerOptions{Builtin: true}}}},
		Env:    []string{"PATH=" + os.Getenv("PATH")}, LogDir: t.TempDir(),
	}
	for _, c := range change {
		c(&o)
	}
	p := mcp.New(o)
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	return p
}

func call(ctx context.Context, p *mcp.Pool, on func(tool.Progress)) (tool.Outcome, error) {
	return p.Call(ctx, tool.Invocation{Tool: "work", Server: "fake", Arguments: json.RawMessage(`{"n":1}`), IdempotencyKey: "k", CheckpointDir: "/c", Fence: 4, Deadline: time.Unix(100, 0), AnswerBy: time.Unix(50, 0), OnProgress: on,
		Records: map[string]tool.Record{"st_1": {Origin: "input", Label: "mine"}}})
}

// gone reports whether the kernel knows no process of the id.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestACall(t *testing.T) {
	p := pool(t, "well")
	var seen atomic.Pointer[tool.Progress]
	out, err := call(t.Context(), p, func(pr tool.Progress) { seen.Store(&pr) })
	require.NoError(t, err)
	require.Equal(t, tool.StatusOK, out.Status)
	require.Equal(t, map[string]float64{"step": 12, "fmax": 0.1234, "energy": -3.5}, seen.Load().Details)
	var got struct{ Meta map[string]any }
	require.NoError(t, json.Unmarshal(out.Result, &got))
	require.Equal(t, "k", got.Meta["crystalyse/idempotency_key"])
	require.Equal(t, "/c", got.Meta["crystalyse/checkpoint_dir"])
	require.InDelta(t, 4, got.Meta["crystalyse/fence"], 0)
	require.InDelta(t, 100, got.Meta["crystalyse/deadline"], 0)
	require.InDelta(t, 50, got.Meta["crystalyse/answer_by"], 0)
	require.Equal(t, map[string]any{"st_1": map[string]any{"origin": "input", "label": "mine", "space_group": nil}}, got.Meta["crystalyse/records"])
	specs, err := p.Tools(t.Context())
	require.NoError(t, err)
	require.Equal(t, "7", specs[0].Version)
	require.True(t, specs[0].Long)
	require.Equal(t, "ready", p.States()["fake"].State)
}

func TestTypedRefusals(t *testing.T) {
	p := pool(t, "refuses")
	out, err := call(t.Context(), p, nil)
	require.NoError(t, err)
	require.Equal(t, &tool.Error{Code: "unsupported", Message: "no", Field: "n", Suggestions: []string{"try"}}, out.Error)
	out, err = p.Call(t.Context(), tool.Invocation{Tool: "work", Server: "fake", Arguments: json.RawMessage(`{"n":"many"}`)})
	require.NoError(t, err)
	require.Equal(t, "invalid_input", out.Error.Code)
	require.Equal(t, "n", out.Error.Field)
	for _, in := range []tool.Invocation{{Tool: "play", Server: "fake", Arguments: json.RawMessage(`{}`)}, {Tool: "work", Server: "nobody", Arguments: json.RawMessage(`{}`)}} {
		out, err = p.Call(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, "not_found", out.Error.Code)
	}
}

func TestResultsThatLie(t *testing.T) {
	p := pool(t, "lies")
	out, err := call(t.Context(), p, nil)
	require.NoError(t, err)
	require.Equal(t, "bad_result", out.Error.Code)
	require.Equal(t, "e", out.Error.Field)
}

func TestHugeResults(t *testing.T) {
	p := pool(t, "huge")
	out, err := call(t.Context(), p, nil)
	require.NoError(t, err)
	require.Equal(t, "resource", out.Error.Code)
}

// TestALineWithoutEnd: 50 MB without a newline are not held in memory; the
// server is given up with a clear fault, its process ended, and a new one serves.
func TestALineWithoutEnd(t *testing.T) {
	p := pool(t, "endless line")
	_, err := call(t.Context(), p, nil)
	require.Equal(t, fault.CodeUnavailable, fault.CodeOf(err))
	require.ErrorContains(t, err, "a line of more than 32 MiB")
	specs, err := p.Tools(t.Context())
	require.NoError(t, err)
	require.Len(t, specs, 1)
}

func TestNoiseDoesNoHarm(t *testing.T) {
	for _, how := range []string{"garbage", "flood", "storm"} {
		t.Run(how, func(t *testing.T) {
			p := pool(t, how)
			out, err := call(t.Context(), p, func(tool.Progress) {})
			require.NoError(t, err)
			require.Equal(t, tool.StatusOK, out.Status)
		})
	}
}

func TestSecretsDoNotReachServers(t *testing.T) {
	p := pool(t, "env", func(o *mcp.Options) { o.Env = append(o.Env, "ALLOWED=1") })
	out, err := call(t.Context(), p, nil)
	require.NoError(t, err)
	var got struct{ Env []string }
	require.NoError(t, json.Unmarshal(out.Result, &got))
	require.ElementsMatch(t, []string{"PATH=" + os.Getenv("PATH"), "ALLOWED=1", "FAKE_SERVER=env"}, got.Env)
}

func TestACrashIsUnavailable(t *testing.T) {
	p := pool(t, "crashes")
	_, err := call(t.Context(), p, func(tool.Progress) {})
	require.True(t, fault.Is(err, fault.CodeUnavailable), "%v", err)
	_, err = call(t.Context(), p, func(tool.Progress) {})
	require.True(t, fault.Is(err, fault.CodeUnavailable), "a new process is started, and crashes, too")
}

func TestACrashAtStartSaysWhy(t *testing.T) {
	p := pool(t, "dies at once")
	_, err := call(t.Context(), p, nil)
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	require.ErrorContains(t, err, "no license found")
	for range 6 {
		_, err = call(t.Context(), p, nil)
	}
	require.ErrorContains(t, err, "failed", "the circuit is open: no more processes are wasted")
	require.Equal(t, "failed", p.States()["fake"].State)
}

// TestAProcessThatDiedIdleIsReplaced: whether the next call meets a process that
// is just ending, its closed pipe or nothing at all, it gets its answer.
func TestAProcessThatDiedIdleIsReplaced(t *testing.T) {
	for _, how := range []string{"dies later", "deaf later"} {
		t.Run(how, func(t *testing.T) {
			p := pool(t, how)
			last := 0
			for range 3 {
				out, err := call(t.Context(), p, nil)
				require.NoError(t, err)
				require.Equal(t, tool.StatusOK, out.Status, "%+v", out.Error)
				var now struct{ PID int }
				require.NoError(t, json.Unmarshal(out.Result, &now))
				require.NotEqual(t, last, now.PID)
				last = now.PID
			}
		})
	}
}

// cancelWhenHeard cancels a call once the server has reported, and gives the
// processes that were at work.
func cancelWhenHeard(t *testing.T, p *mcp.Pool) (server, grandchild int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := call(ctx, p, func(pr tool.Progress) {
		server = p.States()["fake"].PIDs[0]
		grandchild = int(pr.Details["pid"])
		cancel()
	})
	require.ErrorIs(t, err, context.Canceled)
	return server, grandchild
}

func TestCancelEndsTheProcess(t *testing.T) {
	p := pool(t, "hangs")
	server, _ := cancelWhenHeard(t, p)
	require.True(t, gone(server))
	require.True(t, gone(-server), "the group is empty")
}

func TestCancelEndsOneThatIgnoresSIGTERM(t *testing.T) {
	p := pool(t, "ignores SIGTERM")
	server, _ := cancelWhenHeard(t, p)
	require.True(t, gone(-server))
}

func TestCancelEndsGrandchildren(t *testing.T) {
	p := pool(t, "grandchild")
	server, grandchild := cancelWhenHeard(t, p)
	require.True(t, gone(-server))
	require.NotZero(t, grandchild)
	// A killed orphan stays in the table until it is reaped by init.
	require.Eventually(t, func() bool { return gone(grandchild) || zombie(grandchild) }, time.Minute, 10*time.Millisecond)
}

func TestMissingProgram(t *testing.T) {
	p := pool(t, "well", func(o *mcp.Options) {
		o.Config.Servers["fake"] = tool.ServerConfig{Command: "no-such-program-anywhere", Crystalyse: tool.ServerOptions{Builtin: true}}
	})
	_, err := call(t.Context(), p, nil)
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	require.ErrorContains(t, err, "no-such-program-anywhere")
	require.NotEmpty(t, fault.Hint(err))
}

func TestReadyWaitsForTheEnvironment(t *testing.T) {
	var looks atomic.Int32
	p := pool(t, "well", func(o *mcp.Options) {
		s := o.Config.Servers["fake"]
		s.Crystalyse.Environment = "ml"
		o.Config.Servers["fake"] = s
		o.Ready = func(string) (bool, string, error) { return looks.Add(1) > 2, "installing", nil }
	})
	var told []string
	require.NoError(t, p.Ready(t.Context(), "fake", func(s string) { told = append(told, s) }))
	require.Equal(t, []string{"installing"}, told)
	q := mcp.New(mcp.Options{Config: tool.Config{Servers: map[string]tool.ServerConfig{"fake": {Command: "x", Crystalyse: tool.ServerOptions{Environment: "ml"}}}},
		Ready: func(string) (bool, string, error) { return false, "", fault.New(fault.CodeUnavailable, "disk full") }})
	require.True(t, fault.Is(q.Ready(t.Context(), "fake", func(string) {}), fault.CodeUnavailable))
	require.NoError(t, q.Close(t.Context()))
}
