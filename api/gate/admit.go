package gate

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"crystalyse/internal/fault"
)

// Admit says whether a request may be looked at at all, before anybody asks
// whose it is.
//
// In single mode being on this machine is the only credential. A web page
// elsewhere can still make a browser on this machine send requests (directly,
// or by DNS rebinding, its own name pointing at 127.0.0.1). The first shows in
// Origin, the second in Host. In jwt mode the browser sends the cookie with
// whatever a page asks for, so that foreign pages are refused there too.
func (g *Gate) Admit(r *http.Request) error {
	if g.Single {
		if err := g.onThisMachine(r); err != nil {
			return err
		}
	} else if len(g.Hosts) > 0 && !loopbackName(r.Host) && !g.hostListed(r.Host) {
		return fault.New(fault.CodeDenied, "this server does not answer to the Host %q", clip(r.Host)).
			WithHint("add it to CRYSTALYSE_ALLOWED_HOSTS")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) && !slices.Contains(g.Origins, strings.ToLower(origin)) {
		return fault.New(fault.CodeDenied, "a page from %q may not use this API", clip(origin))
	}
	// Browsers leave Origin out of some requests but always say this.
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site" && !safe(r.Method) {
		return fault.New(fault.CodeDenied, "a page from elsewhere may not use this API")
	}
	return nil
}

func (g *Gate) onThisMachine(r *http.Request) error {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(peer); err != nil || ip == nil || !ip.IsLoopback() {
		return fault.New(fault.CodeDenied, "only this machine is served in single-user mode").
			WithHint("set CRYSTALYSE_AUTH=jwt to serve others")
	}
	if !loopbackName(r.Host) && !g.hostListed(r.Host) {
		return fault.New(fault.CodeDenied, "the Host header %q does not name this machine", clip(r.Host)).
			WithHint("use http://127.0.0.1 or http://localhost")
	}
	return nil
}

func (g *Gate) hostListed(host string) bool { return slices.Contains(g.Hosts, hostName(host)) }

// hostName gives the name in a Host header, without its port.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// loopbackName reports whether a Host header names this machine, with any port.
func loopbackName(host string) bool {
	switch hostName(host) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

// sameOrigin reports whether a page's origin is this server as it was addressed:
// another port of this machine is another program.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.EqualFold(u.Host, host)
}

// clip shortens what a caller sent before it is sent back.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
