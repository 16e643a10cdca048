// Package meter counts what a worker does, for Prometheus. Labels are names of
// tools, servers and ways to end: ids of users, sessions and discoveries stay
// out.
package meter

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

// Tools counts the calls of a tool.Caller and the condition of its servers.
type Tools struct {
	tool.Caller
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	open    prometheus.Gauge
}

// longest is for calculations of hours.
var longest = []float64{.05, .25, 1, 5, 15, 60, 300, 1200, 3600, 14400}

// NewTools gives a caller that counts.
func NewTools(next tool.Caller, r prometheus.Registerer) *Tools {
	t := &Tools{
		Caller: next,
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crystalyse_tool_calls_total", Help: "Tool calls that ended, by how: ok, tool_error (the tool said no), or the code of what kept it from answering."}, []string{"server", "tool", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "crystalyse_tool_seconds", Help: "Time of tool calls, waiting for a free process included.", Buckets: longest}, []string{"server", "tool"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: "crystalyse_tool_calls_open", Help: "Tool calls that run now."}),
	}
	r.MustRegister(t.calls, t.seconds, t.open, servers{next})
	return t
}

// Call runs a tool and counts it.
func (t *Tools) Call(ctx context.Context, in tool.Invocation) (tool.Outcome, error) {
	t.open.Inc()
	defer t.open.Dec()
	began := time.Now()
	out, err := t.Caller.Call(ctx, in)
	t.calls.WithLabelValues(in.Server, in.Tool, word(ctx, string(out.Status), err)).Inc()
	t.seconds.WithLabelValues(in.Server, in.Tool).Observe(time.Since(began).Seconds())
	return out, err
}

// word says in a label how something ended.
func word(ctx context.Context, status string, err error) string {
	switch {
	case ctx.Err() != nil:
		return "stopped"
	case err != nil:
		return llm.CodeOf(err)
	}
	return status
}

// servers shows the condition of the MCP servers.
type servers struct{ of tool.Caller }

var (
	serverUp = prometheus.NewDesc("crystalyse_mcp_server_up", "1 for a server that answers or starts when it is used, 0 for one that waits or failed.", []string{"server"}, nil)
	restarts = prometheus.NewDesc("crystalyse_mcp_restarts_total", "How often a server was started again.", []string{"server"}, nil)
)

// Describe names the measures.
func (servers) Describe(to chan<- *prometheus.Desc) { to <- serverUp; to <- restarts }

// Collect gives their values now.
func (s servers) Collect(to chan<- prometheus.Metric) {
	for name, st := range s.of.States() {
		up := 0.0
		if st.State == "ready" || st.State == "idle" {
			up = 1
		}
		to <- prometheus.MustNewConstMetric(serverUp, prometheus.GaugeValue, up, name)
		to <- prometheus.MustNewConstMetric(restarts, prometheus.CounterValue, float64(st.Restarts), name)
	}
}

// Models counts the turns of language models, whosever they are.
type Models struct {
	turns   *prometheus.CounterVec
	tokens  *prometheus.CounterVec
	seconds prometheus.Histogram
}

// NewModels registers the counters, once for all models.
func NewModels(r prometheus.Registerer) *Models {
	m := &Models{
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crystalyse_llm_turns_total", Help: "Turns of language models, by how they ended: ok, or the code of the failure."}, []string{"status"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crystalyse_llm_tokens_total", Help: "Tokens of language models, by direction: in, out."}, []string{"direction"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "crystalyse_llm_turn_seconds", Help: "Time of a turn, from the request to the last word.", Buckets: []float64{.1, .5, 1, 2, 5, 10, 30, 60, 180, 600}}),
	}
	r.MustRegister(m.turns, m.tokens, m.seconds)
	return m
}

// Around gives a model that counts.
func (m *Models) Around(next llm.Model) llm.Model { return counted{next, m} }

type counted struct {
	llm.Model
	by *Models
}

// Turn asks for a turn and counts it.
func (m counted) Turn(ctx context.Context, req llm.Request, onText func(string)) (llm.Turn, error) {
	began := time.Now()
	turn, err := m.Model.Turn(ctx, req, onText)
	m.by.turns.WithLabelValues(word(ctx, "ok", err)).Inc()
	m.by.tokens.WithLabelValues("in").Add(float64(turn.Usage.TokensIn))
	m.by.tokens.WithLabelValues("out").Add(float64(turn.Usage.TokensOut))
	m.by.seconds.Observe(time.Since(began).Seconds())
	return turn, err
}
