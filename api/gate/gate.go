// Package gate stands before every door: which hosts and pages may call, who
// asks, and the login sessions and tickets that follow from a token. The REST
// API and the relay both ask it; neither knows how a caller proved itself.
package gate

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
	"crystalyse/internal/user"
)

// Options configure a gate. The zero value is a gate nobody passes.
type Options struct {
	// Single says that there is one user and no token: only loopback clients
	// are served, under a loopback Host, and no foreign page.
	Single bool
	// Tokens verifies tokens. Nil without jwt mode.
	Tokens *auth.Tokens
	// Logins keeps login sessions, revocations and tickets. Nil means that
	// there are none: tokens alone are accepted, and no tickets are given.
	Logins auth.Store
	// Hosts are the names this server answers to, without port, beside those of
	// this machine. Empty means any in jwt mode, where a name alone opens nothing.
	Hosts []string
	// Origins are the pages of other addresses that may call, such as
	// https://lab.example. The server's own page always may.
	Origins []string
	// Users notes a user who is seen for the first time. Nil notes nothing.
	Users user.Store
	// Now defaults to time.Now.
	Now func() time.Time
}

// Gate is safe for concurrent use.
type Gate struct {
	Options

	mu   sync.Mutex
	seen map[string]bool // guarded by mu; users already noted by this process
}

// New gives a gate.
func New(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Gate{Options: o, seen: map[string]bool{}}
}

// The names of the login cookie and of the header that repeats its CSRF token.
const (
	Cookie     = "crystalyse_session"
	HeaderCSRF = "X-CSRF-Token"
)

// maxSeen bounds what a process remembers of its users.
const maxSeen = 10_000

// Mode names the gate's mode: single or jwt.
func (g *Gate) Mode() string {
	if g.Single {
		return "single"
	}
	return "jwt"
}

// Identify says who asks. A mutating request made with a cookie must repeat the
// login's CSRF token: a page elsewhere can make the browser send the cookie,
// but can not read the token.
func (g *Gate) Identify(r *http.Request) (auth.Identity, error) {
	who, err := g.identify(r)
	if err != nil {
		return auth.Identity{}, err
	}
	return who, g.note(r.Context(), who.UserID)
}

func (g *Gate) identify(r *http.Request) (auth.Identity, error) {
	if g.Single {
		return auth.Identity{UserID: user.Local, By: auth.BySingle}, nil
	}
	if g.Tokens == nil {
		return auth.Identity{}, fault.New(fault.CodeDenied, "this server has no authentication configured").
			WithHint("set CRYSTALYSE_AUTH=single to use it on this machine")
	}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return auth.Identity{}, fault.New(fault.CodeUnknown, "the Authorization header is not of the form Bearer <token>")
		}
		who, err := g.Tokens.Verify(strings.TrimSpace(token))
		if err != nil {
			return auth.Identity{}, err
		}
		return who, g.standing(r.Context(), who.TokenID)
	}
	if c, err := r.Cookie(Cookie); err == nil && c.Value != "" {
		return g.byCookie(r, c.Value)
	}
	return auth.Identity{}, fault.New(fault.CodeUnknown, "no token was sent").
		WithHint("send Authorization: Bearer <token>; crystalyse token --user NAME makes one")
}

func (g *Gate) byCookie(r *http.Request, secret string) (auth.Identity, error) {
	if g.Logins == nil {
		return auth.Identity{}, noLogins()
	}
	l, err := g.Logins.FindLogin(r.Context(), auth.Hash(secret))
	if fault.Is(err, fault.CodeNotFound) || err == nil && !l.Expires.After(g.Now()) {
		return auth.Identity{}, fault.New(fault.CodeUnknown, "the login has ended").WithHint("sign in again")
	}
	if err != nil {
		return auth.Identity{}, err
	}
	if !safe(r.Method) && subtle.ConstantTimeCompare([]byte(r.Header.Get(HeaderCSRF)), []byte(l.CSRF)) != 1 {
		return auth.Identity{}, &fault.Error{Code: fault.CodeDenied, Field: HeaderCSRF, Message: "is missing or not this login's",
			Hint: "send the `csrf` of GET /api/v1/auth/me"}
	}
	who := auth.Identity{UserID: l.UserID, By: auth.ByCookie, TokenID: l.TokenID, Login: auth.Hash(secret), Expires: l.Expires, CSRF: l.CSRF}
	return who, g.standing(r.Context(), l.TokenID)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// standing refuses what goes back to a revoked token. When that can not be
// known the answer is "unavailable": a revoked token must not come alive again
// because Redis is away.
func (g *Gate) standing(ctx context.Context, tokenID string) error {
	if g.Logins == nil {
		return nil
	}
	gone, err := g.Logins.Revoked(ctx, tokenID)
	if err == nil && gone {
		return fault.New(fault.CodeUnknown, "the token was revoked").WithHint("get a new one: crystalyse token --user NAME")
	}
	return err
}

// Standing says whether what an identity was proved with still holds: its token
// was not revoked and its login was not ended. The relay asks about open sockets.
func (g *Gate) Standing(ctx context.Context, who auth.Identity) error {
	if g.Logins == nil || who.TokenID == "" {
		return nil
	}
	if err := g.standing(ctx, who.TokenID); err != nil || who.Login == "" {
		return err
	}
	_, err := g.Logins.FindLogin(ctx, who.Login)
	if fault.Is(err, fault.CodeNotFound) {
		return fault.New(fault.CodeUnknown, "the login has ended").WithHint("sign in again")
	}
	return err
}

// note makes a user on first sight.
func (g *Gate) note(ctx context.Context, userID string) error {
	if g.Users == nil {
		return nil
	}
	g.mu.Lock()
	known := g.seen[userID]
	g.mu.Unlock()
	if known {
		return nil
	}
	if err := g.Users.Ensure(ctx, userID); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.seen) >= maxSeen {
		clear(g.seen)
	}
	g.seen[userID] = true
	return nil
}

func noLogins() error {
	return fault.New(fault.CodeUnavailable, "login sessions and tickets need Redis").WithHint("set REDIS_URL")
}
