// Package page serves the web page: the files of its build, and its index for
// every other path, since the page has routes of its own.
package page

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// Policy is what the page may do, enforced by the browser: code and data from
// this server only. Positions of panels and the canvas are set as style
// attributes by libraries of the page, which is what 'unsafe-inline' is for;
// no script may be inline. Workers and images may be made by the page itself
// (blob:), for decoding structures and for pictures of them.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// hashed are names that carry a hash of their content, as Vite writes them: they
// never change.
var hashed = regexp.MustCompile(`^assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$`)

// New serves a build; a build without index.html has no page.
func New(build fs.FS) http.Handler {
	index, err := fs.ReadFile(build, "index.html")
	if err != nil {
		index = nil
	}
	files := http.FileServerFS(build)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if info, err := fs.Stat(build, name); err == nil && !info.IsDir() && name != "index.html" {
			h.Set("Cache-Control", "no-cache")
			if hashed.MatchString(name) {
				h.Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			files.ServeHTTP(w, r)
			return
		}
		// A missing file is missing; a path without an extension is a route.
		if index == nil || path.Ext(name) != "" && name != "index.html" {
			h.Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h.Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "index.html", time.Time{}, bytes.NewReader(index))
	})
}
