package rest

import (
	"sync"
	"time"
)

// idle knows how long nobody has asked for anything. The stack that `discover`
// leaves in the background stops itself by it.
type idle struct {
	now func() time.Time

	mu       sync.Mutex
	inflight int       // guarded by mu
	last     time.Time // guarded by mu; when the last request ended
}

func newIdle(now func() time.Time) *idle { return &idle{now: now, last: now()} }

func (i *idle) begin() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inflight++
}

func (i *idle) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inflight--
	i.last = i.now()
}

// touch counts as use: something runs, or we cannot tell.
func (i *idle) touch() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = i.now()
}

func (i *idle) seconds() float64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.inflight > 0 {
		return 0
	}
	return max(0, i.now().Sub(i.last).Seconds())
}
