// Package otlp sends traces to an OpenTelemetry collector, where one is
// configured. Without one nothing is recorded, and nothing is in the way: spans
// are made through the API of OpenTelemetry, which then does nothing.
package otlp

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"crystalyse/internal/fault"
)

// Options say where traces go.
type Options struct {
	Endpoint string // base address of a receiver of OTLP over HTTP; "" records nothing
	Process  string // which part of the stack this is
	Log      *slog.Logger
}

// Start begins to record; stop sends what is left. Sampling, headers, timeouts
// and the rest come from the standard OTEL_* variables.
func Start(ctx context.Context, o Options) (stop func(context.Context) error, err error) {
	if o.Endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "traces cannot be sent to %s", o.Endpoint).WithHint("check OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "crystalyse-"+o.Process)), resource.WithFromEnv())
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "the resource of the traces is wrong").WithHint("check OTEL_RESOURCE_ATTRIBUTES")
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetErrorHandler(&complaint{log: o.Log})
	return provider.Shutdown, nil
}

// complaint tells of a collector that is away, once in a while.
type complaint struct {
	log  *slog.Logger
	last atomic.Int64 // Unix seconds
}

const complainEvery = 5 * time.Minute

// Handle takes an error of the exporter.
func (c *complaint) Handle(err error) {
	now, last := time.Now().Unix(), c.last.Load()
	if now-last >= int64(complainEvery/time.Second) && c.last.CompareAndSwap(last, now) {
		c.log.Warn("traces cannot be sent; nothing else is touched by that", "error", err)
	}
}
