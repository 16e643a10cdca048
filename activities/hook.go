package activities

import (
	"context"
	"fmt"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"

	"crystalyse/internal/discovery"
)

// Hook is the activity interceptor that opens every step (fence, recorder,
// attempt_superseded), tells viewers of failed attempts, and translates errors
// for the engine. Activities know nothing of it but their recorder.
type Hook struct {
	interceptor.WorkerInterceptorBase
	Activities *Activities
}

// InterceptActivity wraps each activity.
func (h *Hook) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &inbound{a: h.Activities}
	i.Next = next
	return i
}

type inbound struct {
	interceptor.ActivityInboundInterceptorBase
	a *Activities
}

// ExecuteActivity runs one attempt inside its step.
func (i *inbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	place, isStep := placeOf(in.Args)
	if isStep {
		var err error
		if ctx, err = i.a.Open(ctx, place); err != nil {
			return nil, toTemporal(err)
		}
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("crystalyse.discovery_id", place.DiscoveryID), attribute.String("crystalyse.step", place.Step))
	}
	out, err := i.Next.ExecuteActivity(ctx, in)
	if err == nil {
		return out, nil
	}
	if !isStep {
		return out, toTemporal(err)
	}
	if ctx.Err() == nil {
		i.a.Failed(ctx, place.Step, err)
	}
	return out, translate(err, i.a.quoted(ctx, place))
}

// quoted gives what keeps the words of another program out of the engine: a mark
// in their place. Words that cannot be kept now are left out; the event of the
// failure has them.
func (a *Activities) quoted(ctx context.Context, p Place) func(string) string {
	return func(words string) string {
		rec, err := recorder(ctx)
		if err != nil || a.Said == nil {
			return ""
		}
		id := fmt.Sprintf("f.%d.%s.%d", p.Gen, p.Step, rec.Scope().Attempt)
		mark, err := discovery.Say(detached(ctx), a.Said, p.DiscoveryID, id, words)
		if err != nil {
			a.Log.WarnContext(ctx, "what is known of a failure could not be kept", "step", p.Step, "error", err)
			return ""
		}
		return mark
	}
}

type placed interface{ Place() Place }

// placeOf finds the step among the arguments, which arrive as values or as
// pointers to them.
func placeOf(args []any) (Place, bool) {
	for _, a := range args {
		if p, ok := a.(placed); ok {
			return p.Place(), true
		}
		if v := reflect.ValueOf(a); v.Kind() == reflect.Pointer && !v.IsNil() {
			if p, ok := v.Elem().Interface().(placed); ok {
				return p.Place(), true
			}
		}
	}
	return Place{}, false
}
