package planner

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// The chat-completions wire, as far as a client of tools needs it.
type (
	chatRequest struct {
		Model         string    `json:"model"`
		Messages      []message `json:"messages"`
		Tools         []toolDef `json:"tools"`
		Stream        bool      `json:"stream"`
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	toolDef struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	message struct {
		Role       string          `json:"role"`
		Content    json.RawMessage `json:"content,omitempty"`
		ToolCalls  []toolCall      `json:"tool_calls,omitempty"`
		ToolCallID string          `json:"tool_call_id,omitempty"`
	}
	toolCall struct {
		Index    int          `json:"index"`
		ID       string       `json:"id"`
		Type     string       `json:"type"`
		Function functionCall `json:"function"`
	}
	functionCall struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	}
	usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Total      int `json:"total_tokens"`
	}
)

// text gives a message's content, a string or parts.
func (m message) text() string {
	var s string
	if json.Unmarshal(m.Content, &s) == nil {
		return s
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(m.Content, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		s += p.Text
	}
	return s
}

const maxBody = 16 << 20

// Handler serves POST /v1/chat/completions and GET /v1/models to holders of the
// key.
func Handler(key string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{"id": Model, "object": "model", "owned_by": "crystalyse"}}})
	})
	mux.HandleFunc("POST /v1/chat/completions", complete)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(key)) != 1 {
			fail(w, http.StatusUnauthorized, "the key is wrong")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// Serve starts the planner on a free loopback port, until ctx ends.
func Serve(ctx context.Context) (baseURL, key string, err error) {
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		return "", "", err
	}
	key = hex.EncodeToString(secret)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", fmt.Errorf("built-in planner: %w", err)
	}
	srv := &http.Server{Handler: Handler(key), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Close() // it holds nothing
	}()
	go func() { _ = srv.Serve(l) }() // it ends with ctx
	return "http://" + l.Addr().String() + "/v1", key, nil
}

func complete(w http.ResponseWriter, r *http.Request) {
	var req chatRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
		fail(w, http.StatusBadRequest, "the body is no chat-completions request: "+err.Error())
		return
	}
	tools := map[string]bool{}
	for _, t := range req.Tools {
		tools[t.Function.Name] = true
	}
	out := plan(req.Messages, tools)
	calls := wireCalls(out, len(req.Messages))
	u := count(req.Messages, out.text, calls)
	if req.Stream {
		stream(w, out.text, calls, u, req.StreamOptions.IncludeUsage)
		return
	}
	msg := map[string]any{"role": "assistant", "content": out.text}
	if len(calls) > 0 {
		msg["tool_calls"] = calls
	}
	respond(w, http.StatusOK, map[string]any{
		"id": "plan", "object": "chat.completion", "model": Model, "usage": u,
		"choices": []any{map[string]any{"index": 0, "message": msg, "finish_reason": finish(calls)}},
	})
}

func wireCalls(out reply, turn int) []toolCall {
	calls := make([]toolCall, len(out.calls))
	for i, c := range out.calls {
		args, err := json.Marshal(c.args)
		if err != nil {
			args = []byte("{}") // plain maps of strings and numbers: cannot happen
		}
		calls[i] = toolCall{Index: i, ID: fmt.Sprintf("call_%d_%d", turn, i), Type: "function", Function: functionCall{c.tool, string(args)}}
	}
	return calls
}

func finish(calls []toolCall) string {
	if len(calls) > 0 {
		return "tool_calls"
	}
	return "stop"
}

// count is about one token for four characters, the same for every request.
func count(messages []message, text string, calls []toolCall) usage {
	in, out := 0, len(text)
	for _, m := range messages {
		in += len(m.Content)
		for _, c := range m.ToolCalls {
			in += len(c.Function.Arguments)
		}
	}
	for _, c := range calls {
		out += len(c.Function.Name) + len(c.Function.Arguments)
	}
	u := usage{Prompt: in/4 + 1, Completion: out/4 + 1}
	u.Total = u.Prompt + u.Completion
	return u
}

// stream sends the reply word by word, then the calls, then the usage.
func stream(w http.ResponseWriter, text string, calls []toolCall, u usage, withUsage bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher, _ := w.(http.Flusher)
	send := func(choices []any, u *usage) {
		chunk := map[string]any{"id": "plan", "object": "chat.completion.chunk", "model": Model, "choices": choices}
		if u != nil {
			chunk["usage"] = u
		}
		body, err := json.Marshal(chunk)
		if err != nil {
			return // maps of strings: cannot happen
		}
		fmt.Fprintf(w, "data: %s\n\n", body)
		if flusher != nil {
			flusher.Flush()
		}
	}
	delta := func(d map[string]any, finish any) []any {
		return []any{map[string]any{"index": 0, "delta": d, "finish_reason": finish}}
	}
	for _, piece := range pieces(text) {
		send(delta(map[string]any{"content": piece}, nil), nil)
	}
	for _, c := range calls {
		send(delta(map[string]any{"tool_calls": []toolCall{c}}, nil), nil)
	}
	send(delta(map[string]any{}, finish(calls)), nil)
	if withUsage {
		send([]any{}, &u)
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// pieces cuts a text after every few words.
func pieces(text string) []string {
	words := strings.SplitAfter(text, " ")
	var out []string
	for i := 0; i < len(words); i += 4 {
		out = append(out, strings.Join(words[i:min(i+4, len(words))], ""))
	}
	return out
}

func respond(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone
}

func fail(w http.ResponseWriter, status int, msg string) {
	respond(w, status, map[string]any{"error": map[string]any{"message": msg, "type": "invalid_request_error"}})
}
