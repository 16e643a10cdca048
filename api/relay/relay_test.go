package relay_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/membus"
	"crystalyse/internal/id"
)

func sound(t *testing.T, vs ...*relaytest.Viewer) {
	t.Helper()
	for _, v := range vs {
		require.Empty(t, v.Breaches())
	}
}

// Viewers who come before, in the middle and after see the same.
func TestViewers(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	s := r.story(sid)
	before := r.viewer(sid)
	s.turn(1, 40)
	middle := r.viewer(sid)
	s.turn(2, 40)
	s.tell(event.Outside("end"), 0, event.DiscoveryComplete{Status: "completed"})
	after := r.viewer(sid)
	for _, v := range []*relaytest.Viewer{before, middle, after} {
		await(t, v, r.stored(sid))
	}
	sound(t, before, middle, after)
}

// Many join and leave while a lot is said; nobody misses or repeats anything.
func TestJoinRaces(t *testing.T) {
	r := setup(t, relay.Limits{PerUser: 100, RingEvents: 64})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(30, 1)
	r.pub.Wait() // a stream begins with its first event
	var vs []*relaytest.Viewer
	for n := 1; n <= 20; n++ {
		vs = append(vs, r.viewer(sid))
		s.turn(n, 30)
	}
	s.tell(event.Outside("end"), 0, event.DiscoveryComplete{Status: "completed"})
	for _, v := range vs {
		await(t, v, r.stored(sid))
	}
	sound(t, vs...)
	require.Zero(t, vs[0].Counts().Resets, "nothing was lost, so nothing starts anew")
}

// The plan's client: no subprotocol, one event a frame, from now on.
func TestPlain(t *testing.T) {
	r := setup(t, relay.Limits{})
	ws := r.dial("test-session", "ada")
	require.NoError(t, ws.WriteJSON(map[string]string{"type": "memory_search", "query": "rock salt"}))
	var results map[string]any
	require.NoError(t, ws.ReadJSON(&results))
	require.Equal(t, map[string]any{"type": "memory_results", "results": []any{}, "data": []any{}}, results)
	require.NoError(t, ws.WriteJSON(map[string]string{"type": "discovery_request", "query": "Find novel battery materials"}))
	var e event.Event
	require.NoError(t, ws.ReadJSON(&e))
	require.Equal(t, event.TypeDiscoveryStatus, e.Type)
	require.Equal(t, "creative", e.Mode)
	require.Contains(t, string(e.Data), "Find novel battery materials")
	require.NotEmpty(t, e.Metadata.Epoch)
	require.EqualValues(t, 1, e.Metadata.Seq)
	until(t, "the run is started", func() bool { return r.start.Load() == 1 })
	s := r.story(e.Metadata.SessionID)
	s.turn(1, 3)
	for seq := int64(2); seq <= 6; seq++ {

		require.NoError(t, ws.ReadJSON(&e))
		require.Equal(t, seq, e.Metadata.Seq)
	}
	require.Equal(t, event.TypeReasoningEnd, e.Type)
	// Another connection goes on at a position.
	again := r.dial(fmt.Sprintf("test-session?epoch=%s&seq=4", e.Metadata.Epoch), "ada")
	for seq := int64(5); seq <= 6; seq++ {
		require.NoError(t, again.ReadJSON(&e))
		require.Equal(t, seq, e.Metadata.Seq)
	}
	// And one with a position of nowhere gets what is stored.
	third := r.dial("test-session?epoch=other&seq=4", "ada")
	var ords []int64
	for len(ords) < 3 {
		var e event.Event
		require.NoError(t, third.ReadJSON(&e))
		if e.Metadata.Ord > 0 {
			ords = append(ords, e.Metadata.Ord)
		}
	}
	require.Equal(t, []int64{1, 2, 3}, ords)
}

// A message that is refused is answered to its sender alone.
func TestRefusedRequest(t *testing.T) {
	r := setup(t, relay.Limits{})
	for _, protocols := range [][]string{nil, {relay.Subprotocol}} {
		ws := r.dial("test-session", "ada", protocols...)
		require.NoError(t, ws.WriteJSON(map[string]string{"type": "discovery_request", "query": "  "}))
		var e event.Event
		require.NoError(t, ws.ReadJSON(&e))
		require.Equal(t, event.TypeError, e.Type)
		require.Zero(t, e.Metadata.Seq)
		var p event.Error
		require.NoError(t, json.Unmarshal(e.Data, &p))
		require.Equal(t, "invalid", p.ErrorType)
		require.Contains(t, p.Message, "query")
		require.NotEmpty(t, p.RecoverySuggestions)
		require.NoError(t, ws.WriteJSON(map[string]any{"type": "memory_search", "query": "x", "limit": 9999}))
		require.NoError(t, ws.ReadJSON(&e))
		require.Equal(t, event.TypeError, e.Type)
	}
	require.Zero(t, r.start.Load())
}

