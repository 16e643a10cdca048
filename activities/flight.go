package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// orphanAfter is how long a call that nobody waits for may go on: its attempt
// lost touch with the engine, and the next one joins it.
const orphanAfter = 30 * time.Minute

var errOrphan = errors.New("nobody waits for the call any more")

// flights are the calls that run in this worker, by idempotency key. A call is
// not tied to the attempt that began it: when only the engine was lost, the
// next attempt joins the calculation instead of beginning another one.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// flight is a running call.
type flight struct {
	discoveryID string
	cancel      context.CancelCauseFunc
	done        chan struct{}
	out         tool.Outcome // set when done is closed
	err         error
	began       time.Time // when the tool was asked; zero if it never was

	mu       sync.Mutex // guards what follows
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
func (f *flights) board(ctx context.Context, did string, in tool.Invocation, slots Slots, call func(context.Context, tool.Invocation) (tool.Outcome, error)) (s seat, joined bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[string]*flight{}
	}
	if fl := f.all[in.IdempotencyKey]; fl != nil {
		return fl.listen(in.OnProgress), true
	}
	cctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	fl := &flight{discoveryID: did, cancel: cancel, done: make(chan struct{})}
	s = fl.listen(in.OnProgress)
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

func (fl *flight) listen(progress func(tool.Progress)) seat {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	fl.waiting++
	fl.progress, fl.left = progress, time.Time{}
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

func (fl *flight) orphan(closed bool) bool {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return !fl.left.IsZero() && (closed || time.Since(fl.left) > orphanAfter)
}

// Reap stops calls that nobody waits for: their discovery is closed, or no
// attempt has joined them for long.
func (a *Activities) Reap(ctx context.Context) error {
	a.flights.mu.Lock()
	running := make(map[string]*flight, len(a.flights.all))
	for k, fl := range a.flights.all {
		running[k] = fl
	}
	a.flights.mu.Unlock()
	var errs []error
	for key, fl := range running {
		closed, err := a.isClosed(ctx, fl.discoveryID)
		errs = append(errs, err)
		if err == nil && fl.orphan(closed) {
			fl.cancel(errOrphan)
			<-fl.done
			a.flights.land(key, fl)
			a.Log.InfoContext(ctx, "a call that nobody waited for was stopped", "discovery", fl.discoveryID)
		}
	}
	return errors.Join(errs...)
}

// isClosed reports whether the record says that the discovery has ended.
func (a *Activities) isClosed(ctx context.Context, did string) (bool, error) {
	d, err := a.Lifecycle.Load(ctx, did)
	if fault.Is(err, fault.CodeNotFound) {
		return true, nil // deleted
	}
	return err == nil && d.Status.Closed(), err
}
