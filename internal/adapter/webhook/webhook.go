// Package webhook tells another program that a discovery has ended.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// Headers of a delivery. The signature is the hex HMAC-SHA256 of
// "<timestamp>.<body>" under the shared secret.
const (
	HeaderID        = "X-Crystalyse-Delivery"
	HeaderTimestamp = "X-Crystalyse-Timestamp"
	HeaderSignature = "X-Crystalyse-Signature"
)

// Hook posts ends of discoveries to one address. It retries nothing: whoever
// calls it does.
type Hook struct {
	url    string
	secret string
	client *http.Client
	now    func() time.Time
}

var _ discovery.Notifier = (*Hook)(nil)

// New gives a hook; secret "" leaves deliveries unsigned.
func New(url, secret string) *Hook {
	// A receiver that redirects is told apart, not followed: the body would be lost.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Hook{url: url, secret: secret, client: &http.Client{Timeout: 15 * time.Second, CheckRedirect: stay}, now: time.Now}
}

// Ended posts the end of a discovery. The address is in no error: it may hold a
// token.
func (h *Hook) Ended(ctx context.Context, e discovery.Ended) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.CodeInvalid, "the webhook address cannot be used").WithHint("check CRYSTALYSE_WEBHOOK_URL")
	}
	stamp := strconv.FormatInt(h.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderID, e.DeliveryID)
	req.Header.Set(HeaderTimestamp, stamp)
	if h.secret != "" {
		req.Header.Set(HeaderSignature, "sha256="+Sign(h.secret, stamp, body))
	}
	res, err := h.client.Do(req)
	if err != nil {
		return fault.New(fault.CodeUnavailable, "the webhook does not answer")
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // only lets the connection be used again
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusRequestTimeout || res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return fault.New(fault.CodeUnavailable, "the webhook answered %s", res.Status)
	}
	return fault.New(fault.CodeInvalid, "the webhook refused with %s", res.Status).WithHint("check CRYSTALYSE_WEBHOOK_URL and what listens there")
}

// Sign gives the signature of a delivery; receivers compute the same.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
