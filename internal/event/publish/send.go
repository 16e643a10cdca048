package publish

import (
	"context"

	"crystalyse/internal/event"
)

func (p *Publisher) sendLive(ctx context.Context, sessionID string, items []item) error {
	messages := make([]event.Message, 0, len(items))
	for _, i := range items {
		m, err := event.MessageOf(i.live)
		if err != nil {
			p.log.Error("a live event cannot be sent", "event", i.live.ID, "error", err)
			continue
		}
		messages = append(messages, m)
	}
	_, err := p.bus.Live(ctx, sessionID, messages)
	return err
}

// sendDurable publishes committed events, and what turns out to be missing
// before them.
func (p *Publisher) sendDurable(ctx context.Context, sessionID string, items []item) error {
	var events []event.Event
	for _, i := range items {
		if i.sweep {
			left, err := p.outbox.Unpublished(ctx, sessionID, pageSize)
			if err != nil {
				return err
			}
			events = append(events, left...)
		}
		events = append(events, i.durable...)
	}
	through, err := p.inOrder(ctx, sessionID, events)
	if err != nil || through == 0 {
		return err
	}
	return p.outbox.MarkPublished(ctx, sessionID, through)
}

// inOrder publishes the events and answers the bus when it misses some.
func (p *Publisher) inOrder(ctx context.Context, sessionID string, events []event.Event) (through int64, err error) {
	first := false
	for len(events) > 0 {
		a, err := p.publish(ctx, sessionID, first, events)
		if err != nil {
			return through, err
		}
		through = max(through, a.Last)
		switch {
		case a.Fresh:
			// Somebody may have committed before us and not published yet: a new
			// stream begins with the oldest event that nobody has published.
			first = true
			if events, err = p.outbox.Unpublished(ctx, sessionID, pageSize); err != nil {
				return through, err
			}
		case a.Hole:
			if events, err = p.outbox.Numbered(ctx, sessionID, a.Last, pageSize); err != nil {
				return through, err
			}
		case first || len(events) >= pageSize:
			// There may be more than the page that was read.
			first = false
			if events, err = p.outbox.Numbered(ctx, sessionID, a.Last, pageSize); err != nil {
				return through, err
			}
		default:
			return through, nil
		}
	}
	return through, nil
}

func (p *Publisher) publish(ctx context.Context, sessionID string, first bool, events []event.Event) (event.Answer, error) {
	messages := make([]event.Message, len(events))
	for i, e := range events {
		m, err := event.MessageOf(e)
		if err != nil {
			return event.Answer{}, err
		}
		messages[i] = m
	}
	return p.bus.Durable(ctx, sessionID, first, messages)
}
