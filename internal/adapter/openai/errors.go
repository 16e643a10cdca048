package openai

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"crystalyse/internal/llm"
)

// headerKeeper remembers what the library drops: Retry-After and the type of
// the answer.
type headerKeeper struct{ next http.RoundTripper }

type seenKey struct{}

type seen struct {
	mu          sync.Mutex
	retryAfter  string
	contentType string
}

func (h *headerKeeper) watch(ctx context.Context) (context.Context, *seen) {
	s := &seen{}
	return context.WithValue(ctx, seenKey{}, s), s
}

// RoundTrip notes the headers for the request's turn.
func (h *headerKeeper) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(r)
	if s, ok := r.Context().Value(seenKey{}).(*seen); ok && resp != nil {
		s.mu.Lock()
		s.retryAfter, s.contentType = resp.Header.Get("Retry-After"), resp.Header.Get("Content-Type")
		s.mu.Unlock()
	}
	return resp, err
}

func (s *seen) html() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.HasPrefix(strings.ToLower(s.contentType), "text/html")
}

// maxRetryAfter bounds what a provider may make us wait.
const maxRetryAfter = 10 * time.Minute

func (s *seen) wait(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := time.Duration(0)
	if n, err := strconv.ParseFloat(s.retryAfter, 64); err == nil && n > 0 {
		d = time.Duration(min(n, maxRetryAfter.Seconds()) * float64(time.Second))
	} else if t, err := http.ParseTime(s.retryAfter); err == nil {
		d = t.Sub(now)
	}
	return max(0, min(d, maxRetryAfter))
}

// failure gives an error its kind. Nothing of the request travels with it: a
// provider may echo the key.
func (m *Model) failure(ctx context.Context, err error, s *seen) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return &llm.Error{Kind: llm.ErrTransient, Message: "the language model sent nothing for " + m.cfg.IdleTimeout.String()}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	status, code, text := 0, "", ""
	var api *openai.APIError
	var req *openai.RequestError
	switch {
	case errors.As(err, &api):
		status, text = api.HTTPStatusCode, api.Message
		code, _ = api.Code.(string)
	case errors.As(err, &req):
		status = req.HTTPStatusCode
	}
	if s.html() {
		return m.htmlError(nil)
	}
	return m.byStatus(status, code, m.redact(text), s)
}

// tooLong is how providers and local servers say that a conversation does not
// fit: OpenAI, vLLM, llama.cpp, Anthropic's and Mistral's gateways, LM Studio.
var tooLong = regexp.MustCompile(`context[_ ](?:length|window|size)|maximum context|exceeds? the (?:available )?context|(?:prompt|input|conversation|request)(?: is)? too (?:long|large)|too many (?:input )?tokens|reduce the length|maximum (?:input|prompt) length`)

func (m *Model) byStatus(status int, code, text string, s *seen) error {
	lower, n := strings.ToLower(code+" "+text), m.cfg.Names
	switch {
	case status < 500 && status != http.StatusTooManyRequests && tooLong.MatchString(lower) || status == http.StatusRequestEntityTooLarge:
		return &llm.Error{Kind: llm.ErrContextTooLong, Message: "the conversation is too long for this model", Said: text, Hint: "ask in a new session, or use a model with a longer context"}
	case strings.Contains(lower, "content_filter") || strings.Contains(lower, "content_policy"):
		return &llm.Error{Kind: llm.ErrContentFiltered, Message: "the provider refuses the content", Said: text, Hint: "word the question differently"}
	case status == http.StatusTooManyRequests && strings.Contains(lower, "insufficient_quota"):
		return &llm.Error{Kind: llm.ErrAuth, Message: "the account of " + n.Key + " has no quota left", Said: text, Hint: "check the provider's billing page, or " + n.Without}
	case status == http.StatusTooManyRequests:
		return &llm.Error{Kind: llm.ErrRateLimited, Message: "the language model's rate limit is reached", RetryAfter: s.wait(time.Now())}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &llm.Error{Kind: llm.ErrAuth, Message: "the language model's provider refuses " + n.Key, Hint: "check " + n.Key + ", or " + n.Without + "; then retry the step"}
	case status == http.StatusNotFound:
		return &llm.Error{Kind: llm.ErrBadRequest, Message: "the provider has no model " + strconv.Quote(m.cfg.Identity.Model) + " at this address", Said: text, Hint: "check " + n.Model + " and " + n.BaseURL + " (it usually ends in /v1)"}
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusConflict:
		return &llm.Error{Kind: llm.ErrTransient, Message: "the language model's provider answers " + strconv.Itoa(status), RetryAfter: s.wait(time.Now())}
	case status >= 400:
		return &llm.Error{Kind: llm.ErrBadRequest, Message: "the language model's provider refuses the request (" + strconv.Itoa(status) + ")", Said: text, Hint: "check " + n.Model + ": it must support tools"}
	}
	return &llm.Error{Kind: llm.ErrTransient, Message: "the language model cannot be reached, or its stream broke", Hint: "check " + n.BaseURL + " and the network"}
}

func (m *Model) htmlError(err error) error {
	return &llm.Error{Kind: llm.ErrBadRequest, Message: m.cfg.Names.BaseURL + " answers a web page, not the chat-completions API",
		Hint: "it usually ends in /v1; check " + m.cfg.Names.BaseURL, Err: err}
}

// redact keeps the key, and anything that looks like one, out of messages.
func (m *Model) redact(s string) string {
	if k := m.cfg.APIKey; len(k) > 3 {
		s = strings.ReplaceAll(s, k, "***")
	}
	words := strings.Fields(s)
	for i, w := range words {
		if strings.HasPrefix(strings.Trim(w, `"'.,:`), "sk-") {
			words[i] = "***"
		}
	}
	r := []rune(strings.Join(words, " "))
	return string(r[:min(len(r), 300)])
}
