package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/id"
)

// Frames that are refused close with their code; other viewers notice nothing.
func TestBadFrames(t *testing.T) {
	r := setup(t, relay.Limits{PerUser: 100})
	sid := r.world.Open("ada")
	s := r.story(sid)
	other := r.viewer(sid)
	s.turn(1, 3)
	await(t, other, r.stored(sid))
	for name, c := range map[string]struct {
		kind int
		body string
		code int
	}{
		"binary":      {websocket.BinaryMessage, `{"t":"join"}`, 4500},
		"no JSON":     {websocket.TextMessage, `{"t":`, 4500},
		"empty":       {websocket.TextMessage, ``, 4500},
		"a list":      {websocket.TextMessage, `[{"t":"join"}]`, 4500},
		"null":        {websocket.TextMessage, `null`, 4500},
		"unknown":     {websocket.TextMessage, `{"t":"party"}`, 4500},
		"unknown 2":   {websocket.TextMessage, `{"type":"party"}`, 4500},
		"wrong types": {websocket.TextMessage, `{"t":"join","q":"seven"}`, 4500},
		"deep":        {websocket.TextMessage, `{"t":"join","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, 4500},
		"large":       {websocket.TextMessage, `{"t":"join","x":"` + strings.Repeat("x", 17<<10) + `"}`, 4513},
		"very large":  {websocket.TextMessage, `{"t":"join","x":"` + strings.Repeat("x", 8<<20) + `"}`, 4513},
	} {
		ws := r.dial(sid, "ada", relay.Subprotocol)
		_ = ws.WriteMessage(c.kind, []byte(c.body)) // it may be cut before its end
		if name != "very large" {
			require.Equal(t, c.code, closed(t, ws), name)
		}
	}
	plain := r.dial(sid, "ada")
	require.NoError(t, plain.WriteMessage(websocket.TextMessage, []byte(`{"t":"join"}`)))
	require.Equal(t, 4500, closed(t, plain), "plain clients know no control frames")
	s.turn(2, 3)
	await(t, other, r.stored(sid))
	sound(t, other)
	require.Equal(t, 1, other.Counts().Connections)
}

func TestTooManyMessages(t *testing.T) {
	r := setup(t, relay.Limits{Messages: 1})
	ws := r.dial("a", "ada", relay.Subprotocol)
	for range 200 { // in less than three minutes
		if ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"pong"}`)) != nil {
			break
		}
	}
	require.Equal(t, 4029, closed(t, ws))
}

// Strangers are refused alike whether the session exists or not.
func TestStrangers(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	r.story(sid).turn(1, 3)
	for _, name := range []string{sid, id.New()} {
		ws := r.dial(name, "eve", relay.Subprotocol)
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "join"}))
		require.Equal(t, 4504, closed(t, ws))
		require.Equal(t, 4504, closed(t, r.dial(name, "eve")))
	}
	// The same alias is another session for everybody.
	_ = r.dial("mine", "ada")
	ws := r.dial("mine", "eve")
	require.NoError(t, ws.WriteJSON(map[string]string{"type": "discovery_request", "query": "of eve"}))
	var e event.Event
	require.NoError(t, ws.ReadJSON(&e))
	_, err := r.world.Get(t.Context(), "ada", e.Metadata.SessionID)
	require.Error(t, err)
}

// Viewers of deleted sessions are told, and keep nobody from another one.
func TestDeletedSessions(t *testing.T) {
	r := setup(t, relay.Limits{PerUser: 100, CheckEvery: 20 * time.Millisecond})
	var viewers []*websocket.Conn
	for range 40 { // more than may be read at the same time
		sid := r.world.Open("ada")
		r.story(sid).turn(1, 1)
		ws := r.dial(sid, "ada", relay.Subprotocol)
		require.NoError(t, ws.WriteJSON(map[string]string{"t": "join"}))
		var f map[string]any
		require.NoError(t, ws.ReadJSON(&f))
		require.Equal(t, "joined", f["t"])
		viewers = append(viewers, ws)
		r.pub.Wait()
		r.world.Remove(sid)
	}
	r.bus.Flush()
	for _, ws := range viewers {
		require.Equal(t, 4504, closed(t, ws))
	}
	ws := r.dial("another", "ada", relay.Subprotocol)
	require.NoError(t, ws.WriteJSON(map[string]string{"t": "join"}))
	var f map[string]any
	require.NoError(t, ws.ReadJSON(&f))
	require.Equal(t, "joined", f["t"])
}

func TestAuthentication(t *testing.T) {
	r := setup(t, relay.Limits{AuthWithin: eventtest.Patience, PerUser: 2})
	sid := r.world.Open("ada")
	r.story(sid).turn(1, 1)
	good := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, enters(good))
	first := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, first.WriteJSON(map[string]string{"t": "join"}))
	require.Equal(t, 4501, closed(t, first))
	used := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, used.WriteJSON(map[string]string{"t": "auth", "ticket": "forged"}))
	require.Equal(t, 4001, closed(t, used))

	_ = r.dial(sid, "ada", relay.Subprotocol)
	third := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, third.WriteJSON(map[string]string{"t": "auth", "ticket": "ada-ticket"}))
	require.Equal(t, 4505, closed(t, third))
}

