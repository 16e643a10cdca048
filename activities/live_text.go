package activities

import (
	"sync"
	"time"
	"unicode/utf8"

	"crystalyse/internal/event"
)

// A model writes a few characters at a time; viewers get them in pieces of
// textEvery or textSize, whichever is reached first.
const (
	textEvery = 20 * time.Millisecond
	textSize  = 2 << 10 // bytes
)

// liveText merges what a model writes into reasoning updates.
type liveText struct {
	send func(event.Payload)
	turn int

	mu      sync.Mutex
	pending []byte
	offset  int // characters sent
	written int // characters in all
	timer   *time.Timer
}

func newLiveText(rec *Recorder, turn int) *liveText {
	return &liveText{send: func(p event.Payload) { rec.Live(p) }, turn: turn}
}

// add takes a piece and gives the number of characters so far.
func (l *liveText) add(piece string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, piece...)
	l.written += utf8.RuneCountInString(piece)
	switch {
	case len(l.pending) >= textSize:
		l.flush()
	case l.timer == nil && len(l.pending) > 0:
		l.timer = time.AfterFunc(textEvery, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.flush()
		})
	}
	return l.written
}

// close sends the rest.
func (l *liveText) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

// flush sends what waits. The caller holds the lock.
func (l *liveText) flush() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if len(l.pending) == 0 {
		return
	}
	l.send(event.ReasoningUpdate{Turn: l.turn, Offset: l.offset, Content: string(l.pending)})
	l.offset, l.pending = l.written, nil
}
