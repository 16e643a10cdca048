package meter_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/meter"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

type caller struct {
	tool.Caller
	out tool.Outcome
	err error
}

func (c *caller) Call(context.Context, tool.Invocation) (tool.Outcome, error) { return c.out, c.err }
func (c *caller) States() map[string]tool.ServerState {
	return map[string]tool.ServerState{"smact": {State: "ready", Restarts: 2}, "mace": {State: "failed"}}
}

type model struct {
	llm.Model
	err error
}

func (m model) Turn(context.Context, llm.Request, func(string)) (llm.Turn, error) {
	if m.err != nil {
		return llm.Turn{}, m.err
	}
	return llm.Turn{Usage: llm.Usage{TokensIn: 30, TokensOut: 4}}, nil
}

// serveSomewhere serves on a port that was taken before. Whoever is quicker may
// have it in between; then it is another one.
func serveSomewhere(t *testing.T, r *prometheus.Registry) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address = l.Addr().String()
		require.Equal(t, fault.CodeUnavailable, fault.CodeOf(meter.Serve(t.Context(), address, r, log)), "the port is taken")
		require.NoError(t, l.Close())
		if meter.Serve(t.Context(), address, r, log) == nil {
			return address
		}
	}
}

// TestWorker serves what a worker did and reads it back as Prometheus would.
func TestWorker(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	c := &caller{out: tool.Outcome{Status: tool.StatusOK}}
	tools, models := meter.NewTools(c, r), meter.NewModels(r)
	in := tool.Invocation{Server: "smact", Tool: "validate_composition", UserID: "ada", DiscoveryID: "disc-1"}
	_, err := tools.Call(t.Context(), in)
	require.NoError(t, err)
	c.err = fault.New(fault.CodeUnavailable, "gone")
	_, err = tools.Call(t.Context(), in)
	require.Error(t, err)
	for _, fails := range []error{nil, &llm.Error{Kind: llm.ErrRateLimited}, fault.New(fault.CodeLimit, "too much"), errors.New("strange")} {
		_, err = models.Around(model{err: fails}).Turn(t.Context(), llm.Request{}, nil)
		require.Equal(t, fails, err)
	}
	meter.Lag(r)(30 * time.Millisecond)
	away := false
	meter.Backlog(r, func(context.Context) (int64, time.Duration, error) {
		if away {
			return 0, 0, errors.New("the database is away")
		}
		return 7, 3 * time.Second, nil
	})

	address := serveSomewhere(t, r)
	page := func(path string) string {
		resp, err := http.Get("http://" + address + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		return string(body)
	}
	require.Contains(t, page("/healthz"), "ok")
	got := page("/metrics")
	for _, line := range []string{
		`crystalyse_tool_calls_total{server="smact",status="ok",tool="validate_composition"} 1`,
		`crystalyse_tool_calls_total{server="smact",status="unavailable",tool="validate_composition"} 1`,
		`crystalyse_tool_seconds_count{server="smact",tool="validate_composition"} 2`,
		`crystalyse_tool_calls_open 0`,
		`crystalyse_mcp_server_up{server="mace"} 0`, `crystalyse_mcp_server_up{server="smact"} 1`, `crystalyse_mcp_restarts_total{server="smact"} 2`,
		`crystalyse_llm_turns_total{status="ok"} 1`, `crystalyse_llm_turns_total{status="LLMRateLimited"} 1`, `crystalyse_llm_turns_total{status="limit"} 1`, `crystalyse_llm_turns_total{status="internal"} 1`,
		`crystalyse_llm_turn_seconds_count 4`, `crystalyse_llm_tokens_total{direction="in"} 30`, `crystalyse_llm_tokens_total{direction="out"} 4`,
		`crystalyse_publish_lag_seconds_bucket{le="0.05"} 1`,
		`crystalyse_events_unpublished 7`, `crystalyse_events_unpublished_age_seconds 3`,
	} {
		require.Contains(t, got, line)
	}
	require.NotContains(t, got, "ada")
	require.NotContains(t, got, "disc-1")
	away = true
	require.NotContains(t, page("/metrics"), "crystalyse_events_unpublished ", "what cannot be told is not 0")
}
