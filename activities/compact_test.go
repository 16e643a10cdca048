package activities_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"crystalyse/activities"
	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/event"
	"crystalyse/internal/llm"
)

// endpoint speaks the chat-completions wire, refuses what is longer than most
// bytes, and histories whose results answer no call.
type endpoint struct {
	mu       sync.Mutex
	most     int
	rounds   int // calls to ask for before the answer
	refused  int
	condense int
	problems []string
	last     string
}

type wireMessage struct {
	Role       string `json:"role"`
	Content    string `json:"content"`
	ToolCallID string `json:"tool_call_id"`
	ToolCalls  []struct {
		ID string `json:"id"`
	} `json:"tool_calls"`
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var req struct {
		Messages []wireMessage     `json:"messages"`
		Tools    []json.RawMessage `json:"tools"`
	}
	if err != nil || json.Unmarshal(body, &req) != nil {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	size := 0
	for _, m := range req.Messages {
		size += len(m.Content)
	}
	if size > e.most {
		e.refused++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":"This model's maximum context length is %d tokens.","code":"context_length_exceeded"}}`, e.most/4)
		return
	}
	e.check(req.Messages)
	w.Header().Set("Content-Type", "text/event-stream")
	switch {
	case len(req.Tools) == 0:
		e.condense++
		chunk(w, `{"content":"MgO was computed."}`, "stop")
	case e.rounds > 0:
		e.rounds--
		e.last = string(body)
		chunk(w, fmt.Sprintf(`{"content":"again","tool_calls":[{"index":0,"id":"c%d","type":"function","function":{"name":"energy","arguments":"{\"n\":%d}"}}]}`, e.rounds, e.rounds), "tool_calls")
	default:
		e.last = string(body)
		chunk(w, `{"content":"It is {{v:t1.tool1.e}}."}`, "stop")
	}
}

func (e *endpoint) check(ms []wireMessage) {
	open := map[string]bool{}
	for _, m := range ms {
		if m.Role == "tool" && !open[m.ToolCallID] {
			e.problems = append(e.problems, "a result without its call: "+m.ToolCallID)
		}
		for _, c := range m.ToolCalls {
			open[c.ID] = true
		}
	}
}

func chunk(w io.Writer, delta, finish string) {
	fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}\n\n", delta)
	fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":%q}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n", finish)
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func (b *bundle) speakTo(t *testing.T, e *endpoint) {
	t.Helper()
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	b.a.Model = openai.New(openai.Config{BaseURL: srv.URL, APIKey: "k", Identity: llm.Identity{Model: "small"}})
}

// testCondensed: a model with a short memory works through twelve rounds; what
// can be cited stays in sight, calls keep their results, the ledger keeps all.
func testCondensed(t *testing.T) {
	b := setup(t)
	const rounds = 9
	e := &endpoint{most: 16000, rounds: rounds}
	b.speakTo(t, e)
	head, heads := b.head, []string{}
	for n := 1; ; n++ {
		r := b.turn(t, n, head)
		head = r.Head
		heads = append(heads, head)
		if len(r.Calls) == 0 {
			require.Equal(t, rounds+1, n)
			break
		}
		b.tools.out.Result = json.RawMessage(fmt.Sprintf(`{"e":-1.25,"best_structure_id":"st_%026x","log":%q}`, n, strings.Repeat("long ", 800)))
		var c activities.CallResult
		b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: n, Step: r.Calls[0].CallID}, &c)
	}
	require.Positive(t, e.refused)
	require.Positive(t, e.condense)
	require.Empty(t, e.problems)
	for n := 1; n < rounds; n++ {
		require.True(t, strings.Contains(e.last, fmt.Sprintf("t%d.tool1.e = -1.25", n)) || strings.Contains(e.last, fmt.Sprintf(`\"call_id\":\"t%d.tool1\"`, n)), "call %d is out of sight", n)
		require.True(t, strings.Contains(e.last, fmt.Sprintf("st_%026x", n)), "structure %d is out of sight", n)
	}
	require.Contains(t, e.last, "the energy of MgO")
	require.Contains(t, e.last, "MgO was computed.")

	// An early head still leads to its whole conversation: a fork can go on from it.
	early, err := b.db.Turns().Load(t.Context(), heads[2])
	require.NoError(t, err)
	require.NotContains(t, early[2].Message.Content, "condensed")
	require.Len(t, early, 3+2*2+1) // prompt, limits, question

	events, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 500)
	require.NoError(t, err)
	told := 0
	for _, ev := range events {
		if ev.Type == event.TypeDiscoveryStatus && strings.Contains(string(ev.Data), "condensed") {
			told++
		}
	}
	require.Positive(t, told)
}

// testIncompressible: where even the question does not fit, the refusal is told
// as it came, and nothing loops.
func testIncompressible(t *testing.T) {
	b := setup(t)
	e := &endpoint{most: 5, rounds: 3}
	b.speakTo(t, e)
	_, err := b.env.ExecuteActivity(activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.llm", Head: b.head})
	var app *temporal.ApplicationError
	require.True(t, errors.As(err, &app))
	require.Equal(t, string(llm.ErrContextTooLong), app.Type())
	require.True(t, app.NonRetryable())
	require.Less(t, e.refused, 5)
}
