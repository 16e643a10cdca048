package terminal

import (
	"encoding/json"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/value"
)

// block is something to print once: a line under a mark, or text.
type block struct {
	mark  *mark
	head  string   // after the mark, on its line
	tail  string   // faint, at the end of the head
	more  []string // lines below, indented
	text  string   // a paragraph; used when mark is nil
	start bool     // only of use where nothing is redrawn
}

// Apply takes the next event and gives what it adds to the page. An event of a
// type this version does not know adds nothing.
func (r *Run) Apply(e event.Event) []block {
	p, err := event.Decode(e)
	if err != nil {
		return nil
	}
	if r.started.IsZero() {
		r.started = began(e)
	}
	switch p := p.(type) {
	case event.ReasoningStart:
		return r.reasoningStart(e, p)
	case event.ReasoningEnd:
		return r.reasoningEnd(p)
	case event.ToolCallStart:
		return r.callStart(p)
	case event.ToolCallResult:
		return r.callResult(p)
	case event.TaskStart:
		return r.taskStart(p)
	case event.TaskEnd:
		delete(r.waiting, p.TaskID)
	case event.StructureGenerated:
		r.formulas[Line(p.StructureID)] = Line(p.Formula)
	case event.EnergyCalculated:
		return r.energy(p)
	case event.DiscoveryStatus:
		return r.status(p)
	case event.DiscoveryComplete:
		r.Status, r.Usage, r.thinking = discovery.Status(Line(p.Status)), p.Usage, time.Time{}
	case event.AttemptSuperseded:
		return []block{{mark: &markNote, head: join(e.Metadata.Step, "is tried again"), tail: Line(p.Reason)}}
	case event.Error:
		if p.ErrorType == event.ToolFailure {
			return nil // the call's result says it with more
		}
		return []block{{mark: &markFailed, head: join(p.ToolName, p.Message), more: lines(p.RecoverySuggestions)}}
	case event.Question:
		return []block{{mark: &markHeld, head: "a question: " + Line(p.Text), more: lines(p.Options)}}
	}
	return nil
}

func (r *Run) reasoningStart(e event.Event, p event.ReasoningStart) []block {
	r.thinking, r.turn = began(e), p.Turn
	speaker := Line(p.Speaker)
	if speaker == r.speaker || speaker == "" {
		return nil
	}
	r.speaker = speaker
	return []block{{mark: &markAgent, head: speaker, tail: Line(p.Provider)}}
}

func (r *Run) reasoningEnd(p event.ReasoningEnd) []block {
	r.thinking = time.Time{}
	r.Usage.TokensIn += p.Usage.TokensIn
	r.Usage.TokensOut += p.Usage.TokensOut
	text := strings.TrimSpace(Clean(r.Resolve(p.Text)))
	// A turn without calls is the answer: the report shows it, checked.
	if len(p.ToolCalls) == 0 || text == "" {
		return nil
	}
	return []block{{text: text}}
}

func (r *Run) callStart(p event.ToolCallStart) []block {
	c := &call{id: Line(p.CallID), tool: Line(p.Tool), subject: r.subject(p.Arguments)}
	r.calls[c.id] = c
	if p.Waiting != "" {
		r.waiting[c.id+".wait"] = Line(p.Waiting)
	}
	return []block{{mark: &markRunning, head: c.head(), start: true}}
}

func (c *call) head() string { return join(c.id, c.tool, c.subject) }

// resultMarks says how a finished call is shown.
var resultMarks = map[string]*mark{"ok": &markDone, "tool_error": &markRefused, "failed": &markFailed, "cancelled": &markCancelled}

