package publish

import (
	"context"
	"math"
	"slices"
	"time"

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
	until := int64(0)
	for _, i := range items {
		if i.sweep {
			left, err := p.outbox.Unpublished(ctx, sessionID, pageSize)
			if err != nil {
				return err
			}
			events, until = append(left, events...), math.MaxInt64
		}
		events = append(events, i.durable...)
	}
	for _, e := range events {
		until = max(until, e.Metadata.Ord)
	}
	events, err := p.meeting(ctx, sessionID, events, until)
	if err != nil {
		return err
	}
	through, err := p.inOrder(ctx, sessionID, events, until)
	if err != nil || through == 0 {
		return err
	}
	p.meet(sessionID)
	return p.outbox.MarkPublished(ctx, sessionID, through)
}

// inOrder publishes the events and answers the bus when it misses some. Nothing
// younger than until is sent: live events that wait have their place before it.
func (p *Publisher) inOrder(ctx context.Context, sessionID string, events []event.Event, until int64) (through int64, err error) {
	first := false
	for len(events) > 0 {
		a, err := p.publish(ctx, sessionID, first, events)
		if err != nil {
			return through, err
		}
		if again, err := p.behind(ctx, sessionID, a, events); err != nil {
			return 0, err
		} else if again {
			through, first = 0, false
			continue
		}
		through = max(through, a.Last)
		switch {
		case a.Fresh:
			// Somebody may have committed before us and not published yet: a new
			// stream begins with the oldest event that nobody has published.
			first = true
			events, err = p.outbox.Unpublished(ctx, sessionID, pageSize)
		case a.Hole || a.Last < until && (first || len(events) >= pageSize):
			first = false
			// With the newest that is there, so that it is seen to be of this log.
			events, err = p.outbox.Numbered(ctx, sessionID, a.Last-1, pageSize)
		default:
			return through, nil
		}
		if err != nil {
			return through, err
		}
		events = upTo(events, until)
	}
	return through, nil
}

func upTo(events []event.Event, until int64) []event.Event {
	return slices.DeleteFunc(events, func(e event.Event) bool { return e.Metadata.Ord > until })
}

// behind reports whether the stream is not of the log: this is an older copy of
// itself that was brought back, and may have grown past the stream since. The stream
// is then let go of, and what was to be published is to be published again. What is published is stored before, so that
// nothing else leaves a log behind, but a session that was just deleted.
func (p *Publisher) behind(ctx context.Context, sessionID string, a event.Answer, events []event.Event) (bool, error) {
	newest := int64(0)
	for _, e := range events {
		newest = max(newest, e.Metadata.Ord)
	}
	if !a.Other {
		if a.Last <= newest {
			return false, nil
		}
		later, err := p.outbox.Numbered(ctx, sessionID, a.Last-1, 1)
		if err != nil || len(later) > 0 && (a.Mark == "" || event.Mark(later[0]) == a.Mark) {
			return false, err
		}
	}
	p.log.Warn("the stream of a session is not of its log, and begins anew", "session", sessionID, "last", a.Last, "stored", newest)
	return true, p.bus.Restart(ctx, sessionID, a.Last)
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
	a, err := p.bus.Durable(ctx, sessionID, first, messages)
	if err == nil && p.lag != nil {
		now := float64(time.Now().UnixMicro()) / 1e6
		for _, e := range events { // of the new ones: what was known is told by who published it
			if o := e.Metadata.Ord; o <= a.Last && o > a.Last-int64(a.Taken) {
				p.lag(time.Duration((now - e.Timestamp) * float64(time.Second)))
			}
		}
	}
	return a, err
}
