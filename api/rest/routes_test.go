package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/user"
)

const structureID = "st_0123456789abcdef0123456789"

type door struct {
	*resttest.World
	url string
	log *logBook
}

// open starts the API over a fresh world. The header X-User names who asks.
func open(t *testing.T, change ...func(*rest.Deps)) door {
	t.Helper()
	w := resttest.New()
	log := &logBook{}
	d := w.Deps()
	d.Logger = slog.New(slog.NewJSONHandler(log, nil))
	d.UserID = func(r *http.Request) (string, error) {
		if u := r.Header.Get("X-User"); u != "" {
			return u, nil
		}
		return user.Local, nil
	}
	for _, f := range change {
		f(&d)
	}
	srv := httptest.NewServer(rest.New(d))
	t.Cleanup(srv.Close)
	return door{w, srv.URL, log}
}

// logBook is a log that may be read while it is written.
type logBook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &m), r.body)
	return m
}

func (r reply) problem(t *testing.T) rest.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), r.body)
	var p rest.Problem
	require.NoError(t, json.Unmarshal([]byte(r.body), &p))
	require.Equal(t, r.status, p.Status)
	require.NotEmpty(t, p.RequestID)
	require.NotEmpty(t, p.Detail)
	return p
}

func (d door) do(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.url+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	r := reply{res.StatusCode, res.Header, string(b)}
	conforms(t, method, req.URL.Path, r)
	return r
}

func TestCreate(t *testing.T) {
	t.Parallel()
	t.Run("AnotherQuestionUnderTheSameKeyIsRefused", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		require.Equal(t, 201, d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?"}`, "Idempotency-Key", "k1").status)
		r := d.do(t, "POST", "/api/v1/discoveries", `{"query":"MgO?"}`, "Idempotency-Key", "k1")
		require.Equal(t, 409, r.status)
		require.Equal(t, "conflict", r.problem(t).Code)
	})
	t.Run("EngineAwayKeepsIt", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		d.OnStart(func(discovery.Discovery) error { return errors.New("dial tcp 10.0.0.1: refused") })
		r := d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?","request_id":"k1"}`)
		require.Equal(t, 503, r.status)
		p := r.problem(t)
		require.Contains(t, p.Detail, "stored and will start")
		require.NotContains(t, r.body, "10.0.0.1")
		require.NotEmpty(t, r.header.Get("Retry-After"))
		require.Equal(t, 200, d.do(t, "GET", "/api/v1/discoveries/"+p.DiscoveryID, "").status)

		d.OnStart(func(discovery.Discovery) error { return nil })
		again := d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?","request_id":"k1"}`)
		require.Equal(t, 200, again.status)
		require.Equal(t, p.DiscoveryID, again.json(t)["id"])
		require.Equal(t, 1, d.Started(p.DiscoveryID))
	})
	t.Run("SameKeyIsOneDiscovery", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		first := d.do(t, "POST", "/api/v1/discoveries", `{"query":" NaCl? ","mode":"rigorous","budget":{"tool_calls":5}}`, "Idempotency-Key", "k1")
		require.Equal(t, 201, first.status, first.body)
		got := first.json(t)
		require.Equal(t, "NaCl?", got["query"])
		require.Equal(t, "queued", got["status"])
		require.Equal(t, 5.0, got["budget"].(map[string]any)["tool_calls"])
		require.Equal(t, "/api/v1/discoveries/"+got["id"].(string), first.header.Get("Location"))
		again := d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?","mode":"rigorous","request_id":"k1"}`)
		require.Equal(t, 200, again.status)
		require.Equal(t, got["id"], again.json(t)["id"])
	})
}

