// Package resttest is a small world behind the ports of the REST API, for tests
// of the API and of its clients: discoveries, sessions, events and structures in
// memory, told by the test what happens next. It is used by tests only.
package resttest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"crystalyse/api/rest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
)

// World holds everything in memory. Its zero value is not usable; see New.
type World struct {
	mu          sync.Mutex
	now         time.Time
	discoveries map[string]*discovery.Discovery
	order       []string // oldest first
	byRequest   map[string]string
	sessions    map[string]session.Session
	events      map[string][]event.Event // by session
	scopes      map[string]*event.Scope  // by discovery
	reports     map[string]json.RawMessage
	running     map[string][]discovery.RunningCall
	structures  map[string]owned
	started     map[string]int

	onStart  func(discovery.Discovery) error
	onCancel func(id, reason string) error
	onUpdate func(id string, u discovery.Update) error
	onParse  func(structure.Upload) (structure.Structure, error)

	files     map[string][]byte // artifacts
	converted int
}

type owned struct {
	userID string
	structure.Structure
}

// New gives an empty world whose clock stands still.
func New() *World {
	return &World{
		now:         time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		discoveries: map[string]*discovery.Discovery{}, byRequest: map[string]string{},
		sessions: map[string]session.Session{}, events: map[string][]event.Event{},
		scopes: map[string]*event.Scope{}, reports: map[string]json.RawMessage{},
		running: map[string][]discovery.RunningCall{}, structures: map[string]owned{}, started: map[string]int{},
		onStart:  func(discovery.Discovery) error { return nil },
		onCancel: func(string, string) error { return nil },
		onUpdate: func(string, discovery.Update) error { return nil },
		onParse: func(structure.Upload) (structure.Structure, error) {
			return structure.Structure{}, fault.Invalid("text", "cannot be read")
		},
		files: map[string][]byte{},
	}
}

// OnStart says what the engine does when it is asked to start a discovery; an
// error is its refusal. It is called without the world's lock.
func (w *World) OnStart(f func(discovery.Discovery) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onStart = f
}

// OnCancel says what it does when it is asked to stop one.
func (w *World) OnCancel(f func(id, reason string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onCancel = f
}

// OnUpdate says what it does with an instruction.
func (w *World) OnUpdate(f func(id string, u discovery.Update) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onUpdate = f
}

// Deps wires the world into the API.
func (w *World) Deps() rest.Deps {
	return rest.Deps{
		Discoveries: store{w}, Runner: runner{w}, Events: log{w}, Sessions: sessions{w}, Structures: structures{w},
		Keeper: keeper{w}, Workshop: workshop{w}, Asker: workshop{w}, Artifacts: artifacts{w}, Remover: remover{w},
		Single: true, PollEvery: time.Millisecond, Now: w.Now, Logger: slog.New(slog.DiscardHandler),
	}
}

// Now gives the world's time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Advance moves the clock.
func (w *World) Advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Ask stores a discovery as the user would.
func (w *World) Ask(userID, query string) discovery.Discovery {
	r, err := discovery.Request{UserID: userID, RequestID: id.New(), Query: query}.Normalize()
	if err != nil {
		panic(err)
	}
	d, _, err := store{w}.Create(context.Background(), r)
	if err != nil {
		panic(err)
	}
	return d
}

// Emit makes the discovery's next events.
func (w *World) Emit(discoveryID, step string, payloads ...event.Payload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.emit(discoveryID, step, payloads...)
}

func (w *World) emit(discoveryID, step string, payloads ...event.Payload) {
	d := w.discoveries[discoveryID]
	key := discoveryID + " " + step
	scope := w.scopes[key]
	if scope == nil {
		scope = &event.Scope{SessionID: d.SessionID, DiscoveryID: d.ID, UserID: d.UserID, Mode: string(d.Mode.Effective()), Step: step, Attempt: 1}
		w.scopes[key] = scope
	}
	now := w.now
	scope.Now = func() time.Time { return now }
	for _, p := range payloads {
		e, err := scope.New(p)
		if err != nil {
			panic(err)
		}
		e.Metadata.Ord = int64(len(w.events[d.SessionID]) + 1)
		w.events[d.SessionID] = append(w.events[d.SessionID], e)
	}
}

// Become changes the status and announces it.
func (w *World) Become(discoveryID string, s discovery.Status, change event.DiscoveryStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.discoveries[discoveryID]
	d.Status, d.Reason, d.Details = s, change.Reason, change.Details
	change.Status = string(s)
	w.emit(discoveryID, event.Outside(fmt.Sprint(len(w.events[d.SessionID]))), change)
}

// Close ends the discovery with a report.
func (w *World) Close(discoveryID string, s discovery.Status, report json.RawMessage, summary string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.discoveries[discoveryID]
	d.Status = s
	w.reports[discoveryID] = report
	w.running[discoveryID] = nil
	w.emit(discoveryID, event.Outside("end"), event.DiscoveryComplete{Status: string(s), ReportID: "rep", Summary: summary, Usage: d.Usage})
}

// SetRunning says which calls are in progress.
func (w *World) SetRunning(discoveryID string, calls ...discovery.RunningCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[discoveryID] = calls
}

// AddRecord gives a structure of a user as one discovery has it.
func (w *World) AddRecord(userID, discoveryID string, s structure.Structure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.structures[discoveryID+"/"+s.ID] = owned{userID, s}
}

// AddStructure gives a user a structure.
func (w *World) AddStructure(userID string, s structure.Structure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.structures[s.ID] = owned{userID, s}
}

// Started counts how often the discovery's run was asked for.
func (w *World) Started(discoveryID string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.started[discoveryID]
}

// Only gives the one discovery of the world, or "" when there are none or many.
func (w *World) Only() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.order) != 1 {
		return ""
	}
	return w.order[0]
}

// own gives the discovery if it is the user's. The caller holds the lock.
func (w *World) own(userID, discoveryID string) (*discovery.Discovery, error) {
	d := w.discoveries[discoveryID]
	if d == nil || d.UserID != userID {
		return nil, fault.NotFound("discovery", discoveryID)
	}
	return d, nil
}

func newestFirst(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	slices.Reverse(out)
	return out
}
