package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeat keeps the engine informed that the step lives, with the last
// detail. The detail is a hint for the operator; what a retry goes on from is
// the checkpoint, never the heartbeat.
type heartbeat struct {
	mu     sync.Mutex
	detail any
	stop   chan struct{}
	done   chan struct{}
}

// firstBeat is when a step says for the first time that it lives. One that is
// over sooner says so by its result: each word costs the engine a write.
const firstBeat = time.Second

func startHeartbeat(ctx context.Context) *heartbeat {
	h := &heartbeat{stop: make(chan struct{}), done: make(chan struct{})}
	every := activity.GetInfo(ctx).HeartbeatTimeout / 3
	if every <= 0 {
		every = 5 * time.Second
	}
	go func() {
		defer close(h.done)
		t := time.NewTicker(min(firstBeat, every))
		defer t.Stop()
		for {
			select {
			case <-h.stop:
				return
			case <-t.C:
				h.mu.Lock()
				d := h.detail
				h.mu.Unlock()
				activity.RecordHeartbeat(ctx, d)
				t.Reset(every)
			}
		}
	}()
	return h
}

func (h *heartbeat) set(detail any) {
	h.mu.Lock()
	h.detail = detail
	h.mu.Unlock()
}

func (h *heartbeat) close() {
	close(h.stop)
	<-h.done
}

// stopWithWorker ends the returned context when the activity is cancelled or
// the worker begins to stop: what runs is then checkpointed, and the next
// worker goes on from there.
func stopWithWorker(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	cctx, cancel := context.WithCancelCause(ctx)
	stopping := activity.GetWorkerStopChannel(ctx)
	go func() {
		select {
		case <-stopping:
			cancel(errWorkerStopping)
		case <-cctx.Done():
		}
	}()
	return cctx, cancel
}
