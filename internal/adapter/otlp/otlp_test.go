package otlp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"crystalyse/internal/adapter/otlp"
)

// TestStart: a span reaches the receiver under the service's name; a record
// that is made inside of it names it, one made outside names none. Without an
// endpoint nothing is recorded. (The provider is the process's: no parallels.)
func TestStart(t *testing.T) {
	stop, err := otlp.Start(t.Context(), otlp.Options{})
	require.NoError(t, err)
	_, off := otel.Tracer("test").Start(t.Context(), "nothing")
	require.False(t, off.SpanContext().IsValid())
	require.NoError(t, stop(t.Context()))

	got := make(chan *collector.ExportTraceServiceRequest, 8)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &req) != nil {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		got <- &req
	}))
	defer receiver.Close()
	stop, err = otlp.Start(t.Context(), otlp.Options{Endpoint: receiver.URL + "/", Process: "worker", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	var text bytes.Buffer
	log := slog.New(otlp.Logs(slog.NewJSONHandler(&text, nil))).With("process", "worker")
	ctx, span := otel.Tracer("test").Start(t.Context(), "work")
	log.InfoContext(ctx, "inside")
	log.InfoContext(context.Background(), "outside")
	span.End()
	require.NoError(t, stop(t.Context()))

	req := <-got
	require.Len(t, req.ResourceSpans, 1)
	names := map[string]string{}
	for _, a := range req.ResourceSpans[0].Resource.Attributes {
		names[a.Key] = a.Value.GetStringValue()
	}
	require.Equal(t, "crystalyse-worker", names["service.name"])
	sent := req.ResourceSpans[0].ScopeSpans[0].Spans[0]
	require.Equal(t, "work", sent.Name)
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, lines, 2)
	var inside, outside map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &inside))
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &outside))
	at := trace.SpanContextFromContext(ctx)
	require.Equal(t, at.TraceID().String(), inside["trace_id"])
	require.Equal(t, trace.TraceID(sent.TraceId), at.TraceID())
	require.Equal(t, "worker", inside["process"])
	require.NotContains(t, outside, "trace_id")
}
