package client

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"

	"crystalyse/internal/fault"
)

// Refusal is what the server answered instead of doing it. It wraps the fault.
type Refusal struct {
	Status      int
	RequestID   string
	DiscoveryID string // stored although the request failed
	fault       *fault.Error
}

func (r *Refusal) Error() string { return r.fault.Error() }

// Unwrap gives the fault as the server knows it.
func (r *Refusal) Unwrap() error { return r.fault }

// Stored gives the discovery that is stored although its start failed, or "".
func Stored(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.DiscoveryID
	}
	return ""
}

// codes gives a code to an answer that is not one of our problems: a proxy's.
var codes = map[int]fault.Code{
	http.StatusNotFound:              fault.CodeNotFound,
	http.StatusConflict:              fault.CodeConflict,
	http.StatusUnauthorized:          fault.CodeUnknown,
	http.StatusForbidden:             fault.CodeDenied,
	http.StatusTooManyRequests:       fault.CodeLimit,
	http.StatusBadGateway:            fault.CodeUnavailable,
	http.StatusServiceUnavailable:    fault.CodeUnavailable,
	http.StatusGatewayTimeout:        fault.CodeUnavailable,
	http.StatusRequestEntityTooLarge: fault.CodeInvalid,
}

func refusal(res *http.Response, body []byte) error {
	r := &Refusal{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id")}
	var p struct {
		Code        fault.Code `json:"code"`
		Field       string     `json:"field"`
		Detail      string     `json:"detail"`
		Hint        string     `json:"hint"`
		DiscoveryID string     `json:"discovery_id"`
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")) // an unreadable type is not our problem+json
	if kind == "application/problem+json" && json.Unmarshal(body, &p) == nil && p.Code != "" {
		r.DiscoveryID = p.DiscoveryID
		r.fault = &fault.Error{Code: p.Code, Field: p.Field, Message: p.Detail, Hint: p.Hint}
		if res.StatusCode == http.StatusRequestEntityTooLarge {
			r.fault.Code = fault.CodeInvalid // the same request will never fit
		}
		return r
	}
	code, ok := codes[res.StatusCode]
	if !ok {
		code = fault.CodeUnavailable
		if res.StatusCode < http.StatusInternalServerError {
			code = fault.CodeInvalid
		}
	}
	r.fault = fault.New(code, "the server answered %s", res.Status).WithHint("does something else listen at this address?")
	return r
}
