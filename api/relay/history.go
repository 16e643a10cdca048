package relay

import (
	"context"
	"errors"

	"crystalyse/internal/event"
)

var errNoBus = errors.New("the bus is not connected")

// fetchHistory takes the session's position from the stored log: it has no
// stream, or the bus is away.
func (st *stream) fetchHistory(ctx context.Context) (done bool, err error) {
	last, err := st.h.r.History.LastOrd(ctx, st.user, st.id)
	if err != nil {
		return false, err
	}
	st.mu.Lock()
	if st.epoch != epochHistory {
		st.restart(epochHistory, last)
	}
	from := st.top
	st.mu.Unlock()
	entries, err := st.h.history(ctx, st, from, pageSize)
	if err != nil {
		return false, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range entries {
		if e.seq == st.top+1 {
			st.append(e)
		}
	}
	if st.top < last {
		return false, nil
	}
	if len(st.pending) > 0 && st.h.isConnected() {
		st.pending, st.epoch = nil, "" // the stream has begun meanwhile
		return false, nil
	}
	st.pending = nil
	return st.settle(), nil
}

// history reads stored events as entries, where seq = ord.
func (h *hub) history(ctx context.Context, st *stream, after int64, limit int) ([]entry, error) {
	events, err := h.r.History.After(ctx, st.user, st.id, "", after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]entry, len(events))
	for i, e := range events {
		body, err := bodyOf(e)
		if err != nil {
			return nil, err
		}
		out[i] = entry{e.Metadata.Ord, body}
	}
	return out, nil
}

// older reads events that the ring no longer has, for a viewer that is behind.
// ok is false when they are gone.
func (st *stream) older(ctx context.Context, epoch string, after int64) (entries []entry, ok bool, err error) {
	const page = 256
	if epoch == epochHistory {
		entries, err = st.h.history(ctx, st, after, page)
		return entries, err == nil, err
	}
	if st.h.r.Stream == nil {
		return nil, false, nil
	}
	var p event.Page
	if p, err = st.h.r.Stream.Read(ctx, st.id, after, page); err != nil {
		return nil, false, err
	}
	if p.Epoch != epoch || p.First > after+1 || len(p.Deliveries) == 0 || p.Deliveries[0].Seq != after+1 {
		return nil, false, nil
	}
	for _, d := range p.Deliveries {
		entries = append(entries, entry{d.Seq, d.Body})
	}
	return entries, true, nil
}
