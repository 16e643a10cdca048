package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/webhook"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	var got discovery.Ended
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get(webhook.HeaderSignature) != "sha256="+webhook.Sign("s3cret", r.Header.Get(webhook.HeaderTimestamp), body) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.Unmarshal(body, &got)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	e := discovery.Ended{DeliveryID: "d1", DiscoveryID: "disc-1", Status: discovery.StatusCompleted}
	require.NoError(t, webhook.New(srv.URL, "s3cret").Ended(t.Context(), e))
	require.Equal(t, e, got)
	require.True(t, fault.Is(webhook.New(srv.URL, "wrong").Ended(t.Context(), e), fault.CodeInvalid), "refused for good")
	status = http.StatusBadGateway
	require.True(t, fault.Is(webhook.New(srv.URL, "s3cret").Ended(t.Context(), e), fault.CodeUnavailable), "tried again")
	err := webhook.New("http://127.0.0.1:1/token-in-the-path", "").Ended(t.Context(), e)
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	require.False(t, strings.Contains(err.Error(), "token-in-the-path"))
}