// Announcements that are lost are found by the next event, or by comparing.
func TestLostAnnouncements(t *testing.T) {
	r := setup(t, relay.Limits{CheckEvery: 50 * time.Millisecond})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 10)
	r.pub.Wait()
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	for n := 2; n <= 8; n++ {
		r.lossy.through.Store(math.MaxInt64)
		s.turn(n, 10)
		r.pub.Wait()
		page, err := r.bus.Node().Read(t.Context(), sid, 0, 1)
		require.NoError(t, err)
		r.lossy.through.Store(page.Top)
		if n%2 == 0 {
			s.turn(n+10, 1) // the next event tells of the hole
		}
		await(t, v, r.stored(sid)) // otherwise the comparison does
	}
	sound(t, v)
	require.Zero(t, v.Counts().Resets)
	require.Equal(t, 1, v.Counts().Connections)
	require.Positive(t, r.relay.Counts().QuietLosses)
}

// A bus that was emptied starts an epoch; viewers get what is stored.
func TestEpochs(t *testing.T) {
	r := setup(t, relay.Limits{CheckEvery: 50 * time.Millisecond})
	sid := r.world.Open("ada")
	s := r.story(sid)
	v := r.viewer(sid)
	for n := 1; n <= 5; n++ {
		s.turn(n, 10)
		await(t, v, r.stored(sid))
		r.pub.Wait()
		r.bus.Flush()
	}
	s.turn(6, 10)
	await(t, v, r.stored(sid))
	sound(t, v)
	require.Positive(t, v.Counts().Reasons["epoch"])
}

// Positions that cannot be continued get everything anew, and say why.
func TestCursors(t *testing.T) {
	r := setup(t, relay.Limits{RingEvents: 32})
	sid, other := r.world.Open("ada"), r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 200)
	r.story(other).turn(1, 3)
	r.pub.Wait()
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	o := r.viewer(other)
	await(t, o, r.stored(other))
	epoch, seq := v.Position()
	otherEpoch, otherSeq := o.Position()
	for name, c := range map[string]struct {
		epoch  string
		seq    int64
		reason string
	}{
		"same":          {epoch, seq, ""},
		"in the ring":   {epoch, seq - 5, ""},
		"in the stream": {epoch, 20, ""},
		"the beginning": {epoch, 0, ""},
		"future":        {epoch, seq + 1, "future"},
		"far future":    {epoch, 1 << 60, "future"},
		"negative":      {epoch, -7, "future"},
		"other epoch":   {"deadbeef.00000000", seq, "epoch"},
		"other session": {otherEpoch, otherSeq, "epoch"},
	} {
		w := relaytest.NewViewer(r.url(sid))
		ws := r.dial(sid, "ada", relay.Subprotocol)
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "join", "e": c.epoch, "q": c.seq}))
		var f map[string]any
		require.NoError(t, ws.ReadJSON(&f))
		if c.reason == "" {
			require.Equal(t, map[string]any{"t": "joined", "s": sid, "e": epoch, "q": float64(c.seq), "top": float64(seq), "mode": "tail"}, f, name)
		} else {
			require.Equal(t, map[string]any{"t": "reset", "reason": c.reason}, f, name)
			require.NoError(t, ws.ReadJSON(&f))
			require.Equal(t, "snapshot", f["mode"], name)
		}
		require.NoError(t, ws.Close())
		sound(t, w)
	}
}

// A viewer that knows more than its node has heard is right, not from the future.
func TestNodeBehind(t *testing.T) {
	r := setup(t, relay.Limits{CheckEvery: time.Hour})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 5)
	r.pub.Wait()
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	epoch, seq := v.Position()
	r.lossy.through.Store(math.MaxInt64)
	s.turn(2, 5)
	r.pub.Wait()
	ws := r.dial(sid, "ada", relay.Subprotocol)
	require.NoError(t, ws.WriteJSON(map[string]any{"t": "join", "e": epoch, "q": seq + 7}))
	var f struct{ T, Mode string }
	require.NoError(t, ws.ReadJSON(&f))
	require.Equal(t, "joined tail", f.T+" "+f.Mode)
	await(t, v, r.stored(sid))
	sound(t, v)
}

