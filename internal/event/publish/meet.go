package publish

import (
	"context"

	"crystalyse/internal/event"
)

// meeting gives what this process publishes first to a session: the stored log from
// one event before the oldest. The stream may be that of a log that is gone, whose
// copy has grown exactly to its end, and only an event that both have shows it.
func (p *Publisher) meeting(ctx context.Context, sessionID string, events []event.Event, until int64) ([]event.Event, error) {
	if len(events) == 0 || p.hasMet(sessionID) {
		return events, nil
	}
	oldest := events[0].Metadata.Ord
	for _, e := range events {
		oldest = min(oldest, e.Metadata.Ord)
	}
	if oldest < 2 { // nothing is before it
		return events, nil
	}
	stored, err := p.outbox.Numbered(ctx, sessionID, oldest-2, pageSize)
	if err != nil || len(stored) == 0 {
		return events, err
	}
	return upTo(stored, until), nil
}

func (p *Publisher) hasMet(sessionID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.met[sessionID]
}

// meet notes that the stream of a session is of the log. What is forgotten here is
// only looked at once more.
func (p *Publisher) meet(sessionID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.met) >= maxMet {
		clear(p.met)
	}
	p.met[sessionID] = true
}
