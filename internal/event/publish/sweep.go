package publish

import (
	"context"
	"time"
)

// Sweep publishes what nobody else did, until ctx ends: the events of a process
// that died between commit and publication, and of the time without a bus.
func (p *Publisher) Sweep(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	before := map[string]bool{}
	for {
		ids, err := p.outbox.ToPublish(ctx, sweepPage)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("unpublished events cannot be listed", "error", err)
		}
		now := map[string]bool{}
		for _, id := range ids {
			now[id] = true
			if before[id] { // younger ones are on their way
				p.put(id, item{sweep: true})
			}
		}
		before = now
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
