package rest

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

const (
	headerRequestID = "X-Request-Id"
	keyRequestID    = "request_id"

	// MaxBody is the longest body a request may have, in bytes.
	MaxBody = 1 << 20
)

// identify gives the request its id and writes the access log. Query strings
// are left out of it: they may carry what a user would not want in a log.
func (s *server) identify(c *gin.Context) {
	rid := c.GetHeader(headerRequestID)
	if !id.IsRequest(rid) {
		rid = id.New()
	}
	c.Set(keyRequestID, rid)
	c.Header(headerRequestID, rid)
	began := s.Now()
	c.Next()
	s.Logger.InfoContext(c.Request.Context(), "request", "method", c.Request.Method, "path", c.Request.URL.Path,
		"route", c.FullPath(), "status", c.Writer.Status(), "bytes", c.Writer.Size(),
		"duration_s", s.Now().Sub(began).Seconds(), "request_id", rid)
}

func requestID(c *gin.Context) string { return c.GetString(keyRequestID) }

// recover turns a panic of a handler into a 500; the stack goes to the log.
func (s *server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v) // net/http's own way to cut a connection
		}
		s.Logger.ErrorContext(c.Request.Context(), "panic in a handler", "panic", fmt.Sprint(v),
			"stack", string(debug.Stack()), "request_id", requestID(c))
		s.fail(c, fault.New(fault.CodeInternal, "panic: %v", v))
	}()
	c.Next()
}

// secure sets the headers that keep a browser from doing more with an answer
// than reading it. The answers are data, never pages.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// count notes that somebody uses the API, for the stack that stops when idle.
func (s *server) count(c *gin.Context) {
	s.idle.begin()
	defer s.idle.end()
	c.Next()
}

// limitBody refuses a body that says it is too long at once, and cuts one that
// does not say.
func (s *server) limitBody(c *gin.Context) {
	if c.Request.ContentLength > MaxBody {
		c.Header("Connection", "close") // the rest of the body is not read
		s.fail(c, tooLong())
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
	c.Next()
}

func tooLong() error {
	return &httpError{http.StatusRequestEntityTooLarge, fault.New(fault.CodeLimit, "the body is longer than %d bytes", MaxBody)}
}
