package worker

import (
	"context"
	"log/slog"
	"time"

	"crystalyse/activities"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/discovery"
)

// reconcileEvery is how soon the record follows what was done to a run from
// outside, in the engine's own page for instance.
const reconcileEvery = 5 * time.Second

// startGrace is how long a discovery may wait for the API to start its run.
const startGrace = 5 * time.Second

// Open lists the discoveries that are not closed.
type Open interface {
	OpenDiscoveries(ctx context.Context) ([]discovery.Discovery, error)
}

// Engine is what reconciling needs of the engine.
type Engine interface {
	Start(ctx context.Context, d discovery.Discovery) error
	Retry(ctx context.Context, d discovery.Discovery) error
	Describe(ctx context.Context, id string) (temporal.Seen, error)
}

// Reconcile makes records and runs agree until ctx ends: a discovery that was
// accepted but never started is started; one whose run was terminated, where no
// code of ours could run, is closed with its report.
func Reconcile(ctx context.Context, open Open, engine Engine, a *activities.Activities, log *slog.Logger) {
	t := time.NewTicker(reconcileEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := a.Reap(ctx); err != nil && ctx.Err() == nil {
			log.Warn("running calls cannot be looked after", "error", err)
		}
		ds, err := open.OpenDiscoveries(ctx)
		if err != nil {
			log.Warn("open discoveries cannot be listed", "error", err)
			continue
		}
		for _, d := range ds {
			if err := reconcile(ctx, d, engine, a); err != nil && ctx.Err() == nil {
				log.Warn("a discovery cannot be reconciled", "discovery", d.ID, "error", err)
			}
		}
	}
}

func reconcile(ctx context.Context, d discovery.Discovery, engine Engine, a *activities.Activities) error {
	seen, err := engine.Describe(ctx, d.ID)
	if err != nil {
		return err
	}
	live := seen.State == temporal.StateRunning || seen.State == temporal.StatePaused
	if d.Status == discovery.StatusQueued && d.ReopenedAt != nil && !live {
		// It was opened again; the run that is closed is the one before.
		if time.Since(*d.ReopenedAt) < startGrace {
			return nil
		}
		return engine.Retry(ctx, d)
	}
	in := activities.FinishInput{DiscoveryID: d.ID, Gen: d.Retries, Status: discovery.StatusFailed, Usage: d.Usage}
	switch seen.State {
	case temporal.StateAbsent:
		if time.Since(d.CreatedAt) < startGrace || d.StartedAt != nil {
			return nil
		}
		return engine.Start(ctx, d)
	case temporal.StatePaused:
		return a.OperatorPaused(ctx, d, seen.Since)
	case temporal.StateRunning:
		return a.OperatorUnpaused(ctx, d)
	case temporal.StateTerminated:
		in.Status, in.Details = discovery.StatusCancelled, "its run was terminated from outside"
	case temporal.StateClosed:
		in.Details = "its run ended without a report"
	}
	// The run may have closed its record, and its user opened it again, since it
	// was listed: that is another run's to close.
	now, err := a.Lifecycle.Load(ctx, d.ID)
	if err != nil || now.Status.Closed() || now.Retries != d.Retries {
		return err
	}
	_, err = a.Finish(ctx, in)
	return err
}
