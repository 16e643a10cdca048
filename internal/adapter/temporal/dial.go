package temporal

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"crystalyse/internal/fault"
)

// Options say which engine, and what watches the talk with it.
type Options struct {
	Address, Namespace string
	Log                *slog.Logger
	// Traced makes spans of workflows and activities, below those of who asked.
	Traced bool
	// Metrics takes the SDK's own measures. Nil drops them.
	Metrics *Metrics
}

// Dial connects to the engine, with an error that says what to do.
func Dial(ctx context.Context, o Options) (client.Client, error) {
	opts := client.Options{HostPort: o.Address, Namespace: o.Namespace, Logger: log.NewStructuredLogger(slog.New(calm{o.Log.Handler()}))}
	if o.Metrics != nil {
		opts.MetricsHandler = o.Metrics.handler()
	}
	if o.Traced {
		tracing, err := Tracing()
		if err != nil {
			return nil, err
		}
		opts.Interceptors = []interceptor.ClientInterceptor{tracing}
	}
	c, err := client.DialContext(ctx, opts)
	if err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "Temporal does not answer at %s", o.Address).
			WithHint("check TEMPORAL_ADDRESS, or leave it unset to use the embedded one")
	}
	return c, nil
}

// Tracing gives what makes the engine part of traces. Their context travels in
// headers, which no replay looks at; nothing a workflow does depends on it.
func Tracing() (interceptor.Interceptor, error) {
	t, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: otel.Tracer("crystalyse/internal/adapter/temporal"), TextMapPropagator: propagation.TraceContext{},
		DisableQueryTracing: true, AllowInvalidParentSpans: true,
	})
	if err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "workflows cannot be traced")
	}
	return t, nil
}
