package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// Batch is the news of a discovery: the events after a position, and what runs
// at this moment.
type Batch struct {
	Events  []event.Event           `json:"events"`
	Next    int64                   `json:"next"`
	Status  discovery.Status        `json:"status"`
	Running []discovery.RunningCall `json:"running"`
	State   string                  `json:"state"`
}

const (
	followWait = 25 // seconds that the server may hold a request

	// FollowLimit is the most events a batch has; one with fewer is up to date.
	FollowLimit = 500
)

// Follower is told what happens.
type Follower struct {
	// Batch takes news in order, each event once. An error ends the following
	// and is given back.
	Batch func(Batch) error
	// Lost is told that the server does not answer; following goes on. The next
	// Batch says that it is back. It may be nil.
	Lost func(error)
}

// Follow reads the events of a discovery after a position until the discovery
// is closed and its last event was given. A server that dies in the middle is
// waited for: nothing is missed and nothing is given twice, because the
// position moves only after a whole batch was taken.
func (c *Client) Follow(ctx context.Context, did string, after int64, f Follower) error {
	state := ""
	tries := c.patient()
	for {
		b, err := c.events(ctx, did, after, state)
		if err != nil {
			if passing(err) && f.Lost != nil {
				f.Lost(err)
			}
			if err := tries.next(ctx, err); err != nil {
				return err
			}
			continue
		}
		tries = c.patient()
		if err := f.Batch(b); err != nil {
			return err
		}
		after, state = b.Next, b.State
		if b.Status.Closed() && len(b.Events) < FollowLimit {
			return nil
		}
	}
}

func (c *Client) events(ctx context.Context, did string, after int64, state string) (Batch, error) {
	q := url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(FollowLimit)}}
	if state != "" {
		// The first look answers at once: the caller has nothing to show yet.
		q.Set("wait", strconv.Itoa(followWait))
		q.Set("state", state)
	}
	body, err := c.send(ctx, request{method: http.MethodGet, path: discoveryPath(did) + "/events", query: q}, followWait*time.Second+shortCall)
	if err != nil {
		return Batch{}, err
	}
	var b Batch
	return b, decode(body, &b)
}

func (c *Client) patient() backoff { return backoff{c: c, patience: c.opts.Patience} }