func TestCreateBadInput(t *testing.T) {
	t.Parallel()
	d := open(t)
	for name, c := range map[string]struct {
		body, field string
		status      int
		headers     []string
	}{
		"BadBudgetType":     {`{"query":"q","budget":{"tokens":"many"}}`, "budget.tokens", 422, nil},
		"BadKey":            {`{"query":"q"}`, "Idempotency-Key", 422, []string{"Idempotency-Key", "a b"}},
		"BadRequestID":      {`{"query":"q","request_id":"é"}`, "request_id", 422, nil},
		"BrokenJSON":        {`{"query":`, "body", 422, nil},
		"ContentType":       {`{"query":"q"}`, "Content-Type", 415, []string{"Content-Type", "text/plain"}},
		"EmptyQuery":        {`{"query":"  "}`, "query", 422, nil},
		"InvalidUTF8":       {"{\"query\":\"\xff\"}", "body", 422, nil},
		"KeysDiffer":        {`{"query":"q","request_id":"a"}`, "request_id", 422, []string{"Idempotency-Key", "b"}},
		"LongQuery":         {`{"query":"` + strings.Repeat("x", 100<<10) + `"}`, "query", 422, nil},
		"NegativeBudget":    {`{"query":"q","budget":{"wall_s":-1}}`, "budget", 422, nil},
		"NulInQuery":        {`{"query":"a\u0000b"}`, "query", 422, nil},
		"TwoValues":         {`{"query":"q"} {}`, "body", 422, nil},
		"UnknownField":      {`{"query":"q","buget":{}}`, "buget", 422, nil},
		"UnknownMode":       {`{"query":"q","mode":"wild"}`, "mode", 422, nil},
		"UnknownSession":    {`{"query":"q","session_id":"` + id.New() + `"}`, "", 404, nil},
		"SessionThatIsNone": {`{"query":"q","session_id":"../x"}`, "", 404, nil},
		"TooLarge":          {`{"query":"` + strings.Repeat("x", rest.MaxBody) + `"}`, "", 413, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.do(t, "POST", "/api/v1/discoveries", c.body, c.headers...)
			require.Equal(t, c.status, r.status, r.body)
			require.Equal(t, c.field, r.problem(t).Field)
		})
	}
}

func TestTooLargeWithoutLength(t *testing.T) {
	t.Parallel()
	d := open(t)
	req, err := http.NewRequestWithContext(t.Context(), "POST", d.url+"/api/v1/discoveries",
		io.MultiReader(strings.NewReader(`{"query":"`), strings.NewReader(strings.Repeat("x", rest.MaxBody)), strings.NewReader(`"}`)))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 413, res.StatusCode)
}

func TestListPages(t *testing.T) {
	t.Parallel()
	d := open(t)
	var ids []string
	for range 5 {
		ids = append(ids, d.Ask(user.Local, "NaCl?").ID)
	}
	d.Ask("stranger", "mine")
	var got []string
	path := "/api/v1/discoveries?limit=2"
	for range 10 {
		m := d.do(t, "GET", path, "").json(t)
		for _, x := range m["discoveries"].([]any) {
			got = append(got, x.(map[string]any)["id"].(string))
		}
		next := m["next"].(string)
		if next == "" {
			break
		}
		path = "/api/v1/discoveries?limit=2&before=" + next
	}
	require.ElementsMatch(t, ids, got)
	require.IsNonIncreasing(t, got)

	for _, q := range []string{"limit=0", "limit=x", "limit=201", "before=x"} {
		r := d.do(t, "GET", "/api/v1/discoveries?"+q, "")
		require.Equal(t, 422, r.status, q)
		require.Equal(t, strings.Split(q, "=")[0], r.problem(t).Field)
	}
	one, err := d.Deps().Discoveries.Get(t.Context(), user.Local, ids[0])
	require.NoError(t, err)
	m := d.do(t, "GET", "/api/v1/discoveries?session="+one.SessionID, "").json(t)
	require.Len(t, m["discoveries"], 1)
	ss := d.do(t, "GET", "/api/v1/sessions?limit=3", "").json(t)
	require.Len(t, ss["sessions"], 3)
	require.NotEmpty(t, ss["next"])
	require.Equal(t, 200, d.do(t, "GET", "/api/v1/sessions/"+one.SessionID, "").status)
}

func TestReport(t *testing.T) {
	t.Parallel()
	d := open(t)
	x := d.Ask(user.Local, "NaCl?")
	require.Equal(t, 409, d.do(t, "GET", "/api/v1/discoveries/"+x.ID+"/report", "").status)
	stored := `{"b": 1.50,   "a": "<é>"}`
	d.Close(x.ID, discovery.StatusCompleted, json.RawMessage(stored), "")
	r := d.do(t, "GET", "/api/v1/discoveries/"+x.ID+"/report", "")
	require.Equal(t, 200, r.status)
	require.Equal(t, stored, r.body, "the report is sent as stored")
}

