package e2e

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"crystalyse/internal/discovery"
)

// traces is a collector of OpenTelemetry that keeps what it is sent.
type traces struct {
	*httptest.Server
	mu    sync.Mutex
	spans map[string]span // by id
}

type span struct{ name, service, trace, parent string }

func newCollector(t *testing.T) *traces {
	c := &traces{spans: map[string]span{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &req) != nil {
			http.Error(w, "no traces", http.StatusBadRequest)
			return
		}
		c.take(&req)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *traces) take(req *collector.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range req.ResourceSpans {
		service := ""
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.GetStringValue()
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans[hex.EncodeToString(s.SpanId)] = span{s.Name, service, hex.EncodeToString(s.TraceId), hex.EncodeToString(s.ParentSpanId)}
			}
		}
	}
}

// path gives the names from a span up to the one nobody sent us, joined: the
// first found whose name begins so.
func (c *traces) path(trace, name string) (path, root string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.spans {
		if s.trace != trace || !strings.HasPrefix(s.name, name) {
			continue
		}
		names := []string{}
		for ; ; id = s.parent {
			var known bool
			if s, known = c.spans[id]; !known {
				return strings.Join(names, " < "), id
			}
			names = append(names, s.service+" "+s.name)
		}
	}
	return "", ""
}

// traced follows a discovery from its request to its tool calls, in one trace
// that the caller began, and finds the same trace in the logs of every part.
func traced(t *testing.T, s *stack, c *traces) {
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	body, err := json.Marshal(map[string]string{"query": "Validate BaO"})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.addr+"/api/v1/discoveries", bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("traceparent", "00-"+trace+"-"+parent+"-01")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var d struct{ ID string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&d))
	require.NotEmpty(t, d.ID)
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCompleted, r.Status, r.Summary)

	waitFor(t, "the whole trace", func() bool {
		path, root := c.path(trace, "tools/call validate_composition")
		turn, _ := c.path(trace, "chat ")
		return root == parent && strings.Contains(path, "RunWorkflow:Discovery") && strings.HasSuffix(path, "crystalyse-api POST /api/v1/discoveries") &&
			strings.Contains(turn, "RunActivity:LLMTurn")
	})
	path, _ := c.path(trace, "tools/call validate_composition")
	require.Contains(t, path, "crystalyse-worker tools/call validate_composition < crystalyse-worker RunActivity:CallTool")
	for file, mark := range map[string]string{"logs/api.log": `"trace_id":"` + trace, "logs/worker.log": `"trace_id":"` + trace} {
		text, err := os.ReadFile(filepath.Join(s.dir, file))
		require.NoError(t, err)
		require.Contains(t, string(text), mark, file)
	}
	// The plan's client asked over its socket: that is a trace, too, and the
	// servers' own account names it.
	asked := ""
	waitFor(t, "a trace that began with a message", func() bool {
		c.mu.Lock()
		for _, s := range c.spans {
			if s.name == "ws discovery_request" {
				asked = s.trace
			}
		}
		c.mu.Unlock()
		path, _ := c.path(asked, "tools/call ")
		return strings.HasSuffix(path, "crystalyse-api ws discovery_request")
	})
	text, err := os.ReadFile(filepath.Join(s.dir, "tools.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"trace": "`+asked)
}
