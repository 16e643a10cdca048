package rest

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

const (
	maxWait       = 30 * time.Second
	defaultEvents = 200
	maxEvents     = 1000
)

// batch is what a reader of events gets: the events after its position, where to
// go on, and what runs right now. State changes whenever status or running do;
// a reader that sends it back is answered as soon as it differs.
type batch struct {
	Events  []event.Event           `json:"events"`
	Next    int64                   `json:"next"`
	Status  discovery.Status        `json:"status"`
	Running []discovery.RunningCall `json:"running"`
	State   string                  `json:"state"`
}

// position is what a reader asks for.
type position struct {
	after int64
	wait  time.Duration
	limit int
	state string
}

func readPosition(c *gin.Context) (position, error) {
	after, err := number(c, "after", 0, 0, math.MaxInt64)
	if err != nil {
		return position{}, err
	}
	wait, err := number(c, "wait", 0, 0, int64(maxWait/time.Second))
	if err != nil {
		return position{}, err
	}
	limit, err := number(c, "limit", defaultEvents, 1, maxEvents)
	return position{after, time.Duration(wait) * time.Second, int(limit), c.Query("state")}, err
}

// followEvents answers with the events after a position, waiting for the first
// one if the reader wants to. It looks at the port again and again, which costs
// little for the few readers of one machine; the relay replaces it for many.
func (s *server) followEvents(c *gin.Context, userID string) error {
	p, err := readPosition(c)
	if err != nil {
		return err
	}
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(c.Request.Context(), max(p.wait, time.Nanosecond))
	defer stop()
	again := time.NewTicker(s.PollEvery)
	defer again.Stop()
	for {
		// Looked at under the request's own context: the end of the patience ends
		// the wait, not a query under way.
		b, err := s.look(c.Request.Context(), d, userID, p)
		if err != nil {
			return err
		}
		if len(b.Events) > 0 || b.Status.Closed() || (p.state != "" && b.State != p.state) || !s.sleep(ctx, again.C) {
			c.JSON(http.StatusOK, b)
			return nil
		}
	}
}

// sleep waits for the next look; false when the reader has waited enough.
func (s *server) sleep(ctx context.Context, again <-chan time.Time) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-s.Done:
		return false
	case <-again:
		return true
	}
}

// look reads the status before the events: a closed status then promises that
// the last event is among those stored, since both were written together.
func (s *server) look(ctx context.Context, d discovery.Discovery, userID string, p position) (batch, error) {
	now, err := s.Discoveries.Get(ctx, userID, d.ID)
	if err != nil {
		return batch{}, err
	}
	events, err := s.Events.After(ctx, userID, d.SessionID, d.ID, p.after, p.limit)
	if err != nil {
		return batch{}, err
	}
	b := batch{Events: events, Next: p.after, Status: now.Status, Running: []discovery.RunningCall{}}
	if b.Events == nil {
		b.Events = []event.Event{}
	}
	if n := len(events); n > 0 {
		b.Next = events[n-1].Metadata.Ord
	}
	if !now.Status.Closed() {
		running, err := s.Discoveries.Running(ctx, userID, d.ID)
		if err != nil {
			return batch{}, err
		}
		b.Running = append(b.Running, running...)
	}
	b.State, err = stateOf(b)
	return b, err
}

func stateOf(b batch) (string, error) {
	h := fnv.New64a()
	if err := json.NewEncoder(h).Encode([]any{b.Status, b.Running}); err != nil {
		return "", err
	}
	return strconv.FormatUint(h.Sum64(), 36), nil
}
