package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// orphanAfter is how long a call that nobody waits for may go on: its attempt
// lost touch with the engine, and the next one joins it.
const orphanAfter = 30 * time.Minute

var (
	errOrphan    = errors.New("nobody waits for the call any more")
	errOvertaken = errors.New("another worker goes on with the call")
)

// flights are the calls that run in this worker, by idempotency key. A call is
// not tied to the attempt that began it: when only the engine was lost, the
// next attempt joins the calculation instead of beginning another one.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// flight is a running call.
type flight struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
	out    tool.Outcome // set when done is closed
	err    error
	began  time.Time // when the tool was asked; zero if it never was

	mu       sync.Mutex  // guards what follows
	scope    event.Scope // of the attempt that waits, or waited last
	progress func(tool.Progress)
	waiting  int       // the attempt that waits: counts those that came
	left     time.Time // when it lost touch; zero while it waits
}

// seat is the place of one attempt that waits for a call.
type seat struct {
	*flight
	number int
}

// board begins a call once it has a slot, or joins the one that runs under the
// same key.
func (f *flights) board(ctx context.Context, scope event.Scope, in tool.Invocation, slots Slots, call func(context.Context, tool.Invocation) (tool.Outcome, error)) (s seat, joined bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[string]*flight{}
	}
	if fl := f.all[in.IdempotencyKey]; fl != nil {
		return fl.listen(scope, in.OnProgress), true
	}
	cctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	fl := &flight{cancel: cancel, done: make(chan struct{})}
	s = fl.listen(scope, in.OnProgress)
	in.OnProgress = fl.report
	f.all[in.IdempotencyKey] = fl
	go func() {
		defer cancel(nil)
		defer close(fl.done)
		if fl.err = slots.take(cctx, fl.report); fl.err != nil {
			return
		}
		defer slots.free()
		fl.began = time.Now().UTC()
		in.AnswerBy = answerBy(fl.began, in.Deadline)
		fl.out, fl.err = call(cctx, in)
	}()
	return s, false
}

// land forgets a call whose outcome was taken.
func (f *flights) land(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[key] == fl {
		delete(f.all, key)
	}
}

func (fl *flight) listen(scope event.Scope, progress func(tool.Progress)) seat {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	fl.waiting++
	fl.scope, fl.progress, fl.left = scope, progress, time.Time{}
	return seat{fl, fl.waiting}
}

func (fl *flight) report(p tool.Progress) {
	fl.mu.Lock()
	progress := fl.progress
	fl.mu.Unlock()
	if progress != nil {
		progress(p)
	}
}

// leave lets the call go on for the next attempt. That one may have joined
// before this one learned that it is over: then nothing changes.
func (s seat) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.number == s.waiting {
		s.progress, s.left = nil, time.Now()
	}
}

// last is the attempt that waited last, and when it left; ok is false while one
// waits.
func (fl *flight) last() (scope event.Scope, left time.Time, ok bool) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return fl.scope, fl.left, !fl.left.IsZero()
}

// Reap stops calls that nobody waits for: their discovery is closed, the next
// attempt was made by another worker, or none has come for long.
func (a *Activities) Reap(ctx context.Context) error {
	a.flights.mu.Lock()
	running := make(map[string]*flight, len(a.flights.all))
	for k, fl := range a.flights.all {
		running[k] = fl
	}
	a.flights.mu.Unlock()
	var errs []error
	for key, fl := range running {
		why, err := a.forsaken(ctx, fl)
		errs = append(errs, err)
		if why != nil {
			fl.cancel(why)
			<-fl.done
			a.flights.land(key, fl)
			scope, _, _ := fl.last()
			a.Log.InfoContext(ctx, "a call that nobody waited for was stopped", "discovery", scope.DiscoveryID, "reason", why)
		}
	}
	return errors.Join(errs...)
}

// forsaken tells why nobody will join a call; nil while somebody waits or may
// come. Where a newer attempt was opened and has not joined it here, it works on
// another host: that the same calculation ends twice is of no use to anybody.
func (a *Activities) forsaken(ctx context.Context, fl *flight) (error, error) {
	scope, left, ok := fl.last()
	if !ok {
		return nil, nil
	}
	if time.Since(left) > orphanAfter {
		return errOrphan, nil
	}
	if closed, err := a.isClosed(ctx, scope.DiscoveryID); err != nil {
		return nil, err
	} else if closed {
		return errOrphan, nil
	}
	err := a.Steps.Check(ctx, scope)
	if _, _, still := fl.last(); fault.Is(err, fault.CodeConflict) && still {
		return errOvertaken, nil
	}
	if fault.Is(err, fault.CodeConflict) || fault.Is(err, fault.CodeUnavailable) {
		return nil, nil
	}
	return nil, err
}

// isClosed reports whether the record says that the discovery has ended.
func (a *Activities) isClosed(ctx context.Context, did string) (bool, error) {
	d, err := a.Lifecycle.Load(ctx, did)
	if fault.Is(err, fault.CodeNotFound) {
		return true, nil // deleted
	}
	return err == nil && d.Status.Closed(), err
}
