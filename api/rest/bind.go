package rest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// bind reads a JSON body strictly: a field nobody knows is an error that names
// it, so that a misspelled limit never means "no limit".
func bind(c *gin.Context, into any) error {
	kind, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/json" || (params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8")) {
		return &httpError{http.StatusUnsupportedMediaType, fault.Invalid("Content-Type", "must be application/json")}
	}
	body, err := io.ReadAll(c.Request.Body)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return tooLong()
	case err != nil:
		return fault.Wrap(fault.CodeInvalid, err, "the body could not be read to its end")
	case !utf8.Valid(body):
		return fault.Invalid("body", "is not valid UTF-8")
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return jsonFault(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault.Invalid("body", "has more than one JSON value")
	}
	return nil
}

// spelled gives a field as the sender wrote it: encoding/json puts the names of
// the structs that it is embedded in before it.
func spelled(path string) string {
	for {
		head, rest, nested := strings.Cut(path, ".")
		if !nested || head == "" || head[0] < 'A' || head[0] > 'Z' {
			return path
		}
		path = rest
	}
}

// jsonFault names the field that a decoding error is about.
func jsonFault(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		field := spelled(kind.Field)
		if field == "" {
			field = "body"
		}
		return fault.Invalid(field, "must be %s, not %s", jsonName(kind.Type.Kind().String()), kind.Value)
	}
	// encoding/json has no type for this error, only its text.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if plain, uerr := strconv.Unquote(name); uerr == nil {
			name = plain
		}
		return fault.Invalid(clip(name, 100), "is not a known field")
	}
	if errors.Is(err, io.EOF) {
		return fault.Invalid("body", "is empty").WithHint("send a JSON object")
	}
	return &fault.Error{Code: fault.CodeInvalid, Field: "body", Message: "is not valid JSON", Err: err}
}

// jsonName gives the JSON word for a Go kind.
func jsonName(kind string) string {
	switch {
	case kind == "string":
		return "a string"
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	}
	return "an object"
}

// requestKey gives the caller's deduplication key: the Idempotency-Key header
// or the body's request_id. Without one the request is its own.
func requestKey(c *gin.Context, inBody string) (string, error) {
	key, field := c.GetHeader("Idempotency-Key"), "Idempotency-Key"
	switch {
	case key == "":
		key, field = inBody, "request_id"
	case inBody != "" && inBody != key:
		return "", fault.Invalid("request_id", "differs from the Idempotency-Key header").WithHint("send one of them")
	}
	if key == "" {
		return id.New(), nil
	}
	if !id.IsRequest(key) {
		return "", fault.Invalid(field, id.RequestRule)
	}
	return key, nil
}

// number reads a whole number of the query string.
func number(c *gin.Context, name string, def, least, most int64) (int64, error) {
	s := c.Query(name)
	if s == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fault.Invalid(name, "must be a whole number from %d to %d", least, most)
	}
	return n, nil
}
