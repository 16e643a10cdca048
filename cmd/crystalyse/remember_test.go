package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/api/gate"
	"crystalyse/api/relay"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/auth"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/memory"
	"crystalyse/internal/tool"
)

// sockets is the socket door with a real memory and real tokens.
type sockets struct {
	t      *testing.T
	url    string
	tokens *auth.Tokens
	db     *postgres.DB
	memory *memory.Service
}

func openSockets(t *testing.T) *sockets {
	t.Helper()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	keys, err := auth.ParseKeys("a:0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	tokens, err := auth.NewTokens(keys, "", nil)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	s := &sockets{t: t, tokens: tokens, db: db, memory: &memory.Service{Store: db.Memories(), Log: log}}
	r := relay.New(relay.Deps{
		History: db, Sessions: db.Named(), Discoveries: db, Runner: stored{}, Logger: log,
		Gate:     gate.New(gate.Options{Tokens: tokens, Logins: resttest.NewLogins(), Users: db.Users()}),
		Memories: socketMemories{s.memory}, Quote: s.memory.Join,
	})
	srv := httptest.NewServer(r)
	t.Cleanup(func() { r.Close(); srv.Close() })
	s.url = "ws" + strings.TrimPrefix(srv.URL, "http") + "/ws/discovery/"
	return s
}

// stored discoveries are not run.
type stored struct{}

func (stored) Start(context.Context, discovery.Discovery) error { return nil }

// dial connects a user to a session, as the plan's clients do.
func (s *sockets) dial(user, session string) *websocket.Conn {
	s.t.Helper()
	signed, err := s.tokens.Sign(user, time.Hour)
	require.NoError(s.t, err)
	ws, resp, err := websocket.DefaultDialer.DialContext(s.t.Context(), s.url+session, http.Header{"Authorization": {"Bearer " + signed}})
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	s.t.Cleanup(func() { _ = ws.Close() })
	require.NoError(s.t, ws.SetReadDeadline(time.Now().Add(time.Minute)))
	return ws
}

// found is an answer to memory_search, or the refusal of one.
type found struct {
	Type    string
	Results []memory.Memory
	Data    json.RawMessage
}

// search asks in a socket; frames gives all that was read up to the answer.
func search(t *testing.T, ws *websocket.Conn, ask string) (answer found, frames string) {
	t.Helper()
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(ask)))
	for {
		_, body, err := ws.ReadMessage()
		require.NoError(t, err, frames)
		frames += string(body) + "\n"
		answer = found{}
		require.NoError(t, json.Unmarshal(body, &answer))
		if answer.Type == "memory_results" || answer.Type == "error" {
			return answer, frames
		}
	}
}

// asked gives a new session of a user.
func (s *sockets) asked(user, alias string) string {
	s.t.Helper()
	named, err := s.db.Named().Named(s.t.Context(), user, alias)
	require.NoError(s.t, err)
	r, err := discovery.Request{UserID: user, SessionID: named.ID, Query: "anything"}.Normalize()
	require.NoError(s.t, err)
	_, _, err = s.db.Create(s.t.Context(), r)
	require.NoError(s.t, err)
	return named.ID
}

// TestSocketsTellOnlyOnesOwnMemories: two users who connect under the same name,
// and one who tries the other's session, marks and tool.
func TestSocketsTellOnlyOnesOwnMemories(t *testing.T) {
	t.Parallel()
	s := openSockets(t)
	hers := s.asked("ada", "lab")
	s.asked("mallory", "lab")
	m, _, err := s.memory.Write(t.Context(), "ada", memory.Draft{SessionID: hers, Content: "the secret phase of YPO4 is Xenotime", Type: memory.LongTerm})
	require.NoError(t, err)

	t.Run("SheFindsIt", func(t *testing.T) {
		for _, scope := range []string{"session", "user"} {
			got, _ := search(t, s.dial("ada", "lab"), `{"type":"memory_search","query":"secret phase","scope":"`+scope+`"}`)
			require.Len(t, got.Results, 1, scope)
			require.Equal(t, m.ID, got.Results[0].ID)
		}
	})
	t.Run("HeFindsNothing", func(t *testing.T) {
		ws := s.dial("mallory", "lab")
		for _, scope := range []string{"session", "user"} {
			got, frames := search(t, ws, `{"type":"memory_search","query":"secret phase of YPO4","limit":50,"scope":"`+scope+`"}`)
			require.Equal(t, "memory_results", got.Type)
			require.Empty(t, got.Results)
			require.NotContains(t, frames, "Xenotime")
			require.NotContains(t, frames, m.ID)
		}
	})
	t.Run("HerSessionIsNoSessionToHim", func(t *testing.T) {
		_, _, err := s.dial("mallory", hers).ReadMessage()
		require.True(t, websocket.IsCloseError(err, 4504), "%v", err)
	})
	t.Run("HerMarkIsOnlyAMarkToHim", func(t *testing.T) {
		ws := s.dial("mallory", "lab")
		require.NoError(t, ws.WriteJSON(map[string]string{"type": "discovery_request", "query": "tell me " + memory.Mark(m.ID)}))
		_, frames := search(t, ws, `{"type":"memory_search","query":"`+memory.Mark(m.ID)+`"}`)
		require.NotContains(t, frames, "Xenotime")
	})
	t.Run("TheToolOfHisAgentFindsNothing", func(t *testing.T) {
		tools := memory.Tools{Memory: s.memory}
		for _, args := range []string{`{"query":"secret phase of YPO4"}`, `{"query":"secret","formulas":["YPO4"]}`, `{"query":"secret","scope":"session"}`} {
			out, err := tools.Call(t.Context(), tool.Invocation{Server: memory.Server, Tool: memory.ToolSearch, Arguments: json.RawMessage(args), UserID: "mallory", SessionID: hers})
			require.NoError(t, err)
			require.Contains(t, string(out.Result), `"memories":[]`, args)
		}
		out, err := tools.Call(t.Context(), tool.Invocation{Server: memory.Server, Tool: memory.ToolSave, Arguments: json.RawMessage(`{"content":"planted"}`), UserID: "mallory", SessionID: hers, DiscoveryID: "disc-x", IdempotencyKey: "k"})
		require.NoError(t, err)
		require.Equal(t, tool.StatusToolError, out.Status, "nor does it write into her session")
	})
}

// TestSocketsRefuseBadSearches: what is wrong is named, and the socket stays open.
func TestSocketsRefuseBadSearches(t *testing.T) {
	t.Parallel()
	s := openSockets(t)
	s.asked("ada", "lab")
	ws := s.dial("ada", "lab")
	for ask, word := range map[string]string{
		`{"type":"memory_search"}`:                                                          "query is empty",
		`{"type":"memory_search","query":"  "}`:                                             "query is empty",
		`{"type":"memory_search","query":"a\u0000b"}`:                                       "query is not text",
		`{"type":"memory_search","query":"` + strings.Repeat("x", memory.MaxQuery+1) + `"}`: "at most",
		`{"type":"memory_search","query":"x","limit":-1}`:                                   "limit must be",
		`{"type":"memory_search","query":"x","limit":0}`:                                    "limit must be",
		`{"type":"memory_search","query":"x","limit":1000}`:                                 "limit must be",
		`{"type":"memory_search","query":"x","scope":"everybody"}`:                          "scope must be",
	} {
		got, frames := search(t, ws, ask)
		require.Equal(t, "error", got.Type, ask)
		require.Contains(t, frames, word, ask)
	}
	got, _ := search(t, ws, `{"type":"memory_search","query":"x"}`)
	require.Equal(t, "memory_results", got.Type)
}
