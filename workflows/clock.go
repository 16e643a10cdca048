package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// clock moves the deadline while the discovery only waits for its user: such
// time does not count. It stops when something waits and nothing works.
type clock struct {
	waits, works int
	since        time.Time // when it stopped; zero while it runs
	changed      bool      // the limit itself was changed
}

// wait notes that one wait more, or one less, is open.
func (c *clock) wait(ctx workflow.Context, r *run, n int) { c.waits += n; c.tick(ctx, r) }

// work notes that one step more, or one less, is at work.
func (c *clock) work(ctx workflow.Context, r *run, n int) { c.works += n; c.tick(ctx, r) }

func (c *clock) tick(ctx workflow.Context, r *run) {
	now, stopped := workflow.Now(ctx), c.waits > 0 && c.works == 0
	switch {
	case stopped && c.since.IsZero():
		c.since = now
	case !stopped && !c.since.IsZero():
		if !r.st.Deadline.IsZero() {
			r.st.Deadline = r.st.Deadline.Add(now.Sub(c.since))
		}
		c.since = time.Time{}
	}
}

const wallEnds = "the wall time of the discovery"

// awaitDeadline returns when the wall time is spent.
func (r *run) awaitDeadline(ctx workflow.Context) error {
	for {
		if err := workflow.Await(ctx, func() bool { return r.clock.since.IsZero() && !r.st.Deadline.IsZero() }); err != nil {
			return err
		}
		left := r.st.Deadline.Sub(workflow.Now(ctx))
		if left <= 0 {
			return nil
		}
		r.clock.changed = false
		if r.shape < shapeControl {
			if err := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: wallEnds}).Get(ctx, nil); err != nil {
				return err
			}
			continue
		}
		if _, err := waitNamed(ctx, left, wallEnds, func() bool { return r.clock.changed }); err != nil {
			return err
		}
	}
}

// limitWall gives the discovery another wall limit; what was spent stays spent.
func (r *run) limitWall(ctx workflow.Context, wallS float64) {
	d := time.Duration((wallS - r.st.Budget.WallS) * float64(time.Second))
	if r.st.Deadline.IsZero() {
		r.st.Deadline, d = workflow.Now(ctx), time.Duration(wallS*float64(time.Second))
	}
	r.st.Deadline = r.st.Deadline.Add(d)
	r.clock.changed = true
}

// wallSpent gives the seconds of the wall limit that are spent.
func (r *run) wallSpent(now time.Time) float64 {
	if r.st.Deadline.IsZero() {
		return 0
	}
	if !r.clock.since.IsZero() {
		now = r.clock.since
	}
	return r.st.Budget.WallS - r.st.Deadline.Sub(now).Seconds()
}
