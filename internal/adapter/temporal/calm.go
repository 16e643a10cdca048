package temporal

import (
	"context"
	"errors"
	"log/slog"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// calm takes the alarm out of what the SDK says of ordinary ends: an activity
// that its user paused, cancelled or gave up has not failed.
type calm struct{ slog.Handler }

// Handle lowers the level of such a record.
func (h calm) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && stopped(r) {
		out := slog.NewRecord(r.Time, slog.LevelDebug, "an activity was stopped", r.PC)
		r.Attrs(func(a slog.Attr) bool { out.AddAttrs(a); return true })
		if !h.Handler.Enabled(ctx, out.Level) {
			return nil
		}
		r = out
	}
	return h.Handler.Handle(ctx, r)
}

// stopped reports whether a record tells of an activity that was asked to end.
func stopped(r slog.Record) bool {
	if r.Message != "Activity error." {
		return false
	}
	found := false
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		found = found || ok && (temporal.IsCanceledError(err) || errors.Is(err, context.Canceled) ||
			errors.Is(err, activity.ErrActivityPaused) || errors.Is(err, activity.ErrActivityReset))
		return !found
	})
	return found
}

// WithAttrs stays calm.
func (h calm) WithAttrs(attrs []slog.Attr) slog.Handler { return calm{h.Handler.WithAttrs(attrs)} }

// WithGroup stays calm, too.
func (h calm) WithGroup(name string) slog.Handler { return calm{h.Handler.WithGroup(name)} }
