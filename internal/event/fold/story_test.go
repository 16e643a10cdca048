package fold_test

import (
	"fmt"
	"time"

	"crystalyse/internal/event"
)

// teller writes a session's log as the program would: durable events numbered,
// live ones between them.
type teller struct {
	log    []event.Event
	ord    int64
	micros int64
	scopes map[string]*event.Scope
}

const (
	sessionID = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
	first     = "disc-01JZZZZZZZZZZZZZZZZZZZZZZ0"
	second    = "disc-01JZZZZZZZZZZZZZZZZZZZZZZ1"
)

func newTeller() *teller {
	return &teller{scopes: map[string]*event.Scope{}, micros: 1_767_323_045_000_000}
}

// at makes events of one attempt of a step.
func (t *teller) at(did string, gen int, step string, attempt int, payloads ...event.Payload) {
	key := fmt.Sprint(did, gen, step, attempt)
	s := t.scopes[key]
	if s == nil {
		s = &event.Scope{SessionID: sessionID, DiscoveryID: did, Mode: "creative", Gen: gen, Step: step, Attempt: attempt}
		t.scopes[key] = s
	}
	for _, p := range payloads {
		t.micros += 20_000
		s.Now = func() time.Time { return time.UnixMicro(t.micros) }
		e, err := s.New(p)
		if err != nil {
			panic(err)
		}
		if event.Durable(e.Type) {
			t.ord++
			e.Metadata.Ord = t.ord
		}
		t.log = append(t.log, e)
	}
}

func (t *teller) outside(did string, gen int, name string, p event.Payload) {
	t.at(did, gen, event.Outside(name), 0, p)
}

func (t *teller) begin(did string) {
	if t.ord == 0 {
		t.outside("", 0, "req", event.SessionStart{Title: "Structure of NaCl", Alias: "test-session"})
	}
	t.outside(did, 0, "req", event.DiscoveryStatus{Status: "queued", Details: "accepted"})
	t.outside(did, 0, "begin", event.DiscoveryStatus{Status: "running", Details: "started"})
}

func (t *teller) finish(did string, gen int, status string) {
	t.outside(did, gen, "finish.0", event.ValidationComplete{ValuesTotal: 1, ValuesResolved: 1})
	t.outside(did, gen, "finish.1", event.DiscoveryComplete{Status: status, ReportID: "rep_1", Summary: "**NaCl** is rock salt."})
}

// reopen tells that a closed discovery goes on from a step.
func (t *teller) reopen(did string, gen int, step string) {
	t.outside(did, 0, fmt.Sprintf("retry.%d", gen), event.DiscoveryStatus{Status: "queued", Details: "to be tried again"})
	t.outside(did, gen, fmt.Sprintf("again.%d", gen), event.DiscoveryStatus{Status: "running", Gen: gen, FromStep: step})
}

// turn tells a whole language-model turn.
func (t *teller) turn(did string, gen, n, attempt int, text string, calls ...event.ToolPlan) {
	step := fmt.Sprintf("t%d.llm", n)
	t.at(did, gen, step, attempt, event.ReasoningStart{Turn: n, Speaker: "model", Provider: "p"},
		event.UsageUpdate{Usage: event.Usage{TokensIn: int64(100 * n)}})
	t.updates(did, gen, n, attempt, text)
	reason := "stop"
	if len(calls) > 0 {
		reason = "tool_calls"
	}
	t.at(did, gen, step, attempt, event.ReasoningEnd{Turn: n, Text: text, FinishReason: reason, ToolCalls: calls, Usage: event.Usage{TokensIn: 100, TokensOut: 20}})
}

// updates writes a text piece by piece, seven characters each.
func (t *teller) updates(did string, gen, n, attempt int, text string) {
	runes := []rune(text)
	for i := 0; i < len(runes); i += 7 {
		t.at(did, gen, fmt.Sprintf("t%d.llm", n), attempt,
			event.ReasoningUpdate{Turn: n, Offset: i, Content: string(runes[i:min(i+7, len(runes))])})
	}
}

const salt = "st_0123456789abcdef0123456789"

// relaxing tells a relaxation up to its middle.
func (t *teller) relaxing(did string, gen int, step string, attempt int) {
	t.at(did, gen, step, attempt,
		event.ToolCallStart{CallID: step, Tool: "relax_structure", Server: "mace", Arguments: map[string]any{"structure_id": salt}},
		event.TaskStart{TaskID: step, TaskType: "relaxation", TotalSteps: 1, Details: "relax NaCl"})
	for i := 1; i <= 3; i++ {
		t.at(did, gen, step, attempt,
			event.ToolCallProgress{CallID: step, Progress: float64(i), Total: 500, Message: fmt.Sprintf("step=%d", i), Details: map[string]float64{"step": float64(i)}},
			event.StructureUpdated{StructureID: salt, CallID: step, Frame: i, Energy: -3 - float64(i)/10, Fmax: 1 / float64(i)},
			event.TaskProgress{TaskID: step, CompletedSteps: 0, TotalSteps: 1, Progress: float64(i) / 500, Details: "relax NaCl"})
	}
}

func (t *teller) relaxed(did string, gen int, step string, attempt int) {
	t.relaxing(did, gen, step, attempt)
	t.at(did, gen, step, attempt,
		event.StructureGenerated{StructureID: salt, CallID: step, Formula: "NaCl", NAtoms: 2, Origin: "relaxed"},
		event.EnergyCalculated{Key: step + ".energy_per_atom", Name: "energy_per_atom", Value: -3.39, Unit: "eV/atom", StructureID: salt, Formula: "NaCl", Potential: "CHGNet"},
		event.TaskEnd{TaskID: step, TaskType: "relaxation", TotalSteps: 1, CompletedSteps: 1, Status: "completed"},
		event.ToolCallResult{CallID: step, Tool: "relax_structure", Server: "mace", Status: "ok", Result: map[string]any{"converged": true}, DurationS: 1.5})
}

func (t *teller) superseded(did string, gen int, step string, attempt int) {
	t.at(did, gen, step, attempt, event.AttemptSuperseded{Attempt: attempt - 1, Reason: "the step was tried again"})
}

func call(id string) event.ToolPlan { return event.ToolPlan{CallID: id, Tool: "relax_structure"} }
