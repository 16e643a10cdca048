package relay_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/gate"
	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/auth"
	"crystalyse/internal/event"
)

const audience = "crystalyse"

var secret = []byte("0123456789abcdef0123456789abcdef")

// guarded is a rig behind the real gate, with ada's token.
func guarded(t *testing.T, limits relay.Limits) (r *rig, g *gate.Gate, ada string) {
	t.Helper()
	keys, err := auth.ParseKeys("a:" + string(secret))
	require.NoError(t, err)
	tokens, err := auth.NewTokens(keys, audience, nil)
	require.NoError(t, err)
	g = gate.New(gate.Options{Tokens: tokens, Logins: resttest.NewLogins()})
	ada, err = tokens.Sign("ada", time.Hour)
	require.NoError(t, err)
	return setup(t, limits, func(d *relay.Deps) { d.Gate = g }), g, ada
}

// forged is a token of ada as somebody else would make it.
func forged(t *testing.T, method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"user_id": "ada", "aud": audience, "exp": time.Now().Add(time.Hour).Unix()}
	if change != nil {
		change(c)
	}
	text, err := jwt.NewWithClaims(method, c).SignedString(key)
	require.NoError(t, err)
	return text
}

// Forged tokens, foreign pages, tickets that were used and viewers that stop in
// the middle of a frame are refused with their code, and who watches the session
// notices nothing.
func TestRefusedAtTheRealGate(t *testing.T) {
	r, g, ada := guarded(t, relay.Limits{PerUser: 3})
	sid := r.world.Open("ada")
	s := r.story(sid)
	watcher := relaytest.NewViewer(r.url(sid))
	watcher.Header = http.Header{"Authorization": {"Bearer " + ada}}
	r.keep(watcher)
	s.turn(1, 3)
	await(t, watcher, r.stored(sid))

	knock := func(token, origin string) int {
		h := http.Header{"Authorization": {"Bearer " + token}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		ws, resp, err := websocket.DefaultDialer.Dial(r.url(sid), h)
		if err == nil {
			require.NoError(t, ws.Close())
		} else {
			require.NotNil(t, resp, err)
		}
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, http.StatusSwitchingProtocols, knock(forged(t, jwt.SigningMethodHS256, secret, nil), ""), "the others differ from this one in one thing")
	require.Equal(t, 401, knock(forged(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), ""))
	require.Equal(t, 401, knock(forged(t, jwt.SigningMethodHS256, []byte("another secret of thirty-two bytes"), nil), ""))
	require.Equal(t, 401, knock(forged(t, jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c["aud"] = "another service" }), ""))
	require.Equal(t, 401, knock(forged(t, jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), ""))
	require.Equal(t, 403, knock(ada, "https://evil.example"))
	require.Equal(t, 403, knock(ada, "null"))

	ticket, err := g.Ticket(t.Context(), auth.Identity{UserID: "ada", TokenID: "t", Expires: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	first := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, first.WriteJSON(map[string]string{"t": "auth", "ticket": ticket}))
	require.NoError(t, first.WriteJSON(map[string]string{"t": "join"}))
	var f map[string]any
	require.NoError(t, first.ReadJSON(&f))
	again := r.dial(sid, "", relay.Subprotocol)
	require.NoError(t, again.WriteJSON(map[string]string{"t": "auth", "ticket": ticket}))
	require.Equal(t, 4001, closed(t, again), "a ticket is good once")

	half(t, first) // and it stays
	s.turn(2, 3)
	await(t, watcher, r.stored(sid))
	sound(t, watcher)
	require.Equal(t, 1, watcher.Counts().Connections)
}

// half sends the head of a frame of ten bytes, and nothing of the ten.
func half(t *testing.T, ws *websocket.Conn) {
	t.Helper()
	_, err := ws.NetConn().Write([]byte{0x81, 0x8a, 0, 0})
	require.NoError(t, err)
}

// A viewer that stops in the middle of a frame is as silent as one that says
// nothing.
func TestHalfAFrame(t *testing.T) {
	r := setup(t, relay.Limits{Beat: 15 * time.Millisecond, Silence: time.Nanosecond})
	ws := r.dial("a", "ada", relay.Subprotocol)
	half(t, ws)
	require.Equal(t, 4012, closed(t, ws))
}

// Connections above the limit of a user are refused before the upgrade; those
// there are go on, and another user has a limit of their own.
func TestTooManyConnections(t *testing.T) {
	r := setup(t, relay.Limits{PerUser: 2})
	sid := r.world.Open("ada")
	s := r.story(sid)
	watcher := r.viewer(sid)
	s.turn(1, 3)
	await(t, watcher, r.stored(sid))
	second := r.dial(sid, "ada", relay.Subprotocol)
	for range 20 {
		_, resp, err := websocket.DefaultDialer.Dial(r.url(sid), http.Header{"X-User": {"ada"}})
		require.Error(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 429, resp.StatusCode)
		require.NotEmpty(t, resp.Header.Get("Retry-After"))
	}
	_ = r.dial("of-eve", "eve", relay.Subprotocol)
	require.NoError(t, second.Close())
	r.makesRoom(t, sid, "ada")
	s.turn(2, 3)
	await(t, watcher, r.stored(sid))
	sound(t, watcher)
	require.Equal(t, 1, watcher.Counts().Connections)
}

// A node that is full sends the next viewer away before it looks who they are;
// whoever leaves makes room, and what is refused for another reason takes none.
func TestAFullNode(t *testing.T) {
	r := setup(t, relay.Limits{Sockets: 2})
	sid := r.world.Open("ada")
	s := r.story(sid)
	watcher := r.viewer(sid)
	s.turn(1, 3)
	await(t, watcher, r.stored(sid))
	for range 5 { // no user: refused, and its place is free again
		ws, resp, err := websocket.DefaultDialer.Dial(r.url(sid), nil)
		require.ErrorIs(t, err, websocket.ErrBadHandshake, ws)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 401, resp.StatusCode)
	}
	second := r.dial("of-eve", "eve")
	for _, user := range []string{"ada", "bob", ""} {
		_, resp, err := websocket.DefaultDialer.Dial(r.url(sid), http.Header{"X-User": {user}})
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 503, resp.StatusCode)
		require.NotEmpty(t, resp.Header.Get("Retry-After"))
	}
	require.EqualValues(t, 3, r.relay.Counts().Full)
	require.NoError(t, second.Close())
	r.makesRoom(t, sid, "bob")
	s.turn(2, 3)
	await(t, watcher, r.stored(sid))
	sound(t, watcher)
	require.Equal(t, 1, watcher.Counts().Connections)
}

