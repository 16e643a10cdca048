package relaytest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"crystalyse/internal/auth"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
)

// World is the stored log of sessions, in memory: history, outbox and names. It
// numbers and fences as PostgreSQL does.
type World struct {
	mu        sync.Mutex
	sessions  map[string]*log
	names     map[string]string // user/alias -> id
	published func(sessionID string, events []event.Event)
	Broken    error // answers every read when set
}

type log struct {
	user      string
	events    []event.Event
	published int64
	ids       map[string]bool
	attempts  map[string]int
}

// NewWorld gives a world without sessions.
func NewWorld() *World {
	return &World{sessions: map[string]*log{}, names: map[string]string{}}
}

// OnCommit sets what is told of committed events.
func (w *World) OnCommit(f func(string, []event.Event)) { w.published = f }

// Open makes a session.
func (w *World) Open(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open(user)
}

// Remove deletes a session.
func (w *World) Remove(sid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.sessions, sid)
}

// SetBack makes the log of a session what it was after so many events, as an
// older copy of the database does.
func (w *World) SetBack(sid string, last int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.sessions[sid]
	for _, e := range l.events[last:] {
		delete(l.ids, e.ID)
	}
	l.events, l.published = l.events[:last:last], min(l.published, int64(last))
}

func (w *World) open(user string) string {
	sid := id.New()
	w.sessions[sid] = &log{user: user, ids: map[string]bool{}, attempts: map[string]int{}}
	return sid
}

// Append commits events, as the port of the same name does.
func (w *World) Append(_ context.Context, s event.Scope, events ...event.Event) error {
	w.mu.Lock()
	l := w.sessions[s.SessionID]
	key := fmt.Sprint(s.DiscoveryID, s.Gen, s.Step)
	if !event.IsOutside(s.Step) && s.Attempt < l.attempts[key] {
		w.mu.Unlock()
		return fault.New(fault.CodeConflict, "attempt %d is superseded", s.Attempt)
	}
	l.attempts[key] = max(l.attempts[key], s.Attempt)
	var fresh []event.Event
	for _, e := range events {
		if l.ids[e.ID] {
			continue
		}
		l.ids[e.ID] = true
		e.Metadata.Ord = int64(len(l.events) + 1)
		l.events = append(l.events, e)
		fresh = append(fresh, e)
	}
	w.mu.Unlock()
	if w.published != nil && len(fresh) > 0 {
		w.published(s.SessionID, fresh)
	}
	return nil
}

// Log gives the stored events of a session.
func (w *World) Log(sid string) []event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]event.Event{}, w.sessions[sid].events...)
}

func (w *World) owned(user, sid string) (*log, error) {
	l := w.sessions[sid]
	if l == nil || l.user != user {
		return nil, fault.NotFound("session", sid)
	}
	return l, w.Broken
}

// After implements event.Log.
func (w *World) After(_ context.Context, user, sid, _ string, after int64, limit int) ([]event.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, err := w.owned(user, sid)
	if err != nil {
		return nil, err
	}
	return l.page(after, limit), nil
}

func (l *log) page(after int64, limit int) []event.Event {
	from := min(after, int64(len(l.events)))
	to := min(from+int64(limit), int64(len(l.events)))
	return append([]event.Event{}, l.events[from:to]...)
}

// LastOrd implements relay.History.
func (w *World) LastOrd(_ context.Context, user, sid string) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, err := w.owned(user, sid)
	if err != nil {
		return 0, err
	}
	return int64(len(l.events)), nil
}

// Unpublished implements publish.Outbox.
func (w *World) Unpublished(_ context.Context, sid string, limit int) ([]event.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.sessions[sid]
	return l.page(l.published, limit), nil
}

// Numbered implements publish.Outbox.
func (w *World) Numbered(_ context.Context, sid string, after int64, limit int) ([]event.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sessions[sid].page(after, limit), nil
}

// MarkPublished implements publish.Outbox.
func (w *World) MarkPublished(_ context.Context, sid string, through int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.sessions[sid]
	l.published = max(l.published, through)
	return nil
}

// ToPublish implements publish.Outbox.
func (w *World) ToPublish(_ context.Context, limit int) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for sid, l := range w.sessions {
		if l.published < int64(len(l.events)) && len(out) < limit {
			out = append(out, sid)
		}
	}
	return out, nil
}

// Get implements relay.Sessions.
func (w *World) Get(_ context.Context, user, sid string) (session.Session, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.owned(user, sid)
	return session.Session{ID: sid, UserID: user}, err
}

// Named implements session.Aliases.
func (w *World) Named(_ context.Context, user, alias string) (session.Session, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sid, known := w.names[user+"/"+alias]
	if !known {
		sid = w.open(user)
		w.names[user+"/"+alias] = sid
	}
	return session.Session{ID: sid, UserID: user, Alias: alias}, nil
}

// Create implements what the relay needs of discovery.Store.
func (w *World) Create(ctx context.Context, r discovery.Request) (discovery.Discovery, bool, error) {
	d := discovery.Discovery{ID: id.NewDiscovery(), SessionID: r.SessionID, UserID: r.UserID, Query: r.Query, Mode: r.Mode, Status: discovery.StatusQueued}
	s := event.Scope{SessionID: r.SessionID, DiscoveryID: d.ID, UserID: r.UserID, Mode: string(r.Mode), Step: event.Outside(r.RequestID)}
	e, err := s.New(event.DiscoveryStatus{Status: "queued", Details: r.Query})
	if err != nil {
		return d, false, err
	}
	return d, true, w.Append(ctx, s, e)
}

// Gate lets everybody in whom a header names, and redeems tickets "<user>-ticket".
type Gate struct{ Expires time.Time }

// Admit refuses pages of another origin.
func (Gate) Admit(r *http.Request) error {
	if r.Header.Get("Origin") == "https://evil.example" {
		return fault.New(fault.CodeDenied, "a foreign page")
	}
	return nil
}

// Identify reads the header X-User.
func (g Gate) Identify(r *http.Request) (auth.Identity, error) {
	if u := r.Header.Get("X-User"); u != "" {
		return auth.Identity{UserID: u, Expires: g.Expires}, nil
	}
	return auth.Identity{}, fault.New(fault.CodeUnknown, "no token was sent")
}

// Redeem takes a ticket.
func (g Gate) Redeem(_ context.Context, ticket string) (auth.Identity, error) {
	if n := len(ticket) - len("-ticket"); n > 0 && ticket[n:] == "-ticket" {
		return auth.Identity{UserID: ticket[:n], Expires: g.Expires}, nil
	}
	return auth.Identity{}, fault.New(fault.CodeUnknown, "the ticket was used")
}
