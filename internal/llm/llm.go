// Package llm is the language model as the workflow sees it: a transcript in,
// one streamed turn out. The built-in planner and every OpenAI-compatible
// endpoint stand behind the same port.
package llm

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"crystalyse/internal/fault"
)

// Role says who speaks.
type Role string

// The roles of a transcript.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one entry of a transcript.
type Message struct {
	Role       Role       `json:"role"`
	Content    string     `json:"content"`
	ToolCalls  []ToolCall `json:"tool_calls,omitempty"`   // assistant
	ToolCallID string     `json:"tool_call_id,omitempty"` // tool: the provider's id it answers
	Name       string     `json:"name,omitempty"`         // tool: the tool's name
}

// ToolCall is what a model asks for. ID is the provider's; Arguments is the
// JSON text as the model wrote it, which may be malformed.
type ToolCall struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Tool is a tool as offered to a model.
type Tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

// Request is one turn to be made.
type Request struct {
	Messages  []Message
	Tools     []Tool
	MaxTokens int // 0: the provider's own limit
}

// Usage counts tokens. Estimated is true when the provider gave no usage and
// the count is ours (about four characters a token).
type Usage struct {
	TokensIn  int64 `json:"tokens_in"`
	TokensOut int64 `json:"tokens_out"`
	Estimated bool  `json:"estimated,omitempty"`
}

// Turn is a complete reply.
type Turn struct {
	Text         string     `json:"text"`
	ToolCalls    []ToolCall `json:"tool_calls"`
	FinishReason string     `json:"finish_reason"` // stop | tool_calls | length | content_filter
	Usage        Usage      `json:"usage"`
	Model        string     `json:"model"` // as the provider names it
}

// Identity says who answers, for reports and screens.
type Identity struct {
	Name     string `json:"name"`
	Model    string `json:"model"`
	Provider string `json:"provider"`
}

// Model makes turns.
type Model interface {
	// Turn streams one reply; onText gets each piece of text as it comes, from
	// one goroutine. The error is an *Error.
	Turn(ctx context.Context, req Request, onText func(string)) (Turn, error)
	// Identity says who answers.
	Identity() Identity
}

// ErrorKind says what a failed turn needs.
type ErrorKind string

// The kinds of failure of a turn.
const (
	ErrRateLimited     ErrorKind = "LLMRateLimited"     // retry after RetryAfter
	ErrTransient       ErrorKind = "LLMTransient"       // retry
	ErrTruncatedStream ErrorKind = "LLMTruncatedStream" // retry: the stream ended early
	ErrBadRequest      ErrorKind = "LLMBadRequest"      // never retried
	ErrAuth            ErrorKind = "LLMAuth"            // never retried: the operator acts
	ErrContextTooLong  ErrorKind = "ContextTooLong"     // compact, then retry
	ErrContentFiltered ErrorKind = "ContentFiltered"    // told to the user
)

// Error is a failed turn. Message, Said and Hint are safe to show: no key, no body.
type Error struct {
	Kind       ErrorKind
	Message    string
	Said       string // by the provider, in its own words, which may quote what it was sent; "" when nothing
	Hint       string
	RetryAfter time.Duration // 0 when the provider named none
	Err        error
}

// Error gives the message, what the provider said, and the cause.
func (e *Error) Error() string {
	s := e.Message
	if e.Said != "" {
		s += ": " + e.Said
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// LogValue leaves out what the provider said, which may quote a user.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Message) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether trying the same turn again may help.
func (e *Error) Retryable() bool {
	return e.Kind == ErrRateLimited || e.Kind == ErrTransient || e.Kind == ErrTruncatedStream
}

// CodeOf names a failure for counters and traces: the kind of the first *Error in
// the chain, else the code of the fault; "" for nil.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return string(e.Kind)
	}
	return string(fault.CodeOf(err))
}
