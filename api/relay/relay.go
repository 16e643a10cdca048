// Package relay is the WebSocket door: it brings the events of sessions from
// the bus to viewers, each once and in order, whatever breaks in between.
//
// The story of an event: the hub hears its announcement, appends it to the
// ring of its session (session.go) and wakes the session's viewers; each
// viewer's writer (write.go) takes everything after its own position from the
// ring, as one frame that is encoded once for all. A position that cannot be
// continued gets the stored events anew (snapshot.go). Nothing is queued for a
// viewer: a slow one only falls behind in the shared ring, and then reads the
// stream at its own pace. docs/wire.md is the contract.
package relay

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/singleflight"

	"crystalyse/internal/auth"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/session"
)

// Subprotocol is what our own clients speak.
const Subprotocol = "crystalyse.v1"

// History is the stored log of sessions.
type History interface {
	event.Log
	// LastOrd gives the ord of the newest event of the owner's session.
	LastOrd(ctx context.Context, userID, sessionID string) (int64, error)
}

// Sessions finds what a viewer may see.
type Sessions interface {
	Get(ctx context.Context, userID, id string) (session.Session, error)
	session.Aliases
}

// Gate says who may connect; api/gate is one.
type Gate interface {
	Admit(r *http.Request) error
	Identify(r *http.Request) (auth.Identity, error)
	Redeem(ctx context.Context, ticket string) (auth.Identity, error)
}

// Memories answers the memory_search of a socket.
type Memories interface {
	SearchMemories(ctx context.Context, q MemoryQuery) ([]json.RawMessage, error)
}

// MemoryQuery is what a viewer looks for.
type MemoryQuery struct {
	UserID    string
	SessionID string
	Query     string
	Scope     string // session | user
	Limit     int
}

// Creator stores a discovery; discovery.Store is one.
type Creator interface {
	Create(ctx context.Context, r discovery.Request) (d discovery.Discovery, created bool, err error)
}

// Starter begins its run; discovery.Runner is one.
type Starter interface {
	Start(ctx context.Context, d discovery.Discovery) error
}

// Controls take instructions to open discoveries and tell where they stand;
// discovery.Controls is one.
type Controls interface {
	Instruct(ctx context.Context, userID, discoveryID string, u discovery.Update) (discovery.Update, error)
	State(ctx context.Context, userID, discoveryID string) (discovery.RunState, error)
}

// Deps is what the relay needs. All but Controls, Memories, Stream and Logger are
// required.
type Deps struct {
	// Stream is the bus. Nil means that there is none: everything is read from
	// the history.
	Stream      event.Stream
	History     History
	Sessions    Sessions
	Gate        Gate
	Discoveries Creator
	Runner      Starter
	// Controls take the instructions of viewers. Nil refuses them.
	Controls Controls
	Memories Memories
	// Quote puts the contents of the user's memories in place of their marks in a
	// frame. Nil leaves the marks.
	Quote func(ctx context.Context, userID string, frame []byte) ([]byte, error)
	// Enter counts in what a user asks for by a message, with what they ask for
	// elsewhere; done is called when it is answered. Nil refuses nobody.
	Enter  func(userID string) (done func(), err error)
	Limits Limits
	Logger *slog.Logger
}

// Limits bound what viewers may take. Zero values are the defaults.
type Limits struct {
	Sockets     int           // of the node; 20,000
	PerUser     int           // connections of one user; 10
	Messages    int           // of one connection, a second; 20
	Handshakes  int           // of the node, a second; 500
	Beat        time.Duration // between heartbeats; 15 s
	Stall       time.Duration // without write progress; 10 s
	Silence     time.Duration // without a word of the viewer; 40 s
	AuthWithin  time.Duration // for the first frame; 5 s
	RingEvents  int           // of a session; 1024
	RingBytes   int           // of a session; 256 KB
	RingIdle    time.Duration // a ring is kept after its last viewer; 60 s
	CheckEvery  time.Duration // between comparisons with the bus; 10 s
	DegradedFor time.Duration // without the bus, until the history is read; 3 s
}

func orDefault[T int | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

func (l Limits) withDefaults() Limits {
	l.Sockets = orDefault(l.Sockets, 20_000)
	l.PerUser = orDefault(l.PerUser, 10)
	l.Messages = orDefault(l.Messages, 20)
	l.Handshakes = orDefault(l.Handshakes, 500)
	l.Beat = orDefault(l.Beat, 15*time.Second)
	l.Stall = orDefault(l.Stall, 10*time.Second)
	l.Silence = orDefault(l.Silence, 40*time.Second)
	l.AuthWithin = orDefault(l.AuthWithin, 5*time.Second)
	l.RingEvents = orDefault(l.RingEvents, 1024)
	l.RingBytes = orDefault(l.RingBytes, 256<<10)
	l.RingIdle = orDefault(l.RingIdle, time.Minute)
	l.CheckEvery = orDefault(l.CheckEvery, 10*time.Second)
	l.DegradedFor = orDefault(l.DegradedFor, 3*time.Second)
	return l
}

// Relay is the door with its hub.
type Relay struct {
	Deps
	hub      *hub
	upgrader websocket.Upgrader
	rate     *bucket
	stats    stats
	pens     pens

	ctx  context.Context
	stop context.CancelFunc
	done sync.WaitGroup

	seats   atomic.Int64 // taken by viewers, and by those whose handshake is looked at
	mu      sync.Mutex
	perUser map[string]int // guarded by mu
	wheel   wheel
	flights singleflight.Group // reads that viewers share
}

// New starts a relay. Close ends it.
func New(d Deps) *Relay {
	d.Limits = d.Limits.withDefaults()
	if d.Logger == nil {
		d.Logger = slog.Default()
	}
	if d.Enter == nil {
		d.Enter = func(string) (func(), error) { return func() {}, nil }
	}
	r := &Relay{Deps: d, perUser: map[string]int{}, rate: newBucket(d.Limits.Handshakes, 2*d.Limits.Handshakes)}
	// The gate judges the origin. Small buffers: an idle viewer costs little, and
	// one that is written to borrows from the pool.
	r.upgrader = websocket.Upgrader{
		ReadBufferSize: 512, WriteBufferSize: 4 << 10, WriteBufferPool: &sync.Pool{},
		Subprotocols: []string{Subprotocol}, CheckOrigin: func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		},
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.hub = newHub(r)
	if d.Stream != nil {
		r.done.Go(func() { d.Stream.Listen(r.ctx, r.hub) })
	}
	r.done.Go(r.hub.check)
	r.done.Go(r.beat)
	return r
}

// Close tells every viewer to come back later, and ends.
func (r *Relay) Close() {
	var farewells sync.WaitGroup
	for _, c := range r.wheel.all() { // side by side: one that does not read takes a second
		farewells.Go(func() { c.close(closeGoingAway, "the server goes away") })
	}
	farewells.Wait()
	r.mu.Lock()
	r.stop()
	r.mu.Unlock()
	r.done.Wait()
	r.pens.close()
}

// spawn runs f beside, unless the relay ends: then nobody would wait for it.
func (r *Relay) spawn(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() == nil {
		r.done.Go(f)
	}
}
