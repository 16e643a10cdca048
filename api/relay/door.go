package relay

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/gorilla/websocket"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// namePattern is what may stand for a session in the address.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

var statuses = map[fault.Code]int{
	fault.CodeInvalid: http.StatusUnprocessableEntity, fault.CodeNotFound: http.StatusNotFound, fault.CodeUnknown: http.StatusUnauthorized,
	fault.CodeDenied: http.StatusForbidden, fault.CodeUnavailable: http.StatusServiceUnavailable, fault.CodeLimit: http.StatusTooManyRequests,
}

// ServeHTTP upgrades GET .../{session}. Everything that can be refused before
// the upgrade is.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	v1 := slices.Contains(websocket.Subprotocols(req), Subprotocol)
	if err := r.seat(req); err != nil {
		problem(w, err)
		return
	}
	who, first, err := r.look(req, v1)
	if err != nil {
		r.seats.Add(-1)
		problem(w, err)
		return
	}
	ws, err := r.upgrader.Upgrade(w, req, nil)
	if err != nil {
		r.release(who.UserID)
		return // the upgrader has answered
	}
	c := &conn{r: r, ws: ws, plain: !v1, name: path.Base(req.URL.Path), who: who, present: make(chan struct{}), rate: newBucket(r.Limits.Messages, 2*r.Limits.Messages)}
	c.hear() // before the wheel looks at it
	r.stats.connections.Add(1)
	r.stats.opened.Add(1)
	r.wheel.add(c)
	if r.ctx.Err() != nil {
		c.close(closeGoingAway, "the server goes away")
	}
	// In a goroutine of its own: the request, its buffers and its deep stack go.
	go c.serve(first)
}

// seat takes a place on this node for a request that can be a viewer's, before
// anything is looked up for it.
func (r *Relay) seat(req *http.Request) error {
	switch {
	case !websocket.IsWebSocketUpgrade(req):
		return fault.New(fault.CodeInvalid, "this address is a WebSocket").WithHint("connect with a WebSocket client; docs/wire.md tells how")
	case !namePattern.MatchString(path.Base(req.URL.Path)):
		return fault.New(fault.CodeNotFound, "no session can have this name").WithHint("use letters, digits, - and _, at most 64")
	case r.ctx.Err() != nil || !r.rate.take():
		return fault.New(fault.CodeUnavailable, "too many handshakes").WithHint("try again in a moment")
	case r.seats.Add(1) > int64(r.Limits.Sockets):
		r.seats.Add(-1)
		r.stats.full.Add(1)
		return fault.New(fault.CodeUnavailable, "this server has all the viewers it takes").WithHint("try again in a moment")
	}
	return nil
}

// look decides about a request, and counts the connection of its user.
func (r *Relay) look(req *http.Request, v1 bool) (who auth.Identity, first *ask, err error) {
	if err := r.Gate.Admit(req); err != nil {
		return who, nil, err
	}
	if who, err = r.Gate.Identify(req); err != nil {
		if !v1 || !fault.Is(err, fault.CodeUnknown) || req.Header.Get("Authorization") != "" || req.Header.Get("Cookie") != "" {
			return who, nil, err
		}
		return auth.Identity{}, nil, nil // its first frame must carry a ticket
	}
	if !v1 {
		if first, err = plainAsk(req); err != nil {
			return who, nil, err
		}
	}
	if !r.admit(who.UserID) {
		return who, nil, fault.New(fault.CodeLimit, "more than %d connections", r.Limits.PerUser).WithHint("close another one")
	}
	return who, first, nil
}

// plainAsk reads the cursor of a plain viewer; it joins by connecting.
func plainAsk(req *http.Request) (*ask, error) {
	q := req.URL.Query()
	a := &ask{epoch: q.Get("epoch")}
	if a.epoch == "" {
		return a, nil
	}
	seq, err := strconv.ParseInt(q.Get("seq"), 10, 64)
	if err != nil || seq < 0 {
		return nil, fault.Invalid("seq", "must be a whole number from 0 on")
	}
	a.seq, a.cursor = seq, true
	return a, nil
}

// admit counts a connection of a user; false when there are too many.
func (r *Relay) admit(userID string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.perUser[userID] >= r.Limits.PerUser {
		return false
	}
	r.perUser[userID]++
	return true
}

// release gives back the place of a viewer that is gone.
func (r *Relay) release(userID string) {
	r.seats.Add(-1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.perUser[userID]--; r.perUser[userID] <= 0 {
		delete(r.perUser, userID)
	}
}

// resolve finds the session of a name for its user. A ULID that is not theirs
// is not found; any other name is theirs from its first use on.
func (r *Relay) resolve(ctx context.Context, userID, name string) (string, error) {
	if id.IsULID(name) {
		s, err := r.Sessions.Get(ctx, userID, name)
		return s.ID, err
	}
	s, err := r.Sessions.Named(ctx, userID, name)
	return s.ID, err
}

func problem(w http.ResponseWriter, err error) {
	code, status := fault.CodeOf(err), http.StatusInternalServerError
	if s, ok := statuses[code]; ok {
		status = s
	}
	detail, hint := "something went wrong on our side", ""
	if status != http.StatusInternalServerError {
		detail, hint = err.Error(), fault.Hint(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "2")
	}
	w.WriteHeader(status)
	// A caller who is gone needs no answer.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": string(code), "detail": detail, "hint": hint,
	})
}