// Without the bus too: the stored log is asked before a viewer is refused its
// position.
func TestNodeBehindTheLog(t *testing.T) {
	r := setup(t, relay.Limits{CheckEvery: time.Hour}, func(d *relay.Deps) { d.Stream = nil })
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 0)
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	for n := 2; n <= 20; n++ { // faster than the node looks by itself
		s.turn(n, 0)
		ws := r.dial(sid, "ada", relay.Subprotocol)
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "join", "e": "pg", "q": 2 * n}))
		var f struct{ T, Mode string }
		require.NoError(t, ws.ReadJSON(&f))
		require.Equal(t, "joined tail", f.T+" "+f.Mode)
		require.NoError(t, ws.Close())
	}
}

// A stream that let go of a position says so.
func TestTrimmed(t *testing.T) {
	r := setupBus(t, membus.New(100), relay.Limits{RingEvents: 8})
	sid := r.world.Open("ada")
	s := r.story(sid)
	v := r.viewer(sid)
	for n := 1; n <= 5; n++ {
		s.turn(n, 30)
		await(t, v, r.stored(sid))
	}
	epoch, seq := v.Position()
	require.EqualValues(t, 160, seq)
	for _, c := range []struct {
		seq   int64
		first string
	}{{3, "reset trimmed"}, {59, "reset trimmed"}, {60, "joined "}, {159, "joined "}} {
		ws := r.dial(sid, "ada", relay.Subprotocol)
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "join", "e": epoch, "q": c.seq}))
		var f struct{ T, Reason string }
		require.NoError(t, ws.ReadJSON(&f))
		require.Equal(t, c.first, f.T+" "+f.Reason, c.seq)
	}
}

// A session nobody has published anything of is served from the stored log.
func TestHistoryOnly(t *testing.T) {
	r := setup(t, relay.Limits{}, func(d *relay.Deps) { d.Stream = nil })
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 3)
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	epoch, seq := v.Position()
	require.Equal(t, "pg", epoch)
	require.EqualValues(t, 2, seq)
	s.turn(2, 3)
	await(t, v, r.stored(sid)) // it is looked at again every second
	require.Zero(t, v.Counts().Resets)
	sound(t, v)
}

// A finished session has no stream any more; a follow-up begins one.
func TestFinishedSession(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 3)
	r.pub.Wait()
	r.bus.Flush()
	v := r.viewer(sid)
	await(t, v, r.stored(sid))
	epoch, _ := v.Position()
	require.Equal(t, "pg", epoch)
	s.turn(2, 3)
	await(t, v, r.stored(sid))
	sound(t, v)
}

// What runs is told with a snapshot: the open step and its text so far.
func TestOpenSteps(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 3)
	s.tell("t2.llm", 1, event.ReasoningStart{Turn: 2}, event.ReasoningUpdate{Turn: 2, Content: "half a "})
	r.pub.Wait()
	ws := r.dial(sid, "ada", relay.Subprotocol)
	require.NoError(t, ws.WriteJSON(map[string]any{"t": "join", "s": sid}))
	var f map[string]any
	require.NoError(t, ws.ReadJSON(&f))
	require.Equal(t, []any{map[string]any{"discovery_id": s.did, "step": "t2.llm", "attempt": 1.0}}, f["open"])
	v := r.viewer(sid)
	until(t, "the text so far", func() bool {
		d := v.State().Discoveries
		return len(d) == 1 && len(d[0].Steps) == 2 && d[0].Steps[1].Text == "half a "
	})
	s.tell("t2.llm", 1, event.ReasoningUpdate{Turn: 2, Offset: 7, Content: "sentence"}, event.ReasoningEnd{Turn: 2, Text: "half a sentence"})
	await(t, v, r.stored(sid))
	sound(t, v)
}

// Leaving stops the events and keeps the socket.
func TestLeave(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	ws := r.dial(sid, "ada", relay.Subprotocol)
	for range 3 {
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "join"}))
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "ack", "q": 1}))
		require.NoError(t, ws.WriteJSON(map[string]any{"t": "leave"}))
	}
	answered(t, ws)
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"join","s":"`+id.New()+`"}`)))
	require.Equal(t, 4504, closed(t, ws))
}
