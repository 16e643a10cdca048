package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/event/fold"
)

// watch lets a viewer follow a session over everything that happens to its
// connection, until the test ends.
func (s *stack) watch(session string) *relaytest.Viewer {
	s.t.Helper()
	v := relaytest.NewViewer("ws" + strings.TrimPrefix(s.addr, "http") + "/ws/discovery/" + session)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = v.Run(ctx) // however it ends, it connects again
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	s.t.Cleanup(func() { stop(); <-done })
	return v
}

// sees requires that a viewer shows exactly the fold of the stored log in the
// end, and that the server broke no promise to it on the way.
func (s *stack) sees(v *relaytest.Viewer, session string) {
	s.t.Helper()
	want, deadline := "", time.After(patience)
	for {
		stored := s.stored(session)
		want = fold.Of(stored...).JSON()
		missing, ok := v.Shows(want, stored)
		if ok {
			break
		}
		select {
		case <-v.Changed():
		case <-time.After(500 * time.Millisecond):
		case <-deadline:
			require.Empty(s.t, missing, "is missing")
			require.Equal(s.t, want, v.State().JSON())
		}
	}
	require.Empty(s.t, v.Breaches())
}

// tellBySocket gives an instruction over the socket, as a plain client would.
func (s *stack) tellBySocket(d discovery.Discovery, u discovery.Update) {
	s.t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(s.t.Context(), "ws"+strings.TrimPrefix(s.addr, "http")+"/ws/discovery/"+d.SessionID, nil)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	defer ws.Close()
	require.NoError(s.t, ws.SetReadDeadline(time.Now().Add(patience)))
	require.NoError(s.t, ws.WriteJSON(map[string]any{"type": "discovery_update", "discovery_id": d.ID, "update": u}))
	for frame := map[string]any{}; frame["type"] != "update_taken"; {
		require.NoError(s.t, ws.ReadJSON(&frame))
		require.NotEqual(s.t, "error", frame["type"], frame)
	}
}

// stored reads the log of a session from the database, through the API.
func (s *stack) stored(session string) []event.Event {
	s.t.Helper()
	var all []event.Event
	for {
		after := int64(0)
		if len(all) > 0 {
			after = all[len(all)-1].Metadata.Ord
		}
		var page struct{ Events []event.Event }
		s.get(fmt.Sprintf("/api/v1/sessions/%s/events?after=%d&limit=500", session, after), &page)
		if len(page.Events) == 0 {
			return all
		}
		all = append(all, page.Events...)
	}
}

// get reads from the API, which may be away for a moment.
func (s *stack) get(path string, into any) {
	s.t.Helper()
	waitFor(s.t, "an answer to "+path, func() bool {
		resp, err := http.Get(s.addr + path)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(into) == nil
	})
}
