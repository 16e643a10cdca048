package relay

import (
	"bytes"
	"encoding/json"
	"strconv"

	"crystalyse/internal/event"
)

// maxFrame is how much goes into one frame; one larger event is sent alone.
const maxFrame = 64 << 10

const (
	evHead = `{"t":"ev","q":`
	evData = `,"d":`
)

// appendEv writes the frame of an event.
func appendEv(b []byte, e entry) []byte {
	b = append(b, evHead...)
	b = strconv.AppendInt(b, e.seq, 10)
	b = append(b, evData...)
	b = append(b, e.body...)
	return append(b, '}')
}

// joinFrames makes one frame of as many of the parts as fit: the part itself, or
// an array. It gives how many were taken.
func joinFrames(n int, size func(int) int, put func([]byte, int) []byte) ([]byte, int) {
	total, taken := 2, 0
	for taken < n && (taken == 0 || total+size(taken)+1 <= maxFrame) {
		total += size(taken) + 1
		taken++
	}
	if taken == 1 {
		return put(make([]byte, 0, total), 0), 1
	}
	b := append(make([]byte, 0, total), '[')
	for i := range taken {
		if i > 0 {
			b = append(b, ',')
		}
		b = put(b, i)
	}
	return append(b, ']'), taken
}

const evOverhead = len(evHead) + 20 + len(evData) + 1

// evFrame encodes entries for crystalyse.v1.
func evFrame(entries []entry) ([]byte, int) {
	return joinFrames(len(entries), func(i int) int { return evOverhead + len(entries[i].body) },
		func(b []byte, i int) []byte { return appendEv(b, entries[i]) })
}

// plainFrame is the event alone, with epoch and seq in its metadata, which the
// encoder writes last and never empty.
func plainFrame(e entry, epoch string) []byte {
	cut, ok := bytes.CutSuffix(e.body, []byte("}}"))
	if !ok {
		return e.body
	}
	b := make([]byte, 0, len(e.body)+len(epoch)+40)
	b = append(b, cut...)
	b = append(b, `,"epoch":`...)
	b = strconv.AppendQuote(b, epoch)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, e.seq, 10)
	return append(b, "}}"...)
}

// openStep is a step that runs, as `joined` tells it.
type openStep struct {
	DiscoveryID string `json:"discovery_id"`
	Step        string `json:"step"`
	Attempt     int    `json:"attempt"`
	began       int64  // ord of its first event
}

type joinedFrame struct {
	T    string     `json:"t"`
	S    string     `json:"s"`
	E    string     `json:"e"`
	Q    int64      `json:"q"`
	Top  int64      `json:"top"`
	Mode string     `json:"mode"` // tail | snapshot
	Open []openStep `json:"open,omitempty"`
}

type resetFrame struct {
	T      string `json:"t"`
	Reason string `json:"reason"`
}

type lagFrame struct {
	T      string `json:"t"`
	Q      int64  `json:"q"`
	Behind int64  `json:"behind"`
}

type beatFrame struct {
	T   string `json:"t"`
	Top int64  `json:"top"`
}

// Why a position cannot be continued.
const (
	reasonEpoch   = "epoch"
	reasonTrimmed = "trimmed"
	reasonLag     = "lag"
	reasonFuture  = "future"
)

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"t":"hb","top":0}`) // structs of strings and numbers always encode
	}
	return b
}

// snapFrames splits the events of a snapshot into frames.
func snapFrames(epoch string, q int64, bodies [][]byte) [][]byte {
	var out [][]byte
	for start := true; start || len(bodies) > 0; start = false {
		b := append(make([]byte, 0, 4<<10), `{"t":"snap","e":`...)
		b = strconv.AppendQuote(b, epoch)
		b = append(b, `,"q":`...)
		b = strconv.AppendInt(b, q, 10)
		b = append(b, `,"d":[`...)
		n := 0
		for n < len(bodies) && (n == 0 || len(b)+len(bodies[n])+20 <= maxFrame) {
			if n > 0 {
				b = append(b, ',')
			}
			b = append(b, bodies[n]...)
			n++
		}
		bodies = bodies[n:]
		b = append(b, ']')
		if len(bodies) > 0 {
			b = append(b, `,"more":true`...)
		}
		out = append(out, append(b, '}'))
	}
	return out
}

// bodyOf encodes a stored event as the bus would.
func bodyOf(e event.Event) ([]byte, error) {
	m, err := event.MessageOf(e)
	return m.Body, err
}
