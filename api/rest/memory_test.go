package rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/id"
	"crystalyse/internal/memory"
)

// asked remembers who wants to be consolidated.
type asked struct{ users []string }

func (a *asked) Consolidate(_ context.Context, userID, _ string) error {
	a.users = append(a.users, userID)
	return nil
}

// remember opens a door with a real memory, and a session for alice and for bob.
func remember(t *testing.T) (d door, wants *asked, alice, bob string) {
	t.Helper()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	session := func(user string) string {
		r, err := discovery.Request{UserID: user, Query: "anything"}.Normalize()
		require.NoError(t, err)
		made, _, err := db.Create(t.Context(), r)
		require.NoError(t, err)
		return made.SessionID
	}
	wants = &asked{}
	d = open(t, func(deps *rest.Deps) {
		deps.Memory = &memory.Service{Store: db.Memories(), Log: slog.New(slog.DiscardHandler)}
		deps.Consolidator, deps.Sessions, deps.Events = wants, db.Sessions(), db
	})
	return d, wants, session("alice"), session("bob")
}

func TestMemories(t *testing.T) {
	t.Parallel()
	d, wants, alice, bob := remember(t)
	as := func(user, method, path, body string) reply {
		r := d.do(t, method, "/api/v1"+path, body, "X-User", user)
		conforms(t, method, "/api/v1"+path, r)
		return r
	}
	t.Run("Life", func(t *testing.T) {
		made := as("alice", "POST", "/memories", `{"content":"NaFeO2 is layered","type":"short_term","request_id":"r1","metadata":{"by":"me"}}`)
		require.Equal(t, 201, made.status, made.body)
		require.Equal(t, 200, as("alice", "POST", "/memories", `{"content":"NaFeO2 is layered","request_id":"r1"}`).status, "once")
		mid := made.json(t)["id"].(string)
		require.Equal(t, alice, made.json(t)["session_id"])
		found := as("alice", "POST", "/memories/search", `{"query":"sodium iron oxide"}`).json(t)
		require.Contains(t, found["note"], "words alone")
		hit := found["results"].([]any)[0].(map[string]any)
		require.Equal(t, mid, hit["id"])
		edited := as("alice", "PATCH", "/memories/"+mid, `{"content":"KVPO4F is a cathode","pinned":true}`)
		require.Equal(t, 200, edited.status, edited.body)
		require.Equal(t, []any{"KVPO4F"}, edited.json(t)["context"].(map[string]any)["formulas"])
		require.Empty(t, as("alice", "POST", "/memories/search", `{"query":"layered"}`).json(t)["results"], "its old words are gone")
		page := as("alice", "GET", "/memories?type=short_term", "").json(t)
		require.Len(t, page["memories"], 1)
		require.Equal(t, 1.0, page["counts"].(map[string]any)["short_term"])
		require.Contains(t, as("alice", "GET", "/memories/export", "").body, "KVPO4F")
		require.Equal(t, 202, as("alice", "POST", "/memories/consolidate", "").status)
		require.Equal(t, []string{"alice"}, wants.users)
		require.Equal(t, 204, as("alice", "DELETE", "/memories/"+mid, "").status)
		require.Equal(t, 404, as("alice", "GET", "/memories/"+mid, "").status)
		as("alice", "POST", "/memories", `{"content":"one"}`)
		require.Equal(t, 1.0, as("alice", "DELETE", "/memories", "").json(t)["forgotten"])
	})
	t.Run("StrangersSeeNothing", func(t *testing.T) {
		mid := as("alice", "POST", "/memories", `{"content":"the secret is Xenotime"}`).json(t)["id"].(string)
		for _, r := range []reply{
			as("bob", "GET", "/memories/"+mid, ""), as("bob", "PATCH", "/memories/"+mid, `{"pinned":true}`), as("bob", "DELETE", "/memories/"+mid, ""),
			as("bob", "POST", "/memories", `{"content":"x","session_id":"`+alice+`"}`),
			as("bob", "POST", "/memories/search", `{"query":"Xenotime","scope":"session","session_id":"`+alice+`"}`),
			as("bob", "GET", "/memories?session="+alice, ""),
		} {
			require.Equal(t, 404, r.status, r.body)
		}
		for _, path := range []string{"/memories", "/memories/export"} {
			require.NotContains(t, as("bob", "GET", path, "").body, "Xenotime")
		}
		require.NotContains(t, as("bob", "POST", "/memories/search", `{"query":"Xenotime"}`).body, "secret")
		require.NotEqual(t, alice, bob)
	})
	t.Run("BadInput", func(t *testing.T) {
		long, err := json.Marshal(map[string]string{"content": strings.Repeat("x", memory.MaxContent+1)})
		require.NoError(t, err)
		for _, c := range []struct{ method, path, body, field string }{
			{"POST", "/memories", `{"content":" "}`, "content"},
			{"POST", "/memories", string(long), "content"},
			{"POST", "/memories", `{"content":"a\u0000b"}`, "content"},
			{"POST", "/memories", `{"content":5}`, "content"},
			{"POST", "/memories", `{"content":"x","type":"eternal"}`, "type"},
			{"POST", "/memories", `{"content":"x","context":{"formulas":[7]}}`, "context.formulas"},
			{"POST", "/memories", `{"content":"x","metadata":[1]}`, "metadata"},
			{"POST", "/memories", `{"content":"x","context":{"formulas":[""]}}`, "context.formulas"},
			{"POST", "/memories/search", `{"query":""}`, "query"},
			{"POST", "/memories/search", `{"query":"x","limit":0}`, "limit"},
			{"POST", "/memories/search", `{"query":"x","limit":101}`, "limit"},
			{"POST", "/memories/search", `{"query":"x","scope":"all"}`, "scope"},
			{"POST", "/memories/search", `{"query":"x","scope":"session"}`, "session_id"},
			{"POST", "/memories/search", `{"query":"x","types":["eternal"]}`, "types"},
			{"POST", "/memories/search", `{"query":"x","elements":["Xx"]}`, "elements"},
			{"POST", "/memories/search", `{"query":"x","limit":1e99}`, "limit"},
			{"POST", "/memories/search", `{"query":"x","since":"yesterday"}`, "since"},
			{"POST", "/memories/search", `{"query":"x","since":"2030-01-01T00:00:00Z","until":"2020-01-01T00:00:00Z"}`, "until"},
			{"GET", "/memories?limit=0", "", "limit"},
			{"GET", "/memories?type=eternal", "", "type"},
			{"GET", "/memories?before=x", "", "before"},
		} {
			r := as("alice", c.method, c.path, c.body)
			require.Equal(t, 422, r.status, r.body)
			require.Equal(t, c.field, r.problem(t).Field, c.body)
		}
		require.Equal(t, 404, as("alice", "POST", "/memories", `{"content":"x","session_id":"`+id.New()+`"}`).status)
		require.Equal(t, 404, as("alice", "GET", "/memories/none", "").status)
	})
}
