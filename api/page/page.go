// Package page serves the web page: the files of its build, and its index for
// every other path, since the page has routes of its own.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

// Policy is what the page may do, enforced by the browser: code, styles and
// data from this server only, nothing inline, no eval. Workers and images may
// be made by the page itself (blob:), for decoding structures and for pictures
// of them.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// placeholder is shown by a binary that was built without the page.
const placeholder = "placeholder.html"

// hashed are names that carry a hash of their content, as Vite writes them: they
// never change.
var hashed = regexp.MustCompile(`^assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$`)

// file is one file of the page, ready to send.
type file struct {
	body, packed []byte
	kind, etag   string
}

// New serves a build; a build without index.html has no page.
func New(build fs.FS) http.Handler {
	load := sync.OnceValue(func() map[string]file { return files(build) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := load()
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		f, ok := all[name]
		// A missing file is missing; a path without an extension is a route.
		if !ok && path.Ext(name) == "" {
			name = "index.html"
			if f, ok = all[name]; !ok {
				f, ok = all[placeholder]
			}
		}
		secure(w.Header())
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		send(w, r, name, f)
	})
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

func send(w http.ResponseWriter, r *http.Request, name string, f file) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Etag", f.etag)
	h.Set("Cache-Control", "no-cache")
	if hashed.MatchString(name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.packed
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		// A reader that went away is nobody's failure.
		_, _ = w.Write(body)
	}
}

// files reads all files of a build and packs those that shrink.
func files(build fs.FS) map[string]file {
	out := map[string]file{}
	// An embedded tree has no read errors; what cannot be read is not served.
	_ = fs.WalkDir(build, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(build, p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		f := file{body: body, kind: kindOf(p), etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		if ext := path.Ext(p); ext != ".woff2" && ext != ".png" {
			f.packed = pack(body)
		}
		out[p] = f
		return nil
	})
	return out
}

// kinds are those we ship; the tables of the machine differ.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json", ".png": "image/png", ".wasm": "application/wasm",
}

func kindOf(name string) string {
	if kind, ok := kinds[path.Ext(name)]; ok {
		return kind
	}
	return "application/octet-stream"
}

// pack compresses a body; nil when that saves nothing.
func pack(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(body); err != nil || z.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}
