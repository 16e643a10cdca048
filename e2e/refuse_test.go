package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// refusing is an endpoint that refuses every key.
func refusing(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"message":"Incorrect API key provided: sk-wrong-key","code":"invalid_api_key"}}`))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
