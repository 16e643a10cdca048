package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"crystalyse/internal/event"
)

// snapshot is the session's durable events so far, with the live ones of open
// steps that are still kept; good as of q: what follows is the stream after q.
type snapshot struct {
	epoch  string
	resets int
	q      int64
	at     time.Time
	events []entry // by ord; their seq is the ord
	live   [][]byte
	open   []openStep
}

// snapshotAge is how long a snapshot serves other viewers.
const snapshotAge = time.Second

// snapshot makes one, or gives the last if the ring still continues it. Viewers
// that ask together share the read.
func (st *stream) snapshot(ctx context.Context) (*snapshot, error) {
	for {
		if err := st.wait(ctx); err != nil {
			return nil, err
		}
		st.mu.Lock()
		have, resets := st.snap, st.resets
		st.mu.Unlock()
		if have != nil && have.resets == resets && time.Since(have.at) < snapshotAge && st.continues(have) {
			return have, nil
		}
		v, err, _ := st.h.r.flights.Do(fmt.Sprint(st.id, resets), func() (any, error) { return st.read(ctx) })
		if err != nil {
			return nil, err
		}
		if s := v.(*snapshot); st.continues(s) {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// continues reports whether a viewer can go on after the snapshot.
func (st *stream) continues(s *snapshot) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return s.resets == st.resets && (s.q == st.top || st.ring.n > 0 && s.q+1 >= st.ring.first())
}

// read takes the position first and the log after it, so that nothing can be
// missing between the two; what is in both is known by its id.
func (st *stream) read(ctx context.Context) (*snapshot, error) {
	st.mu.Lock()
	s := &snapshot{epoch: st.epoch, resets: st.resets, q: st.top, at: time.Now()}
	kept := st.ring.after(0)
	st.mu.Unlock()
	open := map[string]openStep{}
	for after := int64(0); ; {
		events, err := st.h.r.History.After(ctx, st.user, st.id, "", after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			body, err := bodyOf(e)
			if err != nil {
				return nil, err
			}
			after = e.Metadata.Ord
			s.events = append(s.events, entry{after, body})
			track(open, e)
		}
		if len(events) < pageSize {
			break
		}
	}
	s.live = liveOf(st.sinceOpen(ctx, s, kept, open), open)
	for _, k := range slices.Sorted(maps.Keys(open)) {
		s.open = append(s.open, open[k])
	}
	st.mu.Lock()
	st.snap = s
	st.mu.Unlock()
	st.h.r.stats.snapshots.Add(1)
	return s, nil
}

// sinceOpen gives the events since the open steps began: those kept here, and
// where a step began before them those the stream still has. What it has let go
// of is a hole that a viewer sees until the step ends.
func (st *stream) sinceOpen(ctx context.Context, s *snapshot, kept []entry, open map[string]openStep) []entry {
	began := int64(math.MaxInt64)
	for _, o := range open {
		began = min(began, o.began)
	}
	for _, e := range kept {
		if ord := e.ord(); ord > 0 {
			if ord <= began {
				return kept // they all began in here
			}
			break
		}
	}
	if len(open) == 0 || s.epoch == epochHistory {
		return kept
	}
	first := s.q + 1
	if len(kept) > 0 {
		first = kept[0].seq
	}
	var before []entry
	for after := max(0, first-1-maxReplay); after < first-1; {
		page, ok, err := st.older(ctx, s.epoch, after)
		if err != nil || !ok {
			return kept
		}
		for _, e := range page {
			if e.seq < first {
				before = append(before, e)
			}
			after = e.seq
		}
	}
	return append(before, kept...)
}

// track keeps the steps that have begun and not ended.
func track(open map[string]openStep, e event.Event) {
	did, step := e.Metadata.DiscoveryID, e.Metadata.Step
	key := did + "/" + step
	switch e.Type {
	case event.TypeReasoningStart, event.TypeToolCallStart:
		open[key] = openStep{did, step, e.Metadata.Attempt, e.Metadata.Ord}
	case event.TypeReasoningEnd, event.TypeToolCallResult:
		delete(open, key)
	case event.TypeDiscoveryComplete:
		maps.DeleteFunc(open, func(_ string, s openStep) bool { return s.DiscoveryID == did })
	}
}

// liveOf gives the live events of open steps among those kept.
func liveOf(kept []entry, open map[string]openStep) [][]byte {
	var out [][]byte
	for _, k := range kept {
		var e struct {
			Type     event.Type     `json:"type"`
			Metadata event.Metadata `json:"metadata"`
		}
		if json.Unmarshal(k.body, &e) != nil || event.Durable(e.Type) {
			continue
		}
		if s, ok := open[e.Metadata.DiscoveryID+"/"+e.Metadata.Step]; ok && s.Attempt == e.Metadata.Attempt {
			out = append(out, k.body)
		}
	}
	return out
}

// frames encodes the snapshot for crystalyse.v1.
func (s *snapshot) frames() [][]byte {
	bodies := make([][]byte, 0, len(s.events)+len(s.live))
	for _, e := range s.events {
		bodies = append(bodies, e.body)
	}
	return snapFrames(s.epoch, s.q, append(bodies, s.live...))
}
