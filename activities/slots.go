package activities

import (
	"context"
	"time"

	"crystalyse/internal/tool"
)

// Slots bound how many long calls work at the same time in this worker. A call
// holds one while its tool works: what is prepared before, and recorded after,
// keeps no other calculation waiting. A call that its attempt has left keeps
// its slot to its own end.
type Slots chan struct{}

// NewSlots gives n slots; none bounds nothing.
func NewSlots(n int) Slots {
	if n <= 0 {
		return nil
	}
	return make(Slots, n)
}

// take waits for a slot, in the order of arrival, and tells that it waits.
func (s Slots) take(ctx context.Context, tell func(tool.Progress)) error {
	if s == nil {
		return nil
	}
	select {
	case s <- struct{}{}:
		return nil
	default:
	}
	tell(tool.Progress{Message: "waits for a free slot", At: time.Now().UTC()})
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s Slots) free() {
	if s != nil {
		<-s
	}
}
