package relay_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// steered is a rig with a discovery of ada, and what its run was told.
type steered struct {
	*rig
	world *resttest.World
	did   string
	told  chan discovery.Update
}

func steer(t *testing.T) steered {
	t.Helper()
	w := resttest.New()
	s := steered{world: w, did: w.Ask("ada", "NaCl?").ID, told: make(chan discovery.Update, 100)}
	w.OnUpdate(func(_ string, u discovery.Update) error {
		if u.Kind == discovery.UpdateRetryStep {
			return fault.New(fault.CodeConflict, "no step waits for a decision")
		}
		s.told <- u
		return nil
	})
	s.rig = setup(t, relay.Limits{PerUser: 100, Messages: 1000}, func(d *relay.Deps) {
		d.Controls = discovery.Controls{Store: w.Deps().Discoveries, Runner: w.Deps().Runner, Log: slog.New(slog.DiscardHandler)}
	})
	return s
}

// ask sends a message and gives the frame that answers it.
func ask(t *testing.T, ws *websocket.Conn, message string) (kind string, body []byte) {
	t.Helper()
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(message)))
	_, body, err := ws.ReadMessage()
	require.NoError(t, err)
	var f struct{ Type string }
	require.NoError(t, json.Unmarshal(body, &f))
	return f.Type, body
}

// Each kind of instruction is given to the run as it was sent, by both ways to
// speak, and its sender hears that it was taken.
func TestInstructions(t *testing.T) {
	s := steer(t)
	for _, protocols := range [][]string{nil, {relay.Subprotocol}} {
		ws := s.dial("lab", "ada", protocols...)
		for _, kind := range discovery.UpdateKinds {
			if kind == discovery.UpdateRetryStep {
				continue
			}
			want := discovery.Update{Kind: kind, RequestID: id.New(), Step: "t1.tool1", Text: "only oxides", CallID: "t1.tool2", QuestionID: "t1.tool3",
				Decision: discovery.Allow, Remember: true, Reason: "lunch", Budget: &discovery.Budget{ToolCalls: 9}}
			body, err := json.Marshal(map[string]any{"type": "discovery_update", "discovery_id": s.did, "update": want})
			require.NoError(t, err)
			answer, frame := ask(t, ws, string(body))
			require.Equal(t, "update_taken", answer, string(frame))
			var taken struct {
				DiscoveryID string `json:"discovery_id"`
				Update      discovery.Update
			}
			require.NoError(t, json.Unmarshal(frame, &taken))
			require.Equal(t, want, taken.Update)
			require.Equal(t, s.did, taken.DiscoveryID)
			require.Equal(t, want, <-s.told)
		}
		kind, frame := ask(t, ws, `{"type":"discovery_state","discovery_id":"`+s.did+`"}`)
		require.Equal(t, "discovery_state", kind, string(frame))
		var told struct{ State discovery.RunState }
		require.NoError(t, json.Unmarshal(frame, &told))
		require.Equal(t, discovery.StatusQueued, told.State.Status)
	}
	ws := s.dial("lab", "ada")
	_, frame := ask(t, ws, `{"type":"discovery_update","discovery_id":"`+s.did+`","update":{"kind":"resume"}}`)
	require.NotEmpty(t, (<-s.told).RequestID, string(frame))
}

// What is wrong, foreign, unknown, closed or refused by the run is answered by an
// error that says so, and reaches no run.
func TestInstructionsRefused(t *testing.T) {
	s := steer(t)
	closed := s.world.Ask("ada", "MgO?").ID
	s.world.Close(closed, discovery.StatusCompleted, nil, "")
	update := func(did, u string) string {
		return `{"type":"discovery_update","discovery_id":"` + did + `","update":` + u + `}`
	}
	for name, c := range map[string]struct{ user, message, kind, word string }{
		"foreign":        {"eve", update(s.did, `{"kind":"pause"}`), "not_found", "not found"},
		"foreign state":  {"eve", `{"type":"discovery_state","discovery_id":"` + s.did + `"}`, "not_found", "not found"},
		"unknown":        {"ada", update(id.NewDiscovery(), `{"kind":"pause"}`), "not_found", "not found"},
		"no id":          {"ada", update("../x", `{"kind":"pause"}`), "not_found", "not found"},
		"closed":         {"ada", update(closed, `{"kind":"pause"}`), "conflict", "completed already"},
		"of the run":     {"ada", update(s.did, `{"kind":"retry_step"}`), "conflict", "no step waits"},
		"nothing":        {"ada", `{"type":"discovery_update","discovery_id":"` + s.did + `"}`, "invalid", "update is missing"},
		"unknown kind":   {"ada", update(s.did, `{"kind":"explode"}`), "invalid", "kind"},
		"empty words":    {"ada", update(s.did, `{"kind":"steer","text":" "}`), "invalid", "text is empty"},
		"bad step":       {"ada", update(s.did, `{"kind":"cancel_step","step":"x"}`), "invalid", "step"},
		"negative limit": {"ada", update(s.did, `{"kind":"set_budget","budget":{"tokens":-1}}`), "invalid", "budget"},
		"bad request id": {"ada", update(s.did, `{"kind":"resume","request_id":"a b"}`), "invalid", "request_id"},
	} {
		kind, frame := ask(t, s.dial("lab", c.user), c.message)
		require.EqualValues(t, event.TypeError, kind, name)
		var e event.Event
		require.NoError(t, json.Unmarshal(frame, &e))
		var p event.Error
		require.NoError(t, json.Unmarshal(e.Data, &p))
		require.Equal(t, c.kind, p.ErrorType, name)
		require.Contains(t, p.Message, c.word, name)
		require.Zero(t, e.Metadata.Seq, "it is in no stream")
	}
	require.Empty(t, s.told)
}

// A door that was given no controls says so.
func TestNoInstructions(t *testing.T) {
	r := setup(t, relay.Limits{})
	kind, frame := ask(t, r.dial("lab", "ada"), `{"type":"discovery_update","discovery_id":"`+id.NewDiscovery()+`","update":{"kind":"pause"}}`)
	require.EqualValues(t, event.TypeError, kind)
	require.Contains(t, string(frame), "no instructions are taken here")
}