func TestSteer(t *testing.T) {
	t.Parallel()
	d := open(t)
	var got []string
	d.OnCancel(func(did, reason string) error { got = append(got, "cancel "+reason); return nil })
	d.OnUpdate(func(did string, u discovery.Update) error {
		got = append(got, string(u.Kind)+" "+u.Step+" "+u.RequestID)
		if u.Kind == discovery.UpdateSkipStep {
			return fault.New(fault.CodeConflict, "no step waits for a decision")
		}
		return nil
	})
	x := d.Ask(user.Local, "NaCl?")
	path := "/api/v1/discoveries/" + x.ID
	require.Equal(t, 202, d.do(t, "POST", path+"/cancel", "").status)
	require.Equal(t, 1, d.Started(x.ID), "a stored discovery without a run gets one, to write its report")
	require.Equal(t, 202, d.do(t, "POST", path+"/cancel", `{"reason":"enough"}`).status)
	require.Equal(t, 202, d.do(t, "POST", path+"/updates", `{"kind":"retry_step","step":"t1.tool1","request_id":"u1"}`).status)
	r := d.do(t, "POST", path+"/updates", `{"kind":"skip_step"}`, "Idempotency-Key", "u2")
	require.Equal(t, 409, r.status)
	require.Equal(t, "no step waits for a decision", r.problem(t).Detail)
	require.Equal(t, []string{"cancel ", "cancel enough", "retry_step t1.tool1 u1", "skip_step  u2"}, got)

	require.Equal(t, "kind", d.do(t, "POST", path+"/updates", `{"kind":"explode"}`).problem(t).Field)
	require.Equal(t, "step", d.do(t, "POST", path+"/updates", `{"kind":"retry_step","step":"x"}`).problem(t).Field)
	require.Equal(t, "why", d.do(t, "POST", path+"/cancel", `{"why":"x"}`).problem(t).Field)

	d.Close(x.ID, discovery.StatusCompleted, json.RawMessage(`{}`), "")
	require.Equal(t, 409, d.do(t, "POST", path+"/cancel", "").status)
	require.Equal(t, 409, d.do(t, "POST", path+"/updates", `{"kind":"finish_now"}`).status)
	y := d.Ask(user.Local, "MgO?")
	d.Close(y.ID, discovery.StatusCancelled, json.RawMessage(`{}`), "")
	require.Equal(t, 200, d.do(t, "POST", "/api/v1/discoveries/"+y.ID+"/cancel", "").status)
}

func TestStructures(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.AddStructure(user.Local, structure.Structure{ID: structureID, Formula: "Na\"Cl/..", CIF: "data_NaCl\n", Body: json.RawMessage(`{"structure_id":"` + structureID + `","bonds":null}`)})
	r := d.do(t, "GET", "/api/v1/structures/"+structureID, "")
	require.Equal(t, 200, r.status)
	require.Equal(t, `{"structure_id":"`+structureID+`","bonds":null}`, r.body)
	r = d.do(t, "GET", "/api/v1/structures/"+structureID+"/cif", "")
	require.Equal(t, "data_NaCl\n", r.body)
	require.Equal(t, `attachment; filename="NaCl_01234567.cif"`, r.header.Get("Content-Disposition"))
	require.Equal(t, 404, d.do(t, "GET", "/api/v1/structures/st_x", "").status)
	const empty = "st_0123456789abcdef0123456780"
	d.AddStructure(user.Local, structure.Structure{ID: empty, Formula: "X"})
	require.Equal(t, 404, d.do(t, "GET", "/api/v1/structures/"+empty+"/cif", "").status)
	require.Equal(t, 200, d.do(t, "GET", "/api/v1/structures/"+empty, "").status)
}

