package rest_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/gate"
	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/auth"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/id"
	"crystalyse/internal/memory"
	"crystalyse/internal/removal"
)

// bodies are right but for whose object they are about.
var bodies = map[string]string{
	"renameSession": `{"title":"mine"}`, "updateDiscovery": `{"kind":"finish_now"}`, "cancelDiscovery": `{"reason":"x"}`,
	"retryDiscovery": `{}`, "forkDiscovery": `{"turn":0,"query":"MgO?"}`, "changeMemory": `{"content":"mine"}`,
	"createDiscovery": `{"query":"NaCl?"}`, "createMemory": `{"content":"salt"}`, "searchMemories": `{"query":"NaFeO2"}`, "uploadStructure": `{"text":"x"}`,
}

// open to everybody: they tell nothing of anybody.
var public = []string{"getHealth", "getReadiness", "getMetrics", "getOpenAPI"}

// TestWalkAsAStranger takes every operation of the document, on a real database
// and with real tokens: nobody without one passes, and of what is another's
// nothing is told but the 404 of what does not exist.
func TestWalkAsAStranger(t *testing.T) {
	t.Parallel()
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
	d := open(t, func(d *rest.Deps) {
		d.Discoveries, d.Events, d.Sessions, d.Structures, d.Keeper = db, db, db.Sessions(), db.Structures(), db.SessionKeeper()
		d.Memory = &memory.Service{Store: db.Memories(), Log: slog.New(slog.DiscardHandler)}
		d.Consolidator, d.Remover = &asked{}, removal.New(removal.Options{Discoveries: db, Rows: db.Rows(), Log: slog.New(slog.DiscardHandler)})
		d.Gate, d.UserID, d.Single, d.Now = gate.New(gate.Options{Tokens: tokens, Logins: resttest.NewLogins(), Users: db.Users()}), nil, false, time.Now
	})
	as := func(user string) []string {
		signed, err := tokens.Sign(user, time.Hour)
		require.NoError(t, err)
		return []string{"Authorization", "Bearer " + signed}
	}
	ada, mallory := as("ada"), as("mallory")
	made := d.do(t, "POST", "/api/v1/discoveries", `{"query":"a secret question about NaFeO2"}`, ada...)
	require.Equal(t, 201, made.status, made.body)
	remembered := d.do(t, "POST", "/api/v1/memories", `{"content":"NaFeO2 is secret"}`, ada...)
	require.Equal(t, 201, remembered.status, remembered.body)
	salt := rockSalt()
	salt.Body, err = json.Marshal(salt)
	require.NoError(t, err)
	require.NoError(t, db.Uploads().Keep(t.Context(), "ada", "", "cif", salt))
	hers := map[string]string{"sessions": made.json(t)["session_id"].(string), "discoveries": made.json(t)["id"].(string),
		"structures": structureID, "memories": remembered.json(t)["id"].(string)}
	nobodys := map[string]string{"sessions": id.New(), "discoveries": id.NewDiscovery(), "structures": "st_ffffffffffffffffffffffffff", "memories": id.New()}

	c, err := loadContract()
	require.NoError(t, err)
	walked := 0
	for path, item := range c.paths {
		noun := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")[0]
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			name, method := op.(map[string]any)["operationId"].(string), strings.ToUpper(method)
			ask := func(ids map[string]string, headers []string) reply {
				return d.do(t, method, strings.ReplaceAll(path, "{id}", ids[noun]), bodies[name], headers...)
			}
			if slices.Contains(public, name) {
				require.Equal(t, http.StatusOK, ask(hers, nil).status, name)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, ask(hers, nil).status, name)
			if strings.Contains(path, "{id}") {
				theirs, unknown := ask(hers, mallory), ask(nobodys, mallory)
				require.Equal(t, http.StatusNotFound, theirs.status, "%s: %s", name, theirs.body)
				require.Equal(t, http.StatusNotFound, unknown.status, "%s: %s", name, unknown.body)
				require.Equal(t, strings.ReplaceAll(theirs.problem(t).Detail, hers[noun], "X"), strings.ReplaceAll(unknown.problem(t).Detail, nobodys[noun], "X"), name)
			} else if name != "login" && name != "logout" {
				r := ask(hers, mallory)
				require.Less(t, r.status, 500, "%s: %s", name, r.body)
				for _, x := range hers {
					require.NotContains(t, r.body, x, name)
				}
				require.NotContains(t, r.body, "secret", name)
			}
			walked++
		}
	}
	require.Greater(t, walked, 35)
	for path, noun := range map[string]string{"/api/v1/sessions/": "sessions", "/api/v1/discoveries/": "discoveries", "/api/v1/structures/": "structures", "/api/v1/memories/": "memories"} {
		require.Equal(t, http.StatusOK, d.do(t, "GET", path+hers[noun], "", ada...).status, "the stranger changed nothing")
	}
	require.Equal(t, http.StatusNotFound, d.do(t, "POST", "/api/v1/discoveries", `{"query":"x","session_id":"`+hers["sessions"]+`"}`, mallory...).status)
	for _, list := range []string{"/api/v1/discoveries?session=" + hers["sessions"], "/api/v1/memories?session=" + hers["sessions"]} {
		require.NotContains(t, d.do(t, "GET", list, "", mallory...).body, "secret", list)
	}
}

// FuzzCursor: whatever is sent as a position, the answer is a page or a refusal
// that names the field.
func FuzzCursor(f *testing.F) {
	w := resttest.New()
	w.Ask("local", "NaCl?")
	deps := w.Deps()
	deps.Rate.PerMinute = -1
	h := rest.New(deps)
	for _, s := range []string{"", id.New(), id.NewDiscovery(), "disc-", "-1", "9223372036854775808", "1e3", "\x00", "../..", "' OR 1=1 --"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for path, field := range map[string]string{"/api/v1/sessions": "before", "/api/v1/discoveries": "before", "/api/v1/discoveries/" + w.Only() + "/events": "after"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
			require.NoError(t, err)
			r.RemoteAddr = "127.0.0.1:9"
			q := r.URL.Query()
			q.Set(field, text)
			r.URL.RawQuery = q.Encode()
			got := &keeping{recorder: recorder{header: http.Header{}}}
			h.ServeHTTP(got, r)
			switch got.status {
			case http.StatusOK:
			case http.StatusUnprocessableEntity:
				var p rest.Problem
				require.NoError(t, json.Unmarshal(got.body, &p))
				require.Equal(t, field, p.Field)
			default:
				t.Fatalf("%s=%q: %d %s", field, text, got.status, got.body)
			}
		}
	})
}

// keeping is a recorder that keeps the body.
type keeping struct {
	recorder
	body []byte
}

func (k *keeping) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	k.body = append(k.body, b...)
	return len(b), nil
}
