// Package client speaks our REST API in Go: the terminal and tests use it.
//
// Every failure is a fault: what the server refused keeps its code, field and
// hint; what could not be reached is fault.CodeUnavailable. Requests that are
// safe to repeat are repeated while the server restarts, with full jitter, so
// that a hundred readers do not come back in the same millisecond.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"crystalyse/internal/fault"
)

// Options says where the server is. Only Base is required.
type Options struct {
	// Base is the server's address, like http://127.0.0.1:8000.
	Base string
	// Token is sent as a bearer token when it is not "".
	Token string
	// Locate gives the address again when the server stopped answering: an
	// embedded stack that restarts may come back on another port. Nil means
	// that the address stays.
	Locate func(ctx context.Context) (string, error)
	// Patience is how long a server may be away before Follow gives up; other
	// requests do so after 20 seconds at most. Defaults to 5 minutes.
	Patience time.Duration
	// Pause waits between two tries. Defaults to a timer; tests set it.
	Pause func(ctx context.Context, d time.Duration) error
	// Transport defaults to one that dials within 3 seconds.
	Transport http.RoundTripper
}

// Client is safe for concurrent use.
type Client struct {
	opts Options
	http *http.Client

	mu   sync.Mutex
	base string // guarded by mu
}

const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	shortCall  = 30 * time.Second // longest a plain request may take
	toolCall   = time.Minute      // longest one that a tool answers may take
	shortWait  = 20 * time.Second // longest a plain request is repeated
	maxBody    = 256 << 20
)

// New gives a client.
func New(o Options) *Client {
	if o.Patience <= 0 {
		o.Patience = 5 * time.Minute
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     time.Minute,
		}
	}
	return &Client{opts: o, http: &http.Client{Transport: o.Transport}, base: strings.TrimRight(o.Base, "/")}
}

// Base gives the address in use.
func (c *Client) Base() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// request is one exchange.
type request struct {
	method, path string
	query        url.Values
	body         any           // sent as JSON when not nil
	key          string        // Idempotency-Key
	within       time.Duration // longest one try may take; 0 is shortCall
}

// send makes one try and gives the body of a successful answer.
func (c *Client) send(ctx context.Context, r request, within time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if cerr := res.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if res.StatusCode >= 300 {
		return nil, refusal(res, body)
	}
	return body, nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	u := c.Base() + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, body)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "%q is not an address", c.Base())
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.opts.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.opts.Token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	return req, nil
}

func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() == context.Canceled {
		return ctx.Err()
	}
	return fault.Wrap(fault.CodeUnavailable, err, "CrystaLyse does not answer at %s", c.Base()).
		WithHint("see `crystalyse doctor`, or start it with `crystalyse up`")
}

// passing reports whether the same request may succeed later.
func passing(err error) bool {
	switch fault.CodeOf(err) {
	case fault.CodeUnavailable, fault.CodeLimit:
		return true
	}
	return false
}

// backoff counts failed tries in a row.
type backoff struct {
	c        *Client
	patience time.Duration
	tries    int
	spent    time.Duration
}

// next waits before another try; it gives the failure back when patience ends.
// The pause is drawn between zero and a growing ceiling (full jitter).
func (b *backoff) next(ctx context.Context, failure error) error {
	if !passing(failure) || ctx.Err() != nil || b.spent >= b.patience {
		return failure
	}
	ceiling := min(lastPause, firstPause<<min(b.tries, 10))
	b.tries++
	d := time.Duration(rand.Int64N(int64(ceiling)) + 1)
	b.spent += d
	if err := b.c.opts.Pause(ctx, d); err != nil {
		return err
	}
	b.c.relocate(ctx)
	return nil
}

// relocate asks where the server is now; an answer that fails changes nothing.
func (c *Client) relocate(ctx context.Context) {
	if c.opts.Locate == nil {
		return
	}
	if base, err := c.opts.Locate(ctx); err == nil && base != "" {
		c.mu.Lock()
		c.base = strings.TrimRight(base, "/")
		c.mu.Unlock()
	}
}

// repeat sends a request that is safe to repeat until it is answered.
func (c *Client) repeat(ctx context.Context, r request) ([]byte, error) {
	b := backoff{c: c, patience: min(c.opts.Patience, shortWait)}
	within := shortCall
	if r.within > 0 {
		within = r.within
	}
	for {
		body, err := c.send(ctx, r, within)
		if err == nil {
			return body, nil
		}
		if err := b.next(ctx, err); err != nil {
			return nil, err
		}
	}
}

// get decodes the answer of a GET into T.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return exchange[T](ctx, c, request{method: http.MethodGet, path: path, query: query})
}

func exchange[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	body, err := c.repeat(ctx, r)
	if err != nil {
		return out, err
	}
	return out, decode(body, &out)
}

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "the answer is not what this version of CrystaLyse expects").
			WithHint("does something else listen at this address?")
	}
	return nil
}