func TestStatusAndHealth(t *testing.T) {
	t.Parallel()
	running, sick := 0, error(nil)
	d := open(t, func(d *rest.Deps) {
		d.Running = func(context.Context) (int, error) {
			if running < 0 {
				return 0, errors.New("no database")
			}
			return running, nil
		}
		d.Health = func(context.Context) map[string]error {
			return map[string]error{"postgres": sick, "temporal": nil}
		}
		d.States = func(context.Context) (map[string]tool.ServerState, error) {
			return map[string]tool.ServerState{"smact": {State: "ready", Tools: 3}}, nil
		}
	})
	idle := func() any { return d.do(t, "GET", "/healthz", "").json(t)["idle_seconds"] }
	d.Advance(90 * time.Second)
	require.Equal(t, 90.0, idle())
	require.Equal(t, 90.0, idle(), "asking for health is no use of the stack")
	require.Equal(t, "ready", d.do(t, "GET", "/api/v1/status", "").json(t)["mcp"].(map[string]any)["smact"].(map[string]any)["state"])
	require.Equal(t, 0.0, idle())
	running = 2
	d.Advance(time.Hour)
	require.Equal(t, 0.0, idle(), "what runs is not idle")
	running = 0
	d.Advance(time.Minute)
	require.Equal(t, 60.0, idle())
	running = -1
	require.Equal(t, 0.0, idle(), "when it cannot tell it does not claim idleness")

	require.Equal(t, 200, d.do(t, "GET", "/readyz", "").status)
	sick = errors.New("password=secret refused")
	r := d.do(t, "GET", "/readyz", "")
	require.Equal(t, 503, r.status)
	require.Equal(t, map[string]any{"postgres": "does not answer", "temporal": "ok"}, r.json(t)["checks"])
	sick = fault.Wrap(fault.CodeUnavailable, errors.New("secret"), "PostgreSQL does not answer")
	require.Contains(t, d.do(t, "GET", "/readyz", "").body, "PostgreSQL does not answer")
}

// TestStranger walks every route that names an object as somebody else.
func TestStranger(t *testing.T) {
	t.Parallel()
	d := open(t)
	x := d.Ask(user.Local, "NaCl?")
	d.Emit(x.ID, "t1.llm", event.ReasoningStart{Turn: 1})
	d.AddStructure(user.Local, structure.Structure{ID: structureID, Formula: "NaCl", CIF: "data"})
	d.OnCancel(func(string, string) error { t.Error("a stranger cancelled"); return nil })
	d.OnUpdate(func(string, discovery.Update) error { t.Error("a stranger steered"); return nil })
	base := "/api/v1/discoveries/" + x.ID
	for _, c := range [][3]string{
		{"GET", base, ""}, {"GET", base + "/events", ""}, {"GET", base + "/events?wait=20", ""}, {"GET", base + "/report", ""},
		{"POST", base + "/cancel", ""}, {"POST", base + "/updates", `{"kind":"finish_now"}`},
		{"GET", base + "/state", ""}, {"POST", base + "/retry", ""}, {"POST", base + "/fork", `{"turn":0,"query":"q"}`},
		{"GET", "/api/v1/sessions/" + x.SessionID, ""},
		{"GET", "/api/v1/structures/" + structureID, ""}, {"GET", "/api/v1/structures/" + structureID + "/cif", ""},
		{"POST", "/api/v1/discoveries", `{"query":"q","session_id":"` + x.SessionID + `"}`},
	} {
		theirs := d.do(t, c[0], c[1], c[2], "X-User", "stranger")
		require.Equal(t, 404, theirs.status, c)
		unknown := d.do(t, c[0], strings.NewReplacer(x.ID, id.NewDiscovery(), x.SessionID, id.New(), structureID, "st_ffffffffffffffffffffffffff").Replace(c[1]),
			strings.ReplaceAll(c[2], x.SessionID, id.New()), "X-User", "stranger")
		require.Equal(t, 404, unknown.status, c)
		require.Equal(t, unknown.problem(t).Title, theirs.problem(t).Title, "no difference tells that it exists")
	}
	for _, path := range []string{"/api/v1/discoveries", "/api/v1/sessions", "/api/v1/discoveries?session=" + x.SessionID} {
		r := d.do(t, "GET", path, "", "X-User", "stranger")
		require.NotContains(t, r.body, x.SessionID)
	}
}
