package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// maxDepth is how deep the JSON of a viewer may nest.
const maxDepth = 16

// inbound is any frame of a viewer: control frames name themselves in t, the
// plan's messages in type.
type inbound struct {
	T    string `json:"t"`
	Type string `json:"type"`

	Ticket string `json:"ticket"` // auth
	S      string `json:"s"`      // join
	E      string `json:"e"`
	Q      int64  `json:"q"` // join, ack

	Query     string `json:"query"` // discovery_request, memory_search
	Mode      string `json:"mode"`
	RequestID string `json:"request_id"`
	Limit     *int   `json:"limit"`
	Scope     string `json:"scope"`

	DiscoveryID string            `json:"discovery_id"` // discovery_update, discovery_state
	Update      *discovery.Update `json:"update"`
}

var (
	errNotText = errors.New("frames are JSON text")
	errNotJSON = errors.New("the frame is not a JSON object")
	errDeep    = errors.New("the frame nests too deep")
	errUnknown = errors.New("the type of the frame is not known")
)

// parse reads a frame. A frame that is not understood as a whole is refused.
func parse(kind int, body []byte, plain bool) (inbound, error) {
	var in inbound
	if kind != websocket.TextMessage {
		return in, errNotText
	}
	if tooDeep(body) {
		return in, errDeep
	}
	if err := json.Unmarshal(body, &in); err != nil || len(body) == 0 || firstByte(body) != '{' {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return in, fmt.Errorf("the field %s is of the wrong type", wrong.Field)
		}
		return in, errNotJSON
	}
	switch in.Type {
	case askDiscovery, askMemories, askUpdate, askState:
		return in, nil
	case "":
	default:
		return in, errUnknown
	}
	switch in.T {
	case "auth", "join", "leave", "ack", "pong":
		if plain {
			return in, errUnknown
		}
		return in, nil
	}
	return in, errUnknown
}

func firstByte(b []byte) byte {
	for _, c := range b {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// tooDeep looks at the brackets outside of strings, before anything is decoded.
func tooDeep(b []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// handle does what a frame asks. A code closes the connection.
func (c *conn) handle(kind int, body []byte) (code int, reason string) {
	in, err := parse(kind, body, c.plain)
	if err != nil {
		return closeBadFrame, err.Error()
	}
	if c.user() == "" {
		return c.authenticate(in)
	}
	switch in.T {
	case "auth": // twice is once
	case "join":
		if in.S != "" && !c.names(in.S) {
			return closeNoSession, "no such session"
		}
		c.wish(&ask{epoch: in.E, seq: in.Q, cursor: in.E != ""})
	case "leave":
		c.wish(&ask{leave: true})
	case "ack", "pong": // being heard is all
	default:
		c.answer(in)
	}
	return 0, ""
}

// authenticate takes the first frame of a viewer without credentials.
func (c *conn) authenticate(in inbound) (code int, reason string) {
	if in.T != "auth" {
		return closeNoAuth, "authenticate first"
	}
	ctx, cancel := context.WithTimeout(c.r.ctx, 10*time.Second)
	defer cancel()
	who, err := c.r.Gate.Redeem(ctx, in.Ticket)
	switch {
	case fault.Is(err, fault.CodeUnavailable):
		return closeLost, "tickets cannot be checked now"
	case err != nil:
		return closeTicket, "the ticket is expired or used"
	case !c.r.admit(who.UserID):
		return closeConnections, "too many connections"
	}
	_ = c.ws.SetReadDeadline(time.Time{}) // a socket without deadlines fails at its next read
	c.mu.Lock()
	c.who = who
	c.mu.Unlock()
	return 0, ""
}

// names reports whether a join means the session of the address.
func (c *conn) names(s string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return s == c.name || s == c.session
}
