package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/gate"
	"crystalyse/api/page"
	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

// lab is the API in jwt mode.
type lab struct {
	door
	gate   *gate.Gate
	tokens *auth.Tokens
	logins *resttest.Logins
	users  *userBook
}

// userBook notes who was seen.
type userBook struct {
	mu   sync.Mutex
	seen []string
}

func (u *userBook) Ensure(_ context.Context, id string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, id)
	return nil
}

func openLab(t *testing.T, change ...func(*gate.Options)) lab {
	t.Helper()
	keys, err := auth.ParseKeys("a:0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	l := lab{logins: resttest.NewLogins(), users: &userBook{}}
	l.door = open(t, func(d *rest.Deps) {
		now := d.Now
		l.tokens, err = auth.NewTokens(keys, "", now)
		require.NoError(t, err)
		o := gate.Options{Tokens: l.tokens, Logins: l.logins, Users: l.users, Now: now}
		for _, f := range change {
			f(&o)
		}
		l.gate = gate.New(o)
		d.Gate, d.UserID, d.Single = l.gate, nil, false
	})
	return l
}

func (l lab) bearer(t *testing.T, user string) string {
	t.Helper()
	text, err := l.tokens.Sign(user, time.Hour)
	require.NoError(t, err)
	return "Bearer " + text
}

// signIn gives the cookie and the CSRF token of a login.
func (l lab) signIn(t *testing.T, user string) (cookie, csrf string) {
	t.Helper()
	r := l.do(t, "POST", "/api/v1/auth/session", "", "Authorization", l.bearer(t, user))
	require.Equal(t, 201, r.status, r.body)
	full := r.header.Get("Set-Cookie")
	require.Contains(t, full, "HttpOnly")
	require.Contains(t, full, "SameSite=Strict")
	require.NotContains(t, full, "Secure")
	cookie, _, _ = strings.Cut(full, ";")
	return cookie, r.json(t)["csrf"].(string)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	l := openLab(t)
	r := l.do(t, "GET", "/api/v1/sessions", "")
	require.Equal(t, 401, r.status)
	require.Equal(t, "unknown", r.problem(t).Code)
	require.Contains(t, r.header.Get("WWW-Authenticate"), "Bearer")
	require.Equal(t, 401, l.do(t, "GET", "/api/v1/sessions", "", "Authorization", "Basic YTpi").status)
	require.Equal(t, 401, l.do(t, "GET", "/api/v1/sessions", "", "Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiYWRhIiwiZXhwIjo5OTk5OTk5OTk5fQ.").status)
	ada := l.bearer(t, "ada")
	require.Equal(t, map[string]any{"user_id": "ada", "auth": "jwt", "csrf": ""}, l.do(t, "GET", "/api/v1/auth/me", "", "Authorization", ada).json(t))
	require.Equal(t, 201, l.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?"}`, "Authorization", ada).status)
	require.Equal(t, []string{"ada"}, l.users.seen, "made on first sight, once")
	l.Advance(2 * time.Hour)
	r = l.do(t, "GET", "/api/v1/sessions", "", "Authorization", ada)
	require.Equal(t, 401, r.status)
	require.Contains(t, r.problem(t).Detail, "expired")
	require.Equal(t, 200, l.do(t, "GET", "/healthz", "").status)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	t.Run("ATokenThatIsRevokedTakesItsLoginsAlong", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		ada := l.bearer(t, "ada")
		r := l.do(t, "POST", "/api/v1/auth/session", "", "Authorization", ada)
		cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
		require.Equal(t, 204, l.do(t, "DELETE", "/api/v1/auth/session", "", "Authorization", ada).status)
		require.Equal(t, 401, l.do(t, "GET", "/api/v1/auth/me", "", "Authorization", ada).status)
		require.Equal(t, 401, l.do(t, "GET", "/api/v1/auth/me", "", "Cookie", cookie).status)
		require.Equal(t, 200, l.do(t, "GET", "/api/v1/auth/me", "", "Authorization", l.bearer(t, "ada")).status)
	})
	t.Run("CSRF", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		cookie, csrf := l.signIn(t, "ada")
		require.Equal(t, csrf, l.do(t, "GET", "/api/v1/auth/me", "", "Cookie", cookie).json(t)["csrf"])
		ask := func(headers ...string) reply {
			return l.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?"}`, append([]string{"Cookie", cookie}, headers...)...)
		}
		r := ask()
		require.Equal(t, 403, r.status)
		require.Equal(t, "X-CSRF-Token", r.problem(t).Field)
		_, other := l.signIn(t, "ada")
		require.Equal(t, 403, ask("X-CSRF-Token", other).status, "another login's is worth nothing")
		require.Equal(t, 201, ask("X-CSRF-Token", csrf).status)
		require.Equal(t, 403, ask("X-CSRF-Token", csrf, "Origin", "https://evil.example").status)
	})
	t.Run("Ends", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		cookie, csrf := l.signIn(t, "ada")
		require.Equal(t, 403, l.do(t, "DELETE", "/api/v1/auth/session", "", "Cookie", cookie).status)
		r := l.do(t, "DELETE", "/api/v1/auth/session", "", "Cookie", cookie, "X-CSRF-Token", csrf)
		require.Equal(t, 204, r.status)
		require.Contains(t, r.header.Get("Set-Cookie"), "Max-Age=0")
		require.Equal(t, 401, l.do(t, "GET", "/api/v1/auth/me", "", "Cookie", cookie).status)

		cookie, _ = l.signIn(t, "ada")
		l.Advance(2 * time.Hour)
		require.Equal(t, 401, l.do(t, "GET", "/api/v1/auth/me", "", "Cookie", cookie).status, "it ends with its token")
	})
	t.Run("FromACookie", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		cookie, csrf := l.signIn(t, "ada")
		require.Equal(t, 401, l.do(t, "POST", "/api/v1/auth/session", "", "Cookie", cookie, "X-CSRF-Token", csrf).status, "a login does not prolong itself")
	})
	t.Run("OverTLS", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		r := l.do(t, "POST", "/api/v1/auth/session", "", "Authorization", l.bearer(t, "ada"), "X-Forwarded-Proto", "https")
		require.Contains(t, r.header.Get("Set-Cookie"), "Secure")
	})
	t.Run("SingleUserModeHasNone", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		require.Equal(t, 409, d.do(t, "POST", "/api/v1/auth/session", "").status)
		require.Equal(t, 409, d.do(t, "DELETE", "/api/v1/auth/session", "").status)
		require.Equal(t, map[string]any{"user_id": "local", "auth": "single", "csrf": ""}, d.do(t, "GET", "/api/v1/auth/me", "").json(t))
		require.Equal(t, 503, d.do(t, "POST", "/api/v1/auth/ticket", "").status, "tickets need Redis")
	})
	t.Run("WithoutRedis", func(t *testing.T) {
		t.Parallel()
		l := openLab(t)
		cookie, _ := l.signIn(t, "ada")
		l.logins.Break(true)
		require.Equal(t, 503, l.do(t, "GET", "/api/v1/auth/me", "", "Cookie", cookie).status)
		require.Equal(t, 503, l.do(t, "GET", "/api/v1/auth/me", "", "Authorization", l.bearer(t, "ada")).status, "a revoked token must not come alive")
	})
}