// makesRoom waits until a viewer of the user is let in again.
func (r *rig) makesRoom(t *testing.T, sid, user string) {
	t.Helper()
	until(t, "its place is free again", func() bool {
		ws, resp, err := websocket.DefaultDialer.Dial(r.url(sid), http.Header{"X-User": {user}})
		if resp != nil { // there is none when the connection breaks
			_ = resp.Body.Close()
		}
		return err == nil && ws.Close() == nil
	})
}

// What a user asks for over all their sockets counts against the one limit that
// their requests have; the socket stays, and other users notice nothing.
func TestAsksAreLimitedByUser(t *testing.T) {
	began := time.Now()
	limiter := rest.NewLimiter(rest.Rate{PerMinute: 1, Burst: 3}, func() time.Time { return began })
	r := setup(t, relay.Limits{}, func(d *relay.Deps) { d.Enter = limiter.Enter })
	ask := func(ws *websocket.Conn) event.Event {
		require.NoError(t, ws.WriteJSON(map[string]string{"type": "memory_search", "query": "x"}))
		var e event.Event
		require.NoError(t, ws.ReadJSON(&e))
		return e
	}
	one, two := r.dial("a", "ada"), r.dial("b", "ada")
	for _, ws := range []*websocket.Conn{one, two, one} {
		require.EqualValues(t, "memory_results", ask(ws).Type)
	}
	for _, ws := range []*websocket.Conn{one, two} {
		e := ask(ws)
		require.Equal(t, event.TypeError, e.Type)
		require.Contains(t, string(e.Data), `"limit"`)
		require.Contains(t, string(e.Data), "wait a moment")
	}
	require.EqualValues(t, "memory_results", ask(r.dial("c", "eve")).Type)
}
