package openai

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"crystalyse/internal/llm"
)

var tracer = otel.Tracer("crystalyse/internal/adapter/openai")

// begin opens the span of a turn, named as the conventions for models have it.
// The provider is not told of it: our traces are no business of others.
func (m *Model) begin(ctx context.Context, req llm.Request) (context.Context, trace.Span) {
	ctx, span := tracer.Start(ctx, "chat "+m.cfg.Identity.Model, trace.WithSpanKind(trace.SpanKindClient))
	if span.IsRecording() {
		span.SetAttributes(attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.request.model", m.cfg.Identity.Model),
			attribute.String("gen_ai.provider.name", m.cfg.Identity.Provider), attribute.Int("crystalyse.messages", len(req.Messages)))
	}
	return ctx, span
}

func end(span trace.Span, turn llm.Turn, err error) {
	if span.IsRecording() {
		span.SetAttributes(attribute.Int64("gen_ai.usage.input_tokens", turn.Usage.TokensIn), attribute.Int64("gen_ai.usage.output_tokens", turn.Usage.TokensOut),
			attribute.StringSlice("gen_ai.response.finish_reasons", []string{turn.FinishReason}), attribute.Int("crystalyse.tool_calls", len(turn.ToolCalls)))
		if err != nil {
			// The code alone: an error may quote what was said.
			span.SetStatus(codes.Error, llm.CodeOf(err))
		}
	}
	span.End()
}
