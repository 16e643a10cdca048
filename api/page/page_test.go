package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"crystalyse/api/page"
	"crystalyse/web"
)

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPacked(t *testing.T) {
	t.Parallel()
	h := page.New(fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html>page")},
		"assets/app-Ab12_x9Z.js": {Data: []byte(strings.Repeat("let a = 1;\n", 100))},
	})
	w := get(t, h, "/assets/app-Ab12_x9Z.js", "Accept-Encoding", "gzip, br")
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	require.Less(t, w.Body.Len(), 200)
	require.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
	plain := get(t, h, "/assets/app-Ab12_x9Z.js")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Equal(t, 1100, plain.Body.Len())
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	h := page.New(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>page")}})
	first := get(t, h, "/s/01J")
	require.Equal(t, http.StatusOK, first.Code)
	require.NotContains(t, first.Header().Get("Content-Security-Policy"), "unsafe")
	require.Equal(t, http.StatusNotModified, get(t, h, "/s/01J", "If-None-Match", first.Header().Get("Etag")).Code)
}

// A clone where nobody ran npm still gives a binary, and its page says what to do.
func TestNotBuilt(t *testing.T) {
	t.Parallel()
	h := page.New(fstest.MapFS{"placeholder.html": {Data: []byte("run make build")}})
	require.Contains(t, get(t, h, "/").Body.String(), "make build")
	require.Equal(t, http.StatusOK, get(t, page.New(web.Build()), "/").Code)
}
