package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"crystalyse/internal/auth"
)

// Why a connection ends; docs/wire.md says what a client does then.
const (
	closeGoingAway   = 4000
	closeTicket      = 4001
	closeStalled     = 4009
	closeLost        = 4010
	closeNoPong      = 4012
	closeTooMany     = 4029
	closeBadFrame    = 4500
	closeNoAuth      = 4501
	closeLoginEnded  = 4502
	closeNoSession   = 4504
	closeConnections = 4505
	closeTooLarge    = 4513
)

// maxInbound is the largest frame a viewer may send.
const maxInbound = 16 << 10

// conn is one viewer. What it is sent is in the hands of its writer (write.go),
// which exists only while there is something to send.
type conn struct {
	r     *Relay
	ws    *websocket.Conn
	plain bool
	name  string // of the session, as it was asked for

	mu      sync.Mutex
	who     auth.Identity // guarded by mu; UserID "" until authenticated
	control [][]byte      // guarded by mu; frames that wait
	ping    bool          // guarded by mu
	asked   *ask          // guarded by mu; a join or leave that waits
	st      *stream       // guarded by mu; set by the writer, cleared by gone
	left    bool          // guarded by mu; the connection is over
	session string        // guarded by mu; the id, once it is known

	present chan struct{} // closed when a plain viewer has joined
	writer  atomic.Int32
	heard   atomic.Int64 // unix seconds of the last word
	closing atomic.Bool
	rate    *bucket
	slot    int

	// Of the writer alone: where the viewer stands.
	next    int64
	resets  int
	ord     int64 // newest durable event delivered; plain only
	lagging bool
}

// ask is a wish of the viewer about its stream.
type ask struct {
	leave  bool
	epoch  string
	seq    int64
	cursor bool
}

// serve runs a connection that was upgraded. The reader is the only goroutine
// an idle viewer has.
func (c *conn) serve(first *ask) {
	defer c.gone()
	c.ws.SetPongHandler(func(string) error { c.hear(); return nil })
	c.hear()
	if c.user() == "" {
		_ = c.ws.SetReadDeadline(time.Now().Add(c.r.Limits.AuthWithin)) // a socket without deadlines fails at its first read
	} else if first != nil {
		c.wish(first)
	}
	for {
		kind, body, err := c.receive()
		switch {
		case errors.Is(err, errTooLarge):
			c.close(closeTooLarge, "a frame above 16 KB")
			return
		case isTimeout(err):
			c.close(closeNoAuth, "not authenticated in time")
			return
		case err != nil:
			return
		}
		c.hear()
		if !c.rate.take() {
			c.close(closeTooMany, "too many messages")
			return
		}
		if code, reason := c.handle(kind, body); code != 0 {
			c.close(code, reason)
			return
		}
	}
}

var errTooLarge = errors.New("too large")

func (c *conn) receive() (kind int, body []byte, err error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(io.LimitReader(r, maxInbound+1))
	if err == nil && len(body) > maxInbound {
		err = errTooLarge
	}
	return kind, body, err
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func (c *conn) hear() { c.heard.Store(time.Now().Unix()) }

func (c *conn) user() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who.UserID
}

// wish hands a join or leave to the writer.
func (c *conn) wish(a *ask) {
	c.mu.Lock()
	c.asked = a
	c.mu.Unlock()
	c.wake()
}

// say sends a control frame.
func (c *conn) say(frame []byte) {
	c.mu.Lock()
	c.control = append(c.control, frame)
	c.mu.Unlock()
	c.wake()
}

// close tells the viewer why, and cuts the connection.
func (c *conn) close(code int, reason string) {
	if c.closing.Swap(true) {
		return
	}
	c.r.stats.closed(code)
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second)) // it may not read any more
	_ = c.ws.Close()
}

// gone lets go of everything when the connection is over.
func (c *conn) gone() {
	c.closing.Store(true)
	_ = c.ws.Close()
	c.mu.Lock()
	st, user := c.st, c.who.UserID
	c.st, c.left = nil, true
	c.mu.Unlock()
	if st != nil {
		c.r.hub.leave(st, c)
	}
	c.r.wheel.remove(c)
	c.r.release(user)
	c.r.stats.connections.Add(-1)
}

// sessionID finds the session once; an alias is opened on first use.
func (c *conn) sessionID(ctx context.Context) (string, error) {
	c.mu.Lock()
	id, user := c.session, c.who.UserID
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	id, err := c.r.resolve(ctx, user, c.name)
	if err == nil {
		c.mu.Lock()
		c.session = id
		c.mu.Unlock()
	}
	return id, err
}
