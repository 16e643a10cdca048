package openai

import (
	"fmt"
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"crystalyse/internal/llm"
)

// assembly puts the chunks of a stream together.
type assembly struct {
	onText func(string)
	text   strings.Builder
	calls  map[string]*llm.ToolCall // by index, or by id where there is none
	order  []string
	last   string // the call that fragments without index and id belong to
	finish string
	usage  *openai.Usage
	model  string
	sent   int // characters of the request, for an estimate
}

func newAssembly(req llm.Request, onText func(string)) *assembly {
	a := &assembly{onText: onText, calls: map[string]*llm.ToolCall{}}
	for _, m := range req.Messages {
		a.sent += len(m.Content)
	}
	return a
}

func (a *assembly) add(c openai.ChatCompletionStreamResponse) {
	if c.Usage != nil {
		a.usage = c.Usage
	}
	if c.Model != "" {
		a.model = c.Model
	}
	for _, choice := range c.Choices {
		if choice.Index != 0 {
			continue
		}
		if choice.FinishReason != "" {
			a.finish = string(choice.FinishReason)
		}
		if s := strings.ToValidUTF8(choice.Delta.Content, "\uFFFD"); s != "" {
			a.text.WriteString(s)
			if a.onText != nil {
				a.onText(s)
			}
		}
		for _, t := range choice.Delta.ToolCalls {
			a.fragment(t)
		}
	}
}

// fragment adds a piece of a tool call. Some providers send no index, some
// repeat the id in every piece, some only in the first.
func (a *assembly) fragment(t openai.ToolCall) {
	key := a.last
	switch {
	case t.Index != nil:
		key = fmt.Sprintf("i%06d", *t.Index)
	case t.ID != "":
		key = "d" + t.ID
	case key == "":
		key = "i000000"
	}
	a.last = key
	call := a.calls[key]
	if call == nil {
		call = &llm.ToolCall{}
		a.calls[key] = call
		a.order = append(a.order, key)
	}
	if call.ID == "" {
		call.ID = t.ID
	}
	if call.Name == "" {
		call.Name = t.Function.Name
	}
	call.Arguments += strings.ToValidUTF8(t.Function.Arguments, "\uFFFD")
}

// turn gives the whole reply. A body that ended without a finish reason was cut
// off, however whole it looks.
func (a *assembly) turn() (llm.Turn, error) {
	if a.finish == "" {
		return llm.Turn{}, &llm.Error{Kind: llm.ErrTruncatedStream, Message: "the language model's stream ended early"}
	}
	if a.finish == "content_filter" {
		return llm.Turn{}, &llm.Error{Kind: llm.ErrContentFiltered, Message: "the provider's content filter stopped the reply", Hint: "word the question differently"}
	}
	t := llm.Turn{Text: a.text.String(), FinishReason: a.finish, Model: a.model, ToolCalls: []llm.ToolCall{}}
	// Where there are indices they say the order; where there are none, arrival does.
	if !slices.ContainsFunc(a.order, func(key string) bool { return key[0] == 'd' }) {
		slices.Sort(a.order)
	}
	ids := map[string]bool{}
	for n, key := range a.order {
		c := *a.calls[key]
		if c.Name == "" {
			continue
		}
		if c.ID == "" || ids[c.ID] {
			c.ID = fmt.Sprintf("call_%d_%d", n, len(ids)) // an answer must name one call
		}
		ids[c.ID] = true
		t.ToolCalls = append(t.ToolCalls, c)
	}
	if a.usage != nil {
		t.Usage = llm.Usage{TokensIn: int64(a.usage.PromptTokens), TokensOut: int64(a.usage.CompletionTokens)}
	} else {
		t.Usage = llm.Usage{TokensIn: int64(a.sent / 4), TokensOut: int64(len(t.Text)/4 + 1), Estimated: true}
	}
	if len(t.ToolCalls) == 0 && strings.TrimSpace(t.Text) == "" {
		return llm.Turn{}, &llm.Error{Kind: llm.ErrTransient, Message: "the language model gave an empty reply"}
	}
	return t, nil
}
