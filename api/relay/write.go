package relay

import (
	"bytes"
	"context"
	"time"

	"github.com/gorilla/websocket"

	"crystalyse/internal/fault"
)

// The writer of a viewer is idle (no goroutine), busy, or busy and to look again.
const (
	writerIdle int32 = iota
	writerBusy
	writerAgain
)

// wake makes sure that the writer looks after this call. It never blocks.
func (c *conn) wake() {
	for {
		switch c.writer.Load() {
		case writerIdle:
			if c.writer.CompareAndSwap(writerIdle, writerBusy) {
				c.r.pens.write(c)
				return
			}
		case writerBusy:
			if c.writer.CompareAndSwap(writerBusy, writerAgain) {
				return
			}
		default:
			return
		}
	}
}

// write sends until nothing is left, and ends.
func (c *conn) write() {
	for {
		for !c.closing.Load() && c.step() {
		}
		if c.writer.CompareAndSwap(writerBusy, writerIdle) {
			return
		}
		c.writer.Store(writerBusy)
	}
}

// step does the next thing; false when there is none.
func (c *conn) step() bool {
	c.mu.Lock()
	control, ping, asked, st := c.control, c.ping, c.asked, c.st
	c.control, c.ping, c.asked = nil, false, nil
	c.mu.Unlock()
	switch {
	case ping:
		c.sendPing()
	case asked == nil && len(control) == 0:
		return st != nil && c.follow(st)
	}
	for len(control) > 0 && !c.closing.Load() {
		frame, n := joinFrames(len(control), func(i int) int { return len(control[i]) }, func(b []byte, i int) []byte { return append(b, control[i]...) })
		if c.plain {
			frame, n = control[0], 1
		}
		c.send(frame)
		control = control[n:]
	}
	if asked != nil {
		c.obey(asked, st)
	}
	return true
}

func (c *conn) sendPing() {
	if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.r.Limits.Stall)) != nil {
		c.close(closeStalled, "no write progress")
	}
}

// send writes one frame. A viewer that takes nothing for too long is cut: it
// comes back and goes on where it was.
func (c *conn) send(frame []byte) {
	frame = c.quoted(frame)
	_ = c.ws.SetWriteDeadline(time.Now().Add(c.r.Limits.Stall)) // a broken socket fails at the write
	if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		if isTimeout(err) {
			c.r.stats.stalled.Add(1)
		}
		c.close(closeStalled, "no write progress")
		return
	}
	c.r.stats.frames.Add(1)
}

// obey joins or leaves.
func (c *conn) obey(a *ask, st *stream) {
	if st != nil {
		c.r.hub.leave(st, c)
		c.attach(nil)
	}
	if a.leave {
		return
	}
	ctx, cancel := context.WithTimeout(c.r.ctx, 30*time.Second)
	defer cancel()
	id, err := c.sessionID(ctx)
	if err == nil {
		if st, err = c.r.hub.join(ctx, id, c.user(), c); err != nil {
			c.r.hub.leave(st, c)
		}
	}
	switch {
	case fault.Is(err, fault.CodeInvalid):
		c.close(closeNoSession, "no such session")
		return
	case err != nil:
		c.r.Logger.Warn("a viewer could not join", "error", err)
		c.lost(err)
		return
	}
	if !c.attach(st) {
		c.r.hub.leave(st, c)
		return
	}
	c.r.stats.joins.Add(1)
	if c.plain {
		err = c.joinPlain(ctx, st, a)
		close(c.present) // it joins once
	} else {
		err = c.join(ctx, st, a)
	}
	if err != nil {
		c.r.Logger.Warn("a viewer could not join", "session", st.id, "error", err)
		c.lost(err)
	}
}

// lost closes a connection whose session cannot be read, or was deleted.
func (c *conn) lost(err error) {
	if fault.Is(err, fault.CodeNotFound) {
		c.close(closeNoSession, "no such session")
		return
	}
	c.close(closeLost, "the session cannot be read now")
}

// attach sets the viewer's stream; false when the connection is over already.
func (c *conn) attach(st *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return false
	}
	c.st = st
	return true
}

// memoryMark begins what stands for the content of a memory.
var memoryMark = []byte("{{memory:")

// quoted puts the contents of memories into a frame at the last moment, so that
// one that is forgotten is in no buffer here.
func (c *conn) quoted(frame []byte) []byte {
	if c.r.Quote == nil || !bytes.Contains(frame, memoryMark) {
		return frame
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.r.Limits.Stall)
	defer cancel()
	out, err := c.r.Quote(ctx, c.user(), frame)
	if err != nil {
		c.r.Logger.Warn("the contents of memories are left out", "error", err)
		return frame
	}
	return out
}
