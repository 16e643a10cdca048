package gate

import (
	"context"
	"net/http"
	"time"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

// maxLogin is the longest a login lasts, however long its token does.
const maxLogin = 12 * time.Hour

// Login turns a token into a login session. The cookie is its only secret; no
// script of a page can read it, and no other site can send it.
func (g *Gate) Login(ctx context.Context, who auth.Identity) (auth.Identity, *http.Cookie, error) {
	switch {
	case who.By == auth.BySingle:
		return who, nil, fault.New(fault.CodeConflict, "single-user mode needs no sign-in")
	case who.By != auth.ByBearer:
		return who, nil, fault.New(fault.CodeUnknown, "a login is made from a token").WithHint("send Authorization: Bearer <token>")
	case g.Logins == nil:
		return who, nil, noLogins()
	}
	l := auth.Login{UserID: who.UserID, TokenID: who.TokenID, CSRF: auth.Secret(), Expires: who.Expires}
	if most := g.Now().Add(maxLogin); l.Expires.After(most) {
		l.Expires = most
	}
	secret := auth.Secret()
	if err := g.Logins.SaveLogin(ctx, auth.Hash(secret), l); err != nil {
		return who, nil, err
	}
	who.By, who.Expires, who.CSRF = auth.ByCookie, l.Expires, l.CSRF
	return who, cookie(secret, int(l.Expires.Sub(g.Now()).Seconds())), nil
}

// Logout ends what the request was made with: the login session of a cookie,
// or the token itself, with every login made from it.
func (g *Gate) Logout(r *http.Request, who auth.Identity) (*http.Cookie, error) {
	switch {
	case who.By == auth.BySingle:
		return nil, fault.New(fault.CodeConflict, "single-user mode has no sign-in to end")
	case g.Logins == nil:
		return nil, noLogins()
	case who.By == auth.ByBearer:
		return cookie("", -1), g.Logins.Revoke(r.Context(), who.TokenID, who.Expires)
	}
	c, err := r.Cookie(Cookie)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInternal, err, "a login without its cookie")
	}
	return cookie("", -1), g.Logins.EndLogin(r.Context(), auth.Hash(c.Value))
}

func cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: Cookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// Secure marks a cookie for encrypted connections only when the request came
// over one. A caller who lies about it only hurts itself.
func Secure(c *http.Cookie, r *http.Request) *http.Cookie {
	c.Secure = r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
	return c
}

// Ticket gives a secret that opens one socket for the identity, once, within
// auth.TicketTTL. It is safe where a token is not: in a first frame.
func (g *Gate) Ticket(ctx context.Context, who auth.Identity) (string, error) {
	if g.Logins == nil {
		return "", noLogins()
	}
	secret := auth.Secret()
	t := auth.Ticket{UserID: who.UserID, TokenID: who.TokenID, Login: who.Login, Expires: who.Expires}
	return secret, g.Logins.SaveTicket(ctx, auth.Hash(secret), t)
}

// Redeem gives the identity of a ticket, once. Used, expired, foreign and
// invented ones are refused alike, with fault.CodeUnknown.
func (g *Gate) Redeem(ctx context.Context, ticket string) (auth.Identity, error) {
	if g.Logins == nil {
		return auth.Identity{}, noLogins()
	}
	t, err := g.Logins.TakeTicket(ctx, auth.Hash(ticket))
	if fault.Is(err, fault.CodeNotFound) {
		return auth.Identity{}, fault.New(fault.CodeUnknown, "the ticket was used, has expired or never existed").
			WithHint("get a new one: POST /api/v1/auth/ticket")
	}
	if err != nil {
		return auth.Identity{}, err
	}
	if t.TokenID == "" { // made in single mode
		return auth.Identity{UserID: t.UserID, By: auth.ByTicket}, nil
	}
	who := auth.Identity{UserID: t.UserID, By: auth.ByTicket, TokenID: t.TokenID, Login: t.Login, Expires: t.Expires}
	return who, g.Standing(ctx, who)
}