func TestTicket(t *testing.T) {
	t.Parallel()
	l := openLab(t)
	r := l.do(t, "POST", "/api/v1/auth/ticket", "", "Authorization", l.bearer(t, "ada"))
	require.Equal(t, 201, r.status)
	require.Equal(t, 30.0, r.json(t)["expires_in"])
	secret := r.json(t)["ticket"].(string)
	who, err := l.gate.Redeem(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, "ada", who.UserID)
	require.False(t, who.Expires.IsZero(), "the socket ends with the token")
	_, err = l.gate.Redeem(t.Context(), secret)
	require.True(t, fault.Is(err, fault.CodeUnknown), "once")

	ada := l.bearer(t, "ada")
	secret = l.do(t, "POST", "/api/v1/auth/ticket", "", "Authorization", ada).json(t)["ticket"].(string)
	l.do(t, "DELETE", "/api/v1/auth/session", "", "Authorization", ada)
	_, err = l.gate.Redeem(t.Context(), secret)
	require.True(t, fault.Is(err, fault.CodeUnknown), "not after the token was revoked")

	cookie, csrf := l.signIn(t, "ada")
	secret = l.do(t, "POST", "/api/v1/auth/ticket", "", "Cookie", cookie, "X-CSRF-Token", csrf).json(t)["ticket"].(string)
	who, err = l.gate.Redeem(t.Context(), secret)
	require.NoError(t, err)
	require.NoError(t, l.gate.Standing(t.Context(), who))
	l.do(t, "DELETE", "/api/v1/auth/session", "", "Cookie", cookie, "X-CSRF-Token", csrf)
	require.True(t, fault.Is(l.gate.Standing(t.Context(), who), fault.CodeUnknown), "a socket does not outlive the login its ticket came from")
}

