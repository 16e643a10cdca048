// Package relaytest has a viewer that judges what it is sent, and a small world
// behind the relay's ports. It is used by tests and by the chaos run only.
package relaytest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"crystalyse/api/relay"
	"crystalyse/internal/event"
	"crystalyse/internal/event/fold"
)

// Viewer is a client of crystalyse.v1 that keeps its position over connections,
// folds what it gets, and notes every breach of the contract.
type Viewer struct {
	URL    string // ws://host/ws/discovery/<session>
	Header http.Header
	Dial   func(ctx context.Context, network, addr string) (net.Conn, error) // nil is the usual one
	Slow   time.Duration                                                     // to think about each frame

	mu       sync.Mutex
	epoch    string
	seq      int64
	fold     *fold.Fold
	raw      map[string]int // durable events got by `ev` since the last reset
	counts   Counts
	breaches []string
	top      int64 // newest the server has told of
	change   chan struct{}
}

// Counts are what a viewer has seen.
type Counts struct {
	Connections, Tails, Snapshots, Resets, Lags, Events, Frames, Beats int
	Reasons                                                            map[string]int
}

// NewViewer gives a viewer that has seen nothing.
func NewViewer(url string) *Viewer {
	return &Viewer{URL: url, fold: fold.New(), raw: map[string]int{}, change: make(chan struct{}, 1), counts: Counts{Reasons: map[string]int{}}}
}

// frame is any frame of the server.
type frame struct {
	T      string          `json:"t"`
	Type   string          `json:"type"`
	S      string          `json:"s"`
	E      string          `json:"e"`
	Q      int64           `json:"q"`
	Top    int64           `json:"top"`
	Mode   string          `json:"mode"`
	Reason string          `json:"reason"`
	Behind int64           `json:"behind"`
	More   bool            `json:"more"`
	D      json.RawMessage `json:"d"`
}

// Run connects once, joins at its position and reads until the connection or
// ctx ends.
func (v *Viewer) Run(ctx context.Context) error {
	d := websocket.Dialer{Subprotocols: []string{relay.Subprotocol}, NetDialContext: v.Dial, HandshakeTimeout: 30 * time.Second}
	ws, resp, err := d.DialContext(ctx, v.URL, v.Header)
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // an upgrade has no body
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer stop()
	defer ws.Close()
	v.mu.Lock()
	v.counts.Connections++
	join := map[string]any{"t": "join"}
	if v.epoch != "" {
		join["e"], join["q"] = v.epoch, v.seq
	}
	v.mu.Unlock()
	if err := ws.WriteJSON(join); err != nil {
		return err
	}
	for {
		_, body, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		beat, err := v.take(body)
		if err != nil {
			return err
		}
		if beat {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"pong"}`)); err != nil {
				return err
			}
		}
		if v.Slow > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(v.Slow):
			}
		}
	}
}

// take applies what came in one WebSocket frame.
func (v *Viewer) take(body []byte) (beat bool, err error) {
	frames := []frame{{}}
	if body[0] == '[' {
		err = json.Unmarshal(body, &frames)
	} else {
		err = json.Unmarshal(body, &frames[0])
	}
	if err != nil {
		return false, fmt.Errorf("a frame that is no JSON: %w", err)
	}
	v.mu.Lock()
	v.counts.Frames++
	for _, f := range frames {
		v.apply(f)
		beat = beat || f.T == "hb"
	}
	v.mu.Unlock()
	select {
	case v.change <- struct{}{}:
	default:
	}
	return beat, nil
}

// apply follows docs/wire.md. The caller holds the lock.
func (v *Viewer) apply(f frame) {
	v.top = max(v.top, f.Top)
	switch f.T {
	case "joined":
		if f.Mode == "tail" {
			v.counts.Tails++
			if f.E != v.epoch || f.Q != v.seq {
				v.breach("joined at %s/%d, asked for %s/%d", f.E, f.Q, v.epoch, v.seq)
			}
		}
	case "reset":
		v.counts.Resets++
		v.counts.Reasons[f.Reason]++
		v.epoch, v.seq, v.top, v.fold, v.raw = "", 0, 0, fold.New(), map[string]int{}
	case "snap":
		v.counts.Snapshots++
		var events []event.Event
		if err := json.Unmarshal(f.D, &events); err != nil {
			v.breach("snap: %v", err)
		}
		for _, e := range events {
			v.fold.Add(e)
		}
		if !f.More {
			v.epoch, v.seq = f.E, f.Q
		}
	case "ev":
		v.event(f)
	case "lag":
		v.counts.Lags++
	case "hb":
		v.counts.Beats++
	default:
		v.breach("a frame of unknown type %q", f.T)
	}
}

func (v *Viewer) event(f frame) {
	v.counts.Events++
	if f.Q != v.seq+1 {
		v.breach("seq %d after %d in epoch %s", f.Q, v.seq, v.epoch)
	}
	v.seq = f.Q
	var e event.Event
	if err := json.Unmarshal(f.D, &e); err != nil {
		v.breach("ev %d: %v", f.Q, err)
		return
	}
	if event.Durable(e.Type) {
		if v.raw[e.ID]++; v.raw[e.ID] > 1 {
			v.breach("%s came twice in epoch %s", e.ID, v.epoch)
		}
	}
	v.fold.Add(e)
}

func (v *Viewer) breach(format string, args ...any) {
	if len(v.breaches) < 20 {
		v.breaches = append(v.breaches, fmt.Sprintf(format, args...))
	}
}

// Breaches are the breaches of the contract so far, at most 20.
func (v *Viewer) Breaches() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string{}, v.breaches...)
}

// Counts gives what was seen.
func (v *Viewer) Counts() Counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counts
}

// Position gives where the viewer stands.
func (v *Viewer) Position() (epoch string, seq int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.epoch, v.seq
}

// SetPosition makes the viewer claim to have seen up to there.
func (v *Viewer) SetPosition(epoch string, seq int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.epoch, v.seq = epoch, seq
}

// State gives what the viewer shows.
func (v *Viewer) State() fold.State {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fold.State()
}

// Shows reports whether the viewer shows exactly the state and has every one of
// the events, at one moment.
func (v *Viewer) Shows(state string, events []event.Event) (missing string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range events {
		if !v.fold.Has(e.ID) {
			return e.ID, false
		}
	}
	return "", v.fold.State().JSON() == state
}

// Changed receives after something came.
func (v *Viewer) Changed() <-chan struct{} { return v.change }
