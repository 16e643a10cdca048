package relay_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/event/fold"
	"crystalyse/internal/event/membus"
	"crystalyse/internal/event/publish"
	"crystalyse/internal/id"
)

// rig is a relay with everything around it in memory.
type rig struct {
	t     *testing.T
	world *relaytest.World
	bus   *membus.Bus
	pub   *publish.Publisher
	relay *relay.Relay
	srv   *httptest.Server
	lossy *lossy
	start atomic.Int32
}

type starter struct{ r *rig }

func (s starter) Start(context.Context, discovery.Discovery) error {
	s.r.start.Add(1)
	return nil
}

// lossy is a stream that loses announcements when it is told to.
type lossy struct {
	event.Stream
	through atomic.Int64 // announcements that end before it are lost
}

func (l *lossy) Listen(ctx context.Context, to event.Listener) {
	l.Stream.Listen(ctx, dropping{to, l})
}

type dropping struct {
	event.Listener
	l *lossy
}

func (d dropping) Announced(sid, epoch string, first int64, bodies [][]byte) {
	if first+int64(len(bodies))-1 > d.l.through.Load() {
		d.Listener.Announced(sid, epoch, first, bodies)
	}
}

func setup(t *testing.T, limits relay.Limits, change ...func(*relay.Deps)) *rig {
	t.Helper()
	return setupBus(t, membus.New(10_000), limits, change...)
}

func setupBus(t *testing.T, bus *membus.Bus, limits relay.Limits, change ...func(*relay.Deps)) *rig {
	t.Helper()
	t.Parallel()
	if limits.Beat == 0 {
		limits.Beat = time.Hour // none comes between what a test reads; those about beats name theirs
	}
	r := &rig{t: t, world: relaytest.NewWorld(), bus: bus}
	r.lossy = &lossy{Stream: r.bus.Node()}
	r.pub = publish.New(r.world, r.bus, slog.New(slog.DiscardHandler))
	r.world.OnCommit(r.pub.Committed)
	d := relay.Deps{Stream: r.lossy, History: r.world, Sessions: r.world, Gate: relaytest.Gate{}, Discoveries: r.world, Runner: starter{r},
		Limits: limits, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&d)
	}
	r.relay = relay.New(d)
	r.srv = httptest.NewServer(r.relay)
	t.Cleanup(func() {
		r.relay.Close()
		r.srv.Close()
		r.pub.Wait()
	})
	return r
}

func (r *rig) url(session string) string {
	return "ws" + strings.TrimPrefix(r.srv.URL, "http") + "/ws/discovery/" + session
}

// viewer connects until the test ends, again and again.
func (r *rig) viewer(session string) *relaytest.Viewer {
	v := relaytest.NewViewer(r.url(session))
	v.Header = http.Header{"X-User": {"ada"}}
	r.keep(v)
	return v
}

// keep runs a viewer until the test ends.
func (r *rig) keep(v *relaytest.Viewer) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = v.Run(ctx)
		}
	}()
	r.t.Cleanup(func() { cancel(); <-done })
}

// dial opens a raw socket.
func (r *rig) dial(session, user string, protocols ...string) *websocket.Conn {
	r.t.Helper()
	h := http.Header{}
	if user != "" {
		h.Set("X-User", user)
	}
	d := websocket.Dialer{Subprotocols: protocols}
	ws, resp, err := d.Dial(r.url(session), h)
	require.NoError(r.t, err)
	require.NoError(r.t, resp.Body.Close())
	r.t.Cleanup(func() { _ = ws.Close() })
	require.NoError(r.t, ws.SetReadDeadline(time.Now().Add(eventtest.Patience)))
	return ws
}

// reader gives what the server says one by one: crystalyse.v1 sends what waits
// together as one array.
func reader(t *testing.T, ws *websocket.Conn) (next func(into any)) {
	t.Helper()
	var waiting []json.RawMessage
	return func(into any) {
		t.Helper()
		if len(waiting) == 0 {
			_, body, err := ws.ReadMessage()
			require.NoError(t, err, "was cut")
			if waiting = []json.RawMessage{body}; body[0] == '[' {
				require.NoError(t, json.Unmarshal(body, &waiting))
			}
		}
		require.NoError(t, json.Unmarshal(waiting[0], into))
		waiting = waiting[1:]
	}
}

// answered asks for memories, and reads until the answer: the socket is open.
func answered(t *testing.T, ws *websocket.Conn) {
	t.Helper()
	require.NoError(t, ws.WriteJSON(map[string]any{"type": "memory_search", "query": "x"}))
	next := reader(t, ws)
	for f := (struct{ Type string }{}); f.Type != "memory_results"; {
		next(&f)
	}
}

// closed reads to the end and gives the close code.
func closed(t *testing.T, ws *websocket.Conn) int {
	t.Helper()
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			var c *websocket.CloseError
			require.ErrorAs(t, err, &c)
			return c.Code
		}
	}
}

// story appends the events of a discovery, live ones between the durable ones.
type story struct {
	r     *rig
	sid   string
	did   string
	scope map[string]*event.Scope
}

func (r *rig) story(sid string) *story {
	return &story{r: r, sid: sid, did: id.NewDiscovery(), scope: map[string]*event.Scope{}}
}

func (s *story) tell(step string, attempt int, payloads ...event.Payload) {
	s.r.t.Helper()
	key := step + "/" + string(rune('0'+attempt))
	if s.scope[key] == nil {
		s.scope[key] = &event.Scope{SessionID: s.sid, DiscoveryID: s.did, UserID: "ada", Mode: "creative", Step: step, Attempt: attempt}
	}
	for _, p := range payloads {
		e, err := s.scope[key].New(p)
		require.NoError(s.r.t, err)
		if event.Durable(e.Type) {
			require.NoError(s.r.t, s.r.world.Append(s.r.t.Context(), *s.scope[key], e))
		} else {
			s.r.pub.Send(e)
		}
	}
}

// turn tells a turn of so many pieces of text.
func (s *story) turn(n, pieces int) {
	step := id.LLMStep(n)
	s.tell(step, 1, event.ReasoningStart{Turn: n})
	text := ""
	for i := range pieces {
		piece := "piece " + string(rune('a'+i%26)) + " "
		s.tell(step, 1, event.ReasoningUpdate{Turn: n, Offset: len(text), Content: piece})
		text += piece
	}
	s.tell(step, 1, event.ReasoningEnd{Turn: n, Text: text})
}

// await waits until the viewer shows exactly what the stored log says.
func await(t *testing.T, v *relaytest.Viewer, want func() fold.State) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), eventtest.Patience)
	defer cancel()
	for {
		w, have := want().JSON(), v.State().JSON()
		if w == have {
			return
		}
		select {
		case <-v.Changed():
		case <-time.After(100 * time.Millisecond): // what is stored may have changed instead
		case <-ctx.Done():
			require.Equal(t, w, have)
			t.Fatal("the state came and went")
		}
	}
}

func (r *rig) stored(sid string) func() fold.State {
	return func() fold.State { return fold.Of(r.world.Log(sid)...) }
}

// until waits for a condition that nothing announces.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, eventtest.Patience, 5*time.Millisecond, what)
}