func FuzzTicket(f *testing.F) {
	logins := resttest.NewLogins()
	g := gate.New(gate.Options{Logins: logins})
	secret, err := g.Ticket(f.Context(), auth.Identity{UserID: "ada"})
	require.NoError(f, err)
	f.Add(secret + " ")
	f.Add("")
	f.Add(auth.Hash(secret))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := g.Redeem(t.Context(), text); text != secret && !fault.Is(err, fault.CodeUnknown) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func TestHostsAndOrigins(t *testing.T) {
	t.Parallel()
	l := openLab(t, func(o *gate.Options) {
		o.Hosts, o.Origins = []string{"lab.example"}, []string{"https://notebook.example"}
	})
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"AnotherHost":   {[]string{"Host", "evil.example"}, 403},
		"AnotherOrigin": {[]string{"Origin", "https://evil.example"}, 403},
		"Listed":        {[]string{"Host", "lab.example:8443"}, 200},
		"ListedOrigin":  {[]string{"Host", "lab.example", "Origin", "https://notebook.example"}, 200},
		"Own":           {[]string{"Host", "lab.example", "Origin", "https://lab.example"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.status, l.do(t, "GET", "/healthz", "", c.headers...).status)
		})
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	d := open(t, func(d *rest.Deps) { d.Rate = rest.Rate{PerMinute: 60, Burst: 3} })
	status := func(user string) int { return d.do(t, "GET", "/api/v1/sessions", "", "X-User", user).status }
	for range 3 {
		require.Equal(t, 200, status("ada"))
	}
	r := d.do(t, "GET", "/api/v1/sessions", "", "X-User", "ada")
	require.Equal(t, 429, r.status)
	require.NotEmpty(t, r.header.Get("Retry-After"))
	require.Equal(t, 200, status("bob"), "others notice nothing")
	d.Advance(time.Second)
	require.Equal(t, 200, status("ada"))
	require.Equal(t, 429, status("ada"))
}

func TestPage(t *testing.T) {
	t.Parallel()
	build := fstest.MapFS{
		"index.html":              {Data: []byte("<!doctype html><title>CrystaLyse</title>")},
		"assets/main-Ab12_x9Z.js": {Data: []byte("x")},
		"assets/plain.css":        {Data: []byte("y")},
		"favicon.svg":             {Data: []byte("<svg/>")},
	}
	d := open(t, func(d *rest.Deps) { d.Page = page.New(build) })
	for path, want := range map[string]struct {
		status int
		cache  string
	}{
		"/":                        {200, "no-cache"},
		"/session/01J":             {200, "no-cache"},
		"/index.html":              {200, "no-cache"},
		"/assets/main-Ab12_x9Z.js": {200, "public, max-age=31536000, immutable"},
		"/assets/plain.css":        {200, "no-cache"},
		"/assets/gone-Ab12_x9Z.js": {404, "no-store"},
		"/assets":                  {200, "no-cache"},
		"/../rest.go":              {404, "no-store"},
		"/api/v1/nothing":          {404, "no-store"},
		"/ws/discovery":            {404, "no-store"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r := d.do(t, "GET", path, "")
			require.Equal(t, want.status, r.status, r.body)
			require.Equal(t, want.cache, r.header.Get("Cache-Control"))
			require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
			csp := r.header.Get("Content-Security-Policy")
			require.Contains(t, csp, "default-src 'none'")
			require.NotContains(t, csp, "script-src 'self' 'unsafe")
			if want.status == 200 && want.cache == "no-cache" && !strings.HasSuffix(path, ".css") {
				require.Contains(t, r.body, "<title>CrystaLyse</title>")
			}
		})
	}
	require.Equal(t, 404, d.do(t, "POST", "/", "{}").status)
	w := httptest.NewRecorder()
	page.New(fstest.MapFS{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Equal(t, 404, w.Code, "a build without a page has none")
}
