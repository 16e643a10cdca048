package rest_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	"crystalyse/internal/tool"
	"crystalyse/internal/user"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	d := open(t)
	here := strings.TrimPrefix(d.url, "http://")
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"AnotherPortIsAnotherProgram": {[]string{"Origin", "http://127.0.0.1:1"}, 403},
		"CrossSitePost":               {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"ForeignOrigin":               {[]string{"Origin", "https://evil.example"}, 403},
		"IPv6":                        {[]string{"Host", "[::1]:8000"}, 201},
		"Localhost":                   {[]string{"Host", "localhost:8000"}, 201},
		"LocalhostUpperCase":          {[]string{"Host", "LOCALHOST"}, 201},
		"NullOrigin":                  {[]string{"Origin", "null"}, 403},
		"OwnOrigin":                   {[]string{"Origin", "http://" + here}, 201},
		"Rebound":                     {[]string{"Host", "evil.example:8000"}, 403},
		"ReboundLookalike":            {[]string{"Host", "localhost.evil.example"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?"}`, c.headers...)
			require.Equal(t, c.status, r.status, r.body)
		})
	}
	t.Run("HealthIsGuardedToo", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 403, d.do(t, "GET", "/healthz", "", "Host", "evil.example").status)
	})
}

func TestGuardRefusesOtherMachines(t *testing.T) {
	t.Parallel()
	d := open(t)
	h := rest.New(d.Deps())
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/healthz", nil)
	require.NoError(t, err)
	for addr, status := range map[string]int{"192.0.2.1:1": 403, "": 403, "[::1]:9": 200, "127.0.0.2:9": 200} {
		r.RemoteAddr = addr
		w := &recorder{header: http.Header{}}
		h.ServeHTTP(w, r)
		require.Equal(t, status, w.status, addr)
	}
}

func TestWithoutAuthenticationTheDoorStaysShut(t *testing.T) {
	t.Parallel()
	d := open(t, func(d *rest.Deps) { d.Single, d.UserID = false, nil })
	require.Equal(t, 403, d.do(t, "GET", "/api/v1/discoveries", "").status)
	require.Equal(t, 403, d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?"}`).status)
	require.Equal(t, 200, d.do(t, "GET", "/healthz", "").status)
}

// recorder is a ResponseWriter; httptest's would do, but for the address.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(s int)           { r.status = s }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

func TestDoor(t *testing.T) {
	t.Parallel()
	d := open(t, func(d *rest.Deps) {
		d.UserID = func(r *http.Request) (string, error) {
			switch r.Header.Get("X-User") {
			case "nobody":
				return "", fault.New(fault.CodeDenied, "no token")
			case "bug":
				panic("secret of the stack")
			}
			return user.Local, nil
		}
	})
	t.Run("Denied", func(t *testing.T) {
		require.Equal(t, 403, d.do(t, "GET", "/api/v1/sessions", "", "X-User", "nobody").status)
	})
	t.Run("Headers", func(t *testing.T) {
		r := d.do(t, "GET", "/healthz", "", "X-Request-Id", "mine-1")
		require.Equal(t, "mine-1", r.header.Get("X-Request-Id"))
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		require.NotEqual(t, "bad id", d.do(t, "GET", "/healthz", "", "X-Request-Id", "bad id").header.Get("X-Request-Id"))
	})
	t.Run("Methods", func(t *testing.T) {
		r := d.do(t, "DELETE", "/api/v1/sessions", "")
		require.Equal(t, 405, r.status)
		require.Contains(t, r.problem(t).Hint, "GET")
		require.Equal(t, 404, d.do(t, "GET", "/api/v1/nothing", "").status)
		require.Equal(t, "not_found", d.do(t, "GET", "/api/v1/discoveries/x", "").problem(t).Code)
	})
	t.Run("Panic", func(t *testing.T) {
		r := d.do(t, "GET", "/api/v1/sessions", "", "X-User", "bug")
		require.Equal(t, 500, r.status)
		require.NotContains(t, r.body, "secret")
		require.Equal(t, "internal", r.problem(t).Code)
		require.Contains(t, d.log.String(), "secret of the stack")
	})
	t.Run("QueryStringsStayOutOfTheLog", func(t *testing.T) {
		d.do(t, "GET", "/api/v1/sessions?limit=1&before=private-thing", "")
		require.Contains(t, d.log.String(), `"path":"/api/v1/sessions"`)
		require.NotContains(t, d.log.String(), "private-thing")
	})
}

// follower asks for the events of one discovery.
func (d door) follow(t *testing.T, id, query string) map[string]any {
	t.Helper()
	r := d.do(t, "GET", "/api/v1/discoveries/"+id+"/events?"+query, "")
	require.Equal(t, 200, r.status, r.body)
	return r.json(t)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	t.Run("BadPosition", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		x := d.Ask(user.Local, "NaCl?")
		for _, q := range []string{"after=-1", "after=x", "wait=31", "wait=-1", "limit=0", "limit=1001"} {
			r := d.do(t, "GET", "/api/v1/discoveries/"+x.ID+"/events?"+q, "")
			require.Equal(t, 422, r.status, q)
			require.Equal(t, strings.Split(q, "=")[0], r.problem(t).Field)
		}
	})
	t.Run("ClosedAnswersAtOnce", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		x := d.Ask(user.Local, "NaCl?")
		d.Close(x.ID, discovery.StatusCompleted, nil, "")
		b := d.follow(t, x.ID, "after=3&wait=30")
		require.Empty(t, b["events"])
		require.Equal(t, "completed", b["status"])
	})
	t.Run("InPages", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		x := d.Ask(user.Local, "NaCl?")
		d.Ask(user.Local, "another session")
		for range 5 {
			d.Emit(x.ID, "t1.llm", event.ReasoningStart{Turn: 1})
		}
		b := d.follow(t, x.ID, "limit=4")
		require.Len(t, b["events"], 4)
		require.Equal(t, 4.0, b["next"])
		b = d.follow(t, x.ID, "after=4")
		require.Len(t, b["events"], 3)
		require.Equal(t, 7.0, b["next"])
		b = d.follow(t, x.ID, "after=7")
		require.Equal(t, []any{}, b["events"])
		require.Equal(t, 7.0, b["next"], "the position stays")
	})
	t.Run("WaitsForNews", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		x := d.Ask(user.Local, "NaCl?")
		state := d.follow(t, x.ID, "")["state"].(string)
		for _, happen := range []func(){
			func() { d.Emit(x.ID, "t1.llm", event.ReasoningStart{Turn: 1}) },
			func() {
				d.SetRunning(x.ID, discovery.RunningCall{CallID: "t1.tool1", Tool: "relax_structure", Attempt: 1, Progress: &tool.Progress{Progress: 3, Total: 10}})
			},
		} {
			var wg sync.WaitGroup
			var b map[string]any
			wg.Go(func() { b = d.follow(t, x.ID, "after=2&wait=30&state="+state) })
			happen()
			wg.Wait()
			if len(b["events"].([]any)) == 0 {
				require.Equal(t, "t1.tool1", b["running"].([]any)[0].(map[string]any)["call_id"])
			}
		}
	})
}

