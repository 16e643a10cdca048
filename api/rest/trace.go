package rest

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("crystalyse/api/rest")

// unwatched are asked by machines all the time.
var unwatched = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true}

// trace makes a span of each request and of each handshake of a socket, below
// the caller's own where it names one. Its name is the route, never the path.
func (s *server) trace(c *gin.Context) {
	if unwatched[c.Request.URL.Path] {
		c.Next()
		return
	}
	ctx := otel.GetTextMapPropagator().Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := tracer.Start(ctx, method(c), trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	if span.IsRecording() {
		c.Request = c.Request.WithContext(ctx)
	}
	c.Next()
	if !span.IsRecording() {
		return
	}
	route, status := c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "other"
	}
	if strings.HasPrefix(route, "/ws/") && status == http.StatusOK {
		status = http.StatusSwitchingProtocols // the upgrade took the connection over
	}
	span.SetName(method(c) + " " + route)
	span.SetAttributes(attribute.String("http.request.method", method(c)), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status), attribute.String("crystalyse.request_id", requestID(c)))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}
