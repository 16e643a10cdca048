package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/llm"
)

const key = "sk-very-secret"

// serve gives a model whose patience no busy machine exceeds.
func serve(t *testing.T, h http.HandlerFunc) *openai.Model {
	t.Helper()
	return patient(t, time.Minute, h)
}

func patient(t *testing.T, idle time.Duration, h http.HandlerFunc) *openai.Model {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return openai.New(openai.Config{BaseURL: srv.URL + "/v1", APIKey: key, Identity: llm.Identity{Model: "m"}, IdleTimeout: idle})
}

func stream(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, body)
	}
}

func ask(m *openai.Model) (llm.Turn, string, error) {
	var text strings.Builder
	turn, err := m.Turn(context.Background(), llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Content: "hello"}}}, func(s string) { text.WriteString(s) })
	return turn, text.String(), err
}

func kind(t *testing.T, err error) llm.ErrorKind {
	t.Helper()
	var e *llm.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.NotContains(t, err.Error(), key)
	require.NotContains(t, e.Hint, key)
	return e.Kind
}

const whole = `data: {"choices":[{"index":0,"delta":{"content":"Häl"}}]}

data: {"choices":[{"index":0,"delta":{"content":"lo ₂"}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}

data: [DONE]

`

func TestWholeStream(t *testing.T) {
	t.Parallel()
	turn, text, err := ask(serve(t, stream(whole)))
	require.NoError(t, err)
	require.Equal(t, "Hällo ₂", text)
	require.Equal(t, text, turn.Text)
	require.Equal(t, []llm.ToolCall{{ID: "a", Name: "f", Arguments: `{"x":1}`}, {ID: "b", Name: "g", Arguments: "{}"}}, turn.ToolCalls)
	require.Equal(t, llm.Usage{TokensIn: 7, TokensOut: 3}, turn.Usage)
}

// TestCutAnywhere: a stream cut at any byte is either the whole turn or a
// retryable error, never a shorter turn.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	cut := 0
	m := serve(t, func(w http.ResponseWriter, r *http.Request) { stream(whole[:cut])(w, r) })
	finished := strings.Index(whole, `"finish_reason":"tool_calls"`)
	for cut = range len(whole) {
		turn, _, err := ask(m)
		if err == nil {
			require.Greater(t, cut, finished, "a turn was taken before it was finished")
			require.Len(t, turn.ToolCalls, 2)
			require.Equal(t, "Hällo ₂", turn.Text)
			continue
		}
		var e *llm.Error
		require.True(t, errors.As(err, &e))
		require.True(t, e.Retryable(), "cut at %d: %v", cut, err)
	}
}

func TestOddStreams(t *testing.T) {
	t.Parallel()
	end := "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"
	call := func(s string) string {
		return `data: {"choices":[{"index":0,"delta":{"tool_calls":[` + s + "]}}]}\n\n"
	}
	turn, _, err := ask(serve(t, stream(call(`{"id":"x","function":{"name":"f","arguments":"{"}}`)+call(`{"id":"x","function":{"arguments":"}"}}`)+call(`{"id":"b","function":{"name":"g","arguments":"[]"}}`)+end)))
	require.NoError(t, err, "calls without an index")
	require.Equal(t, []llm.ToolCall{{ID: "x", Name: "f", Arguments: "{}"}, {ID: "b", Name: "g", Arguments: "[]"}}, turn.ToolCalls, "in the order in which they came")
	require.True(t, turn.Usage.Estimated)

	turn, _, err = ask(serve(t, stream(call(`{"index":0,"id":"same","function":{"name":"f","arguments":"{broken"}}`)+call(`{"index":1,"id":"same","function":{"name":"f","arguments":"{}"}}`)+end)))
	require.NoError(t, err, "duplicate ids and malformed arguments")
	require.NotEqual(t, turn.ToolCalls[0].ID, turn.ToolCalls[1].ID)
	require.Equal(t, "{broken", turn.ToolCalls[0].Arguments)

	turn, _, err = ask(serve(t, stream(strings.Repeat(": ping\n\n", 600)+`data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")))
	require.NoError(t, err, "keep-alives")
	require.Equal(t, "hi", turn.Text)

	_, _, err = ask(serve(t, stream("data: [DONE]\n\n")))
	require.Equal(t, llm.ErrTruncatedStream, kind(t, err))
	_, _, err = ask(serve(t, stream(`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")))
	require.Equal(t, llm.ErrTransient, kind(t, err))
	_, _, err = ask(serve(t, stream(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"content_filter"}]}`+"\n\n")))
	require.Equal(t, llm.ErrContentFiltered, kind(t, err))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		body       string
		header     [2]string
		kind       llm.ErrorKind
		word       string
		retryAfter time.Duration
	}{
		{status: 401, body: `{"error":{"message":"Incorrect API key provided: ` + key + `"}}`, kind: llm.ErrAuth, word: "OPENAI_API_KEY"},
		{status: 403, body: `{}`, kind: llm.ErrAuth},
		{status: 404, body: `{"error":{"message":"no such model"}}`, kind: llm.ErrBadRequest, word: "CRYSTALYSE_MODEL"},
		{status: 400, body: `{"error":{"message":"This model's maximum context length is 10","code":"context_length_exceeded"}}`, kind: llm.ErrContextTooLong},
		{status: 400, body: `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}`, kind: llm.ErrContextTooLong},
		{status: 400, body: `{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, kind: llm.ErrContextTooLong},
		{status: 413, body: `{"error":{"message":"payload"}}`, kind: llm.ErrContextTooLong},
		{status: 429, body: `{"error":{"message":"Request too large for model in organization on tokens per min"}}`, kind: llm.ErrRateLimited},
		{status: 400, body: `{"error":{"message":"bad tools"}}`, kind: llm.ErrBadRequest},
		{status: 429, body: `{"error":{"message":"slow down"}}`, header: [2]string{"Retry-After", "7"}, kind: llm.ErrRateLimited, retryAfter: 7 * time.Second},
		{status: 429, body: `{"error":{"message":"x","code":"insufficient_quota"}}`, kind: llm.ErrAuth},
		{status: 500, body: `oops`, kind: llm.ErrTransient},
		{status: 503, body: `{}`, header: [2]string{"Retry-After", "99999999"}, kind: llm.ErrTransient, retryAfter: 10 * time.Minute},
		{status: 200, body: `<!DOCTYPE html><html></html>`, header: [2]string{"Content-Type", "text/html; charset=utf-8"}, kind: llm.ErrBadRequest, word: "OPENAI_BASE_URL"},
	} {
		_, _, err := ask(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.header[0] != "" {
				w.Header().Set(c.header[0], c.header[1])
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		require.Equal(t, c.kind, kind(t, err), "%d %s", c.status, c.body)
		var e *llm.Error
		require.True(t, errors.As(err, &e))
		require.Equal(t, c.retryAfter, e.RetryAfter)
		require.Contains(t, e.Message+e.Hint, c.word)
	}
}

func TestSilenceAndCancel(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	silent := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		select {
		case <-block:
		case <-r.Context().Done():
		}
	}
	_, _, err := ask(patient(t, 50*time.Millisecond, silent))
	require.Equal(t, llm.ErrTransient, kind(t, err))

	ctx, cancel := context.WithCancel(t.Context())
	m := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); silent(w, r) })
	_, err = m.Turn(ctx, llm.Request{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	m := openai.New(openai.Config{BaseURL: "http://127.0.0.1:1/v1", APIKey: key, Identity: llm.Identity{Model: "m"}})
	_, _, err := ask(m)
	require.Equal(t, llm.ErrTransient, kind(t, err))
}
