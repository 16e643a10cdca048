package mcp

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

var tracer = otel.Tracer("crystalyse/internal/adapter/mcp")

// begin opens the span of a call, named as the conventions for MCP have it.
func begin(ctx context.Context, in tool.Invocation) (context.Context, trace.Span) {
	ctx, span := tracer.Start(ctx, "tools/call "+in.Tool, trace.WithSpanKind(trace.SpanKindClient))
	if span.IsRecording() {
		span.SetAttributes(attribute.String("mcp.method.name", "tools/call"), attribute.String("gen_ai.tool.name", in.Tool),
			attribute.String("crystalyse.server", in.Server), attribute.String("crystalyse.discovery_id", in.DiscoveryID))
	}
	return ctx, span
}

func end(span trace.Span, out tool.Outcome, err error) {
	if span.IsRecording() {
		span.SetAttributes(attribute.String("crystalyse.status", string(out.Status)))
		switch {
		case err != nil:
			span.SetStatus(codes.Error, string(fault.CodeOf(err)))
		case out.Error != nil:
			span.SetStatus(codes.Error, out.Error.Code)
		}
	}
	span.End()
}

// traceOf gives the place of a call in its trace, under the names that MCP
// reserves for it in `_meta`. Outside of a trace it is empty.
func traceOf(ctx context.Context) map[string]any {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	m := map[string]any{}
	for k, v := range carrier {
		m[k] = v
	}
	return m
}