// enters gives a ticket and joins.
func enters(ws *websocket.Conn) error {
	if err := errors.Join(ws.WriteJSON(map[string]string{"t": "auth", "ticket": "ada-ticket"}), ws.WriteJSON(map[string]string{"t": "join"})); err != nil {
		return err
	}
	var f map[string]any
	if err := ws.ReadJSON(&f); err != nil || f["t"] != "joined" {
		return fmt.Errorf("%v instead of joined: %w", f["t"], err)
	}
	return nil
}

// Who does not authenticate in time is cut; who has is waited for no longer.
func TestLateAuthentication(t *testing.T) {
	r := setup(t, relay.Limits{AuthWithin: 200 * time.Millisecond, PerUser: 100})
	sid := r.world.Open("ada")
	r.story(sid).turn(1, 1)
	var good *websocket.Conn
	until(t, "one that is quick enough, on a busy machine too", func() bool {
		good = r.dial(sid, "", relay.Subprotocol)
		return enters(good) == nil
	})
	require.Equal(t, 4501, closed(t, r.dial(sid, "", relay.Subprotocol)), "it came later than the good one")
	answered(t, good)
}

func TestBeforeTheUpgrade(t *testing.T) {
	r := setup(t, relay.Limits{PerUser: 1})
	get := func(path string, header ...string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.srv.URL+"/ws/discovery/"+path, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	up := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	with := func(h ...string) []string { return append(append([]string{}, up...), h...) }
	require.Equal(t, 422, get("a"), "no upgrade")
	require.Equal(t, 401, get("a", up...), "nobody, and plain")
	require.Equal(t, 401, get("a", with("Sec-WebSocket-Protocol", relay.Subprotocol, "Cookie", "x=y")...), "a bad cookie is refused at once")
	require.Equal(t, 403, get("a", with("X-User", "ada", "Origin", "https://evil.example")...))
	require.Equal(t, 404, get("a%20b", with("X-User", "ada")...))
	require.Equal(t, 404, get(strings.Repeat("a", 65), with("X-User", "ada")...))
	require.Equal(t, 422, get("a?epoch=x&seq=-1", with("X-User", "ada")...))
	_ = r.dial("a", "ada")
	require.Equal(t, 429, get("a", with("X-User", "ada")...))
}

// Silent viewers and those whose login has ended are cut.
func TestCuts(t *testing.T) {
	r := setup(t, relay.Limits{Beat: 15 * time.Millisecond, Silence: time.Nanosecond})
	ws := r.dial("a", "ada", relay.Subprotocol)
	require.Equal(t, 4012, closed(t, ws))
}

func TestLoginEnds(t *testing.T) {
	r := setup(t, relay.Limits{Beat: 15 * time.Millisecond}, func(d *relay.Deps) { d.Gate = relaytest.Gate{Expires: time.Now().Add(50 * time.Millisecond)} })
	require.Equal(t, 4502, closed(t, r.dial("a", "ada", relay.Subprotocol)))
}

func TestGoingAway(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	ws := r.dial(sid, "ada", relay.Subprotocol)
	require.NoError(t, ws.WriteJSON(map[string]any{"t": "join"}))
	var f map[string]any
	require.NoError(t, ws.ReadJSON(&f))
	r.relay.Close()
	require.Equal(t, 4000, closed(t, ws))
}

// A viewer that reads slowly falls behind alone, gets everything, and those who
// read are not held up.
func TestSlowViewer(t *testing.T) {
	r := setup(t, relay.Limits{RingEvents: 32, RingBytes: 16 << 10})
	sid := r.world.Open("ada")
	s := r.story(sid)
	slow, fast := relaytest.NewViewer(r.url(sid)), r.viewer(sid)
	slow.Header, slow.Slow = http.Header{"X-User": {"ada"}}, 2*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = slow.Run(ctx) }()
	defer func() { cancel(); <-done }()
	big := strings.Repeat("x", 4000)
	s.tell("t1.llm", 1, event.ReasoningStart{Turn: 1})
	for i := range 600 {
		s.tell("t1.llm", 1, event.ReasoningUpdate{Turn: 1, Offset: i * len(big), Content: big})
		if i%50 == 0 {
			r.pub.Wait()
		}
	}
	s.tell("t1.llm", 1, event.ReasoningEnd{Turn: 1, Text: "done"})
	await(t, fast, r.stored(sid))
	await(t, slow, r.stored(sid))
	sound(t, slow, fast)
	require.Equal(t, 1, slow.Counts().Connections)
}