func TestEventsEndWithTheCaller(t *testing.T) {
	t.Parallel()
	looked := make(chan struct{}, 1000)
	d := open(t, func(d *rest.Deps) { d.Events = countingLog{d.Events, looked} })
	x := d.Ask(user.Local, "NaCl?")
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", d.url+"/api/v1/discoveries/"+x.ID+"/events?after=2&wait=30", nil)
	require.NoError(t, err)
	gone := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		gone <- err
	}()
	<-looked
	leave()
	require.ErrorIs(t, <-gone, context.Canceled)
	require.Eventually(t, func() bool {
		return d.do(t, "GET", "/healthz", "").json(t)["running"] == 0.0 && strings.Contains(d.log.String(), "/events")
	},
		time.Minute, time.Millisecond, "the handler returned, and the access log has it")
}

func TestEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	done, looked := make(chan struct{}), make(chan struct{}, 1000)
	d := open(t, func(d *rest.Deps) { d.Done = done; d.Events = countingLog{d.Events, looked} })
	x := d.Ask(user.Local, "NaCl?")
	answered := make(chan map[string]any, 1)
	go func() { answered <- d.follow(t, x.ID, "after=2&wait=30") }()
	<-looked
	close(done)
	require.Equal(t, "queued", (<-answered)["status"])
}

type countingLog struct {
	event.Log
	looked chan struct{}
}

func (l countingLog) After(ctx context.Context, userID, sid, did string, after int64, limit int) ([]event.Event, error) {
	select {
	case l.looked <- struct{}{}:
	default:
	}
	return l.Log.After(ctx, userID, sid, did, after, limit)
}

// FuzzCreate sends anything as the body: never a panic or a 500, and every
// refusal is a problem.
func FuzzCreate(f *testing.F) {
	for _, s := range []string{``, `{}`, `[]`, `null`, `{"query":"NaCl"}`, `{"query":"NaCl","mode":"auto","budget":{"wall_s":1e3,"tokens":1,"tool_calls":2,"cost":null}}`,
		`{"query":"\ud800"}`, `{"query":1}`, `{"budget":{"wall_s":1e999},"query":"x"}`, `{"query":"x","x":1}`, "{\"query\":\"\x00\"}", `{"query":"x"}{`, `{"QUERY":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := open(t)
		r := d.do(t, "POST", "/api/v1/discoveries", string(body), "Content-Type", "application/json")
		switch r.status {
		case 201:
			q := r.json(t)["query"].(string)
			require.NotEmpty(t, q)
			require.LessOrEqual(t, len(q), discovery.MaxQuery)
		case 422, 404, 413:
			r.problem(t)
		default:
			t.Fatalf("status %d: %s", r.status, r.body)
		}
	})
}

// TestSlowSenders: who opens connections and says nothing, or a byte at a time,
// is cut off; others are served meanwhile.
func TestSlowSenders(t *testing.T) {
	t.Parallel()
	w := resttest.New()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := rest.Server(rest.New(w.Deps()), slog.New(slog.DiscardHandler))
	go func() { _ = srv.Serve(l) }() // ends with the test
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	var slow []net.Conn
	for range 50 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		require.NoError(t, err)
		_, err = c.Write([]byte("GET /healthz HTTP/1.1\r\nHost: local"))
		require.NoError(t, err)
		slow = append(slow, c)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+l.Addr().String()+"/healthz", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 200, res.StatusCode)
	for _, c := range slow {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
		_, err := io.ReadAll(c)
		require.NoError(t, err, "the server ends it")
		require.NoError(t, c.Close())
	}
}
