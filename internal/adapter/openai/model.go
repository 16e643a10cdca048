// Package openai speaks to any OpenAI-compatible chat-completions endpoint. It
// streams, checks that a reply is whole, and retries nothing: the workflow
// engine does.
package openai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"crystalyse/internal/llm"
)

// Config says which endpoint, and who answers there.
type Config struct {
	BaseURL  string // ends in /v1
	APIKey   string
	Identity llm.Identity
	// Names are what messages call the settings; default the variables of an operator.
	Names Names
	// IdleTimeout ends a stream that sends nothing for so long; default 60 s.
	IdleTimeout time.Duration
	// Transport is for tests; default http.DefaultTransport.
	Transport http.RoundTripper
}

// Names are what a setting is called where it was made.
type Names struct {
	Key, BaseURL, Model string
	Without             string // how to do without the model
}

// operatorNames are the variables that an operator sets.
var operatorNames = Names{Key: "OPENAI_API_KEY", BaseURL: "OPENAI_BASE_URL", Model: "CRYSTALYSE_MODEL", Without: "unset OPENAI_API_KEY to use the built-in planner"}

// Model is an llm.Model over the wire.
type Model struct {
	cfg    Config
	client *openai.Client
	wire   *headerKeeper
}

var _ llm.Model = (*Model)(nil)

// keepAlives is how many empty lines a slow provider may send in a row.
const keepAlives = 100_000

// New gives a model of the endpoint; it does not connect yet.
func New(cfg Config) *Model {
	if cfg.IdleTimeout <= 0 {
		cfg.IdleTimeout = time.Minute
	}
	if cfg.Names == (Names{}) {
		cfg.Names = operatorNames
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	wire := &headerKeeper{next: cfg.Transport}
	c := openai.DefaultConfig(cfg.APIKey)
	c.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	// No timeout: turns are long, the watchdog bounds silence. No redirects: the
	// conversation and the key go to the address that was named and nowhere else.
	c.HTTPClient = &http.Client{Transport: wire, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.EmptyMessagesLimit = keepAlives
	return &Model{cfg: cfg, client: openai.NewClientWithConfig(c), wire: wire}
}

// Identity says who answers.
func (m *Model) Identity() llm.Identity { return m.cfg.Identity }

// Turn streams one reply.
func (m *Model) Turn(ctx context.Context, req llm.Request, onText func(string)) (turn llm.Turn, err error) {
	ctx, span := m.begin(ctx, req)
	defer func() { end(span, turn, err) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx, seen := m.wire.watch(ctx)
	watchdog := time.AfterFunc(m.cfg.IdleTimeout, func() { cancel(errSilent) })
	defer watchdog.Stop()

	stream, err := m.client.CreateChatCompletionStream(ctx, m.request(req))
	if err != nil {
		return llm.Turn{}, m.failure(ctx, err, seen)
	}
	defer stream.Close()
	a := newAssembly(req, onText)
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return llm.Turn{}, m.failure(ctx, err, seen)
		}
		watchdog.Reset(m.cfg.IdleTimeout)
		a.add(chunk)
	}
	turn, err = a.turn()
	if err != nil && seen.html() {
		return llm.Turn{}, m.htmlError(nil)
	}
	return turn, err
}

var errSilent = errors.New("the stream was silent")

func (m *Model) request(req llm.Request) openai.ChatCompletionRequest {
	out := openai.ChatCompletionRequest{
		Model: m.cfg.Identity.Model, Stream: true, MaxCompletionTokens: req.MaxTokens,
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	for _, msg := range req.Messages {
		o := openai.ChatCompletionMessage{Role: string(msg.Role), Content: msg.Content, ToolCallID: msg.ToolCallID, Name: msg.Name}
		for _, c := range msg.ToolCalls {
			o.ToolCalls = append(o.ToolCalls, openai.ToolCall{
				ID: c.ID, Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: c.Name, Arguments: c.Arguments}})
		}
		out.Messages = append(out.Messages, o)
	}
	for _, t := range req.Tools {
		out.Tools = append(out.Tools, openai.Tool{
			Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: t.Name, Description: t.Description, Parameters: t.Parameters}})
	}
	return out
}