func (r *Run) callResult(p event.ToolCallResult) []block {
	callID := Line(p.CallID)
	c := r.calls[callID]
	if c == nil {
		c = &call{id: callID, tool: Line(p.Tool)}
	}
	delete(r.calls, callID)
	delete(r.waiting, callID+".wait")
	r.Usage.ToolCalls++
	b := block{mark: resultMarks[p.Status], head: c.head()}
	if b.mark == nil {
		b.mark = &markNote
	}
	tail := []string{}
	if list, ok := p.Result["structures"].([]any); ok && len(list) > 0 {
		tail = append(tail, "gave "+value.Counted(len(list), "structure"))
	}
	if p.ResumedFromStep != nil {
		tail = append(tail, "went on from step "+grouped(int64(*p.ResumedFromStep)))
	}
	if p.Cached {
		tail = append(tail, "computed before")
	}
	b.tail = strings.Join(append(tail, seconds(p.DurationS)), ", ")
	if p.Result != nil {
		if raw, err := json.Marshal(p.Result); err == nil {
			r.results[callID] = raw
		}
	}
	if p.Error != nil {
		b.more = append([]string{join(field(p.Error.Field), p.Error.Message)}, lines(p.Error.Suggestions)...)
	}
	return []block{b}
}

func field(name string) string {
	if name == "" {
		return ""
	}
	return name + ":"
}

func (r *Run) taskStart(p event.TaskStart) []block {
	if p.TaskType != "waiting" {
		return nil
	}
	what := Line(p.Details)
	r.waiting[Line(p.TaskID)] = what
	return []block{{mark: &markWaiting, head: "for " + strings.TrimPrefix(what, "waiting for "), start: true}}
}

// energiesShown bounds the lines of a batch; the report has them all.
const energiesShown = 3

func (r *Run) energy(p event.EnergyCalculated) []block {
	shown := value.Format(value.Value{Number: &p.Value, Unit: Line(p.Unit)})
	key := Line(p.Key)
	r.values[key] = shown
	callID := key
	if parts := strings.SplitN(key, ".", 3); len(parts) == 3 {
		callID = parts[0] + "." + parts[1]
	}
	r.energies[callID]++
	if r.energies[callID] > energiesShown {
		return nil
	}
	head := join(p.Formula, strings.ReplaceAll(p.Name, "_", " "), shown)
	if p.Converged != nil && !*p.Converged {
		head += " (not converged)"
	}
	return []block{{mark: &markValue, head: head, tail: join(p.Potential, "["+callID+"]")}}
}

func (r *Run) status(p event.DiscoveryStatus) []block {
	before := r.Status
	r.Status, r.Reason, r.Details, r.Step = discovery.Status(Line(p.Status)), Line(p.Reason), Line(p.Details), Line(p.FromStep)
	r.Failure = nil
	if p.Failure != nil {
		r.Failure = &event.Failure{Code: Line(p.Failure.Code), Message: Line(p.Failure.Message), Field: Line(p.Failure.Field), Suggestions: lines(p.Failure.Suggestions)}
	}
	switch {
	case r.Status == discovery.StatusNeedsAttention:
		r.thinking, r.running = time.Time{}, nil
		return []block{{mark: &markHeld, head: heldHead(r)}}
	case r.Step != "" && r.Status == discovery.StatusRunning:
		return []block{{mark: &markNote, head: "goes on from " + r.Step}}
	case notices[p.Reason]:
		return []block{{mark: &markNote, head: r.Details}}
	case r.Status == before:
		return nil
	case r.Status == discovery.StatusPaused:
		return []block{{mark: &markHeld, head: "paused"}}
	}
	return nil
}

// notices are reasons of events that say something and change no status.
var notices = map[string]bool{"steered": true, "budget": true, "decided": true, "answered": true, "cancel_step": true}

// waitsForTurn is what a queued discovery does: one of a session runs at a time.
const waitsForTurn = "for its turn: a free worker, or an earlier discovery of the session"

func heldHead(r *Run) string {
	if r.Failure == nil {
		return join("it needs your attention:", r.Reason, r.Details)
	}
	return join("step", r.Step, "failed:", r.Failure.Message)
}

// join cleans its parts and puts those that are not empty on one line.
func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p = Line(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}

func lines(ss []string) []string {
	out := make([]string, 0, len(ss))
	for _, s := range ss {
		out = append(out, Line(s))
	}
	return out
}
