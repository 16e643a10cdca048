package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
)

// Problem is an error on the wire (RFC 9457) with our additions: the fault's
// code, the field it is about, the next step, and the id to find it in the log.
type Problem struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Status      int    `json:"status"`
	Detail      string `json:"detail"`
	Code        string `json:"code"`
	Field       string `json:"field,omitempty"`
	Hint        string `json:"hint,omitempty"`
	RequestID   string `json:"request_id"`
	DiscoveryID string `json:"discovery_id,omitempty"` // what was stored although the answer is an error
}

// statuses maps a fault's code; an HTTP error carries its own.
var statuses = map[fault.Code]int{
	fault.CodeInvalid:     http.StatusUnprocessableEntity,
	fault.CodeNotFound:    http.StatusNotFound,
	fault.CodeConflict:    http.StatusConflict,
	fault.CodeUnknown:     http.StatusUnauthorized,
	fault.CodeDenied:      http.StatusForbidden,
	fault.CodeUnavailable: http.StatusServiceUnavailable,
	fault.CodeLimit:       http.StatusTooManyRequests,
	fault.CodeInternal:    http.StatusInternalServerError,
}

// httpError is a fault whose HTTP status says more than its code does.
type httpError struct {
	status int
	cause  *fault.Error
}

func (e *httpError) Error() string { return e.cause.Error() }

func (e *httpError) Unwrap() error { return e.cause }

// storedError says that a discovery is stored although it did not start.
type storedError struct {
	discoveryID string
	cause       error
}

func (e *storedError) Error() string {
	return "discovery " + e.discoveryID + " is stored but not started: " + e.cause.Error()
}

func (e *storedError) Unwrap() error { return e.cause }

// problemOf maps any error, once, to what its caller may read. Text that is not
// a fault's own message stays in the log.
func problemOf(err error) Problem {
	p := Problem{Type: "about:blank", Status: http.StatusInternalServerError, Code: string(fault.CodeInternal),
		Detail: "something went wrong on our side", Hint: "try again; if it stays, look for the request_id in the log of the API"}
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.CodeInternal {
		p.Status, p.Code, p.Detail, p.Field, p.Hint = statuses[f.Code], string(f.Code), f.Told(), f.Field, fault.Hint(err)
		if p.Status == 0 {
			p.Status = http.StatusInternalServerError
		}
	}
	var h *httpError
	if errors.As(err, &h) {
		p.Status = h.status
	}
	var stored *storedError
	if errors.As(err, &stored) {
		p.DiscoveryID = stored.discoveryID
		p.Detail = "the discovery is stored and will start when the workflow engine is back"
		p.Hint = "nothing is lost: wait, or send the same request with the same request id again"
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// fail writes an error. A caller who is gone gets nothing and is no failure.
func (s *server) fail(c *gin.Context, err error) {
	c.Abort()
	r := c.Request
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	p := problemOf(err)
	p.RequestID = requestID(c)
	level := slog.LevelDebug
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Logger.Log(r.Context(), level, "request failed", "method", r.Method, "path", r.URL.Path,
		"status", p.Status, "code", p.Code, "request_id", p.RequestID, "error", err)
	if c.Writer.Written() {
		return // too late for a status; the connection's end tells the caller
	}
	body, merr := json.Marshal(p)
	if merr != nil {
		body = []byte(`{"type":"about:blank","status":500}`)
	}
	if p.Status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="crystalyse"`)
	}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		c.Header("Retry-After", "2")
	}
	c.Data(p.Status, "application/problem+json", body)
}

// noRoute hands what is not the API's to the page.
func (s *server) noRoute(c *gin.Context) error {
	path := c.Request.URL.Path
	if s.Page != nil && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/ws/") && (c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead) {
		c.Status(http.StatusOK) // gin comes here with a 404 set
		s.Page.ServeHTTP(c.Writer, c.Request)
		return nil
	}
	return fault.New(fault.CodeNotFound, "there is nothing at this path").WithHint("the API lives under /api/v1")
}

func noMethod(c *gin.Context) error {
	return &httpError{http.StatusMethodNotAllowed, fault.New(fault.CodeInvalid, "%s is not possible here", c.Request.Method).
		WithHint("use one of: %s", c.Writer.Header().Get("Allow"))}
}
