package chaosrelay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/event/publish"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// stale marks what an attempt says after it is over. Nobody may ever see it.
const stale = "STALE"

// talker is a run of one session: turns with live text, calls with progress,
// attempts that are tried again, and the late words of those that are over.
type talker struct {
	t         *testing.T
	db        *postgres.DB
	pub       *publish.Publisher
	d         discovery.Discovery
	said      atomic.Int64
	retried   atomic.Int64
	late      atomic.Int64
	forgotten *atomic.Int64 // publications that the crash of a worker left to the sweep
}

func newTalker(t *testing.T, db *postgres.DB, pub *publish.Publisher, forgotten *atomic.Int64) *talker {
	t.Helper()
	r, err := discovery.Request{UserID: "ada", Query: "chaos"}.Normalize()
	require.NoError(t, err)
	d, _, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	return &talker{t: t, db: db, pub: pub, d: d, forgotten: forgotten}
}

// attempt is one attempt of a step.
type attempt struct {
	*talker
	event.Scope
}

func (k *talker) open(step string, n int) *attempt {
	a := &attempt{k, event.Scope{SessionID: k.d.SessionID, DiscoveryID: k.d.ID, UserID: "ada", Mode: "creative", Step: step, Attempt: n}}
	opened, err := k.db.Open(context.Background(), a.Scope, 1)
	require.NoError(k.t, err)
	a.Attempt = opened.Attempt
	if opened.Superseded > 0 {
		a.durable(event.AttemptSuperseded{Attempt: opened.Superseded, Reason: "the worker was lost"})
	}
	return a
}

func (a *attempt) durable(ps ...event.Payload) {
	events := make([]event.Event, len(ps))
	for i, p := range ps {
		e, err := a.New(p)
		require.NoError(a.t, err)
		events[i] = e
	}
	require.NoError(a.t, a.db.Append(context.Background(), a.Scope, events...))
	a.said.Add(int64(len(ps)))
}

func (a *attempt) live(p event.Payload) {
	e, err := a.New(p)
	require.NoError(a.t, err)
	a.pub.Send(e)
	a.said.Add(1)
}

// tooLate lets an attempt speak that is over.
func (a *attempt) tooLate() {
	e, err := a.New(event.ReasoningUpdate{Content: stale})
	require.NoError(a.t, err)
	a.pub.Send(e)
	e, err = a.New(event.Error{Message: stale})
	require.NoError(a.t, err)
	require.True(a.t, fault.Is(a.db.Append(context.Background(), a.Scope, e), fault.CodeConflict), "a stale attempt must be refused")
	a.late.Add(2)
}

// turn is one language-model turn and one call.
func (k *talker) turn(r *rand.Rand, n int) {
	step := id.LLMStep(n)
	tries := 1
	a := k.open(step, tries)
	a.durable(event.ReasoningStart{Turn: n, Speaker: "m", Provider: "p"})
	for r.IntN(4) == 0 {
		a.text(n, 1+r.IntN(10))
		old := a
		tries++
		k.retried.Add(1)
		a = k.open(step, tries)
		old.tooLate()
		a.durable(event.ReasoningStart{Turn: n, Speaker: "m", Provider: "p"})
	}
	text := a.text(n, 5+r.IntN(40))
	a.durable(event.ReasoningEnd{Turn: n, Text: text, FinishReason: "tool_calls"})
	c := k.open(id.ToolStep(n, 1), 1)
	c.durable(event.ToolCallStart{CallID: c.Step, Tool: "relax_structure", Server: "mace"}, event.TaskStart{TaskID: c.Step, TaskType: "relaxation", TotalSteps: 1})
	for i := range 5 + r.IntN(40) {
		c.live(event.ToolCallProgress{CallID: c.Step, Progress: float64(i), Total: 50, Message: fmt.Sprint("step=", i)})
	}
	c.durable(event.TaskEnd{TaskID: c.Step, TaskType: "relaxation", TotalSteps: 1, CompletedSteps: 1, Status: "completed"},
		event.ToolCallResult{CallID: c.Step, Tool: "relax_structure", Server: "mace", Status: "ok", Result: map[string]any{"n": n}})
}

func (a *attempt) text(turn, pieces int) string {
	var b strings.Builder
	for i := range pieces {
		piece := fmt.Sprintf("word %d of attempt %d, ", i, a.Attempt)
		a.live(event.ReasoningUpdate{Turn: turn, Offset: b.Len(), Content: piece})
		b.WriteString(piece)
	}
	return b.String()
}

// end closes the discovery, so that nothing runs any more.
func (k *talker) end() {
	s := event.Scope{SessionID: k.d.SessionID, DiscoveryID: k.d.ID, UserID: "ada", Mode: "creative", Step: event.Outside("end")}
	e, err := s.New(event.DiscoveryComplete{Status: "completed", ReportID: "r", Summary: "done"})
	require.NoError(k.t, err)
	require.NoError(k.t, k.db.Append(context.Background(), s, e))
	k.said.Add(1)
}

// log reads what is stored of the session.
func (k *talker) log() []event.Event {
	var out []event.Event
	for after := int64(0); ; {
		page, err := k.db.After(context.Background(), "ada", k.d.SessionID, "", after, 1000)
		require.NoError(k.t, err)
		if len(page) == 0 {
			return out
		}
		out = append(out, page...)
		after = page[len(page)-1].Metadata.Ord
	}
}
