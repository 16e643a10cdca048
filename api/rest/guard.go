package rest

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
)

// guard protects single mode, where there is no token: being on this machine is
// the only credential. A web page elsewhere can still make a browser on this
// machine send requests (directly, or by DNS rebinding, its own name pointing
// at 127.0.0.1). The first shows in Origin, the second in Host.
func (s *server) guard(c *gin.Context) {
	if !s.Single {
		c.Next()
		return
	}
	if err := local(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

func local(r *http.Request) error {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(peer); err != nil || ip == nil || !ip.IsLoopback() {
		return fault.New(fault.CodeDenied, "only this machine is served in single-user mode").
			WithHint("set CRYSTALYSE_AUTH=jwt to serve others")
	}
	if !loopbackName(r.Host) {
		return fault.New(fault.CodeDenied, "the Host header %q does not name this machine", clip(r.Host, 100)).
			WithHint("use http://127.0.0.1 or http://localhost")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
		return fault.New(fault.CodeDenied, "a page from %q may not use this API", clip(origin, 100))
	}
	// Browsers leave Origin out of some requests but always say this.
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fault.New(fault.CodeDenied, "a page from elsewhere may not use this API")
	}
	return nil
}

// loopbackName reports whether a Host header names this machine, with any port.
func loopbackName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	switch strings.ToLower(strings.Trim(name, "[]")) {
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
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
