package discovery

import (
	"strings"
	"unicode/utf8"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// UpdateKind names an instruction to a run.
type UpdateKind string

// The instructions a run takes.
const (
	UpdateSteer      UpdateKind = "steer"       // words for the model, read before its next turn
	UpdateAnswer     UpdateKind = "answer"      // to a question of the model
	UpdateApprove    UpdateKind = "approve"     // allow or deny a call that waits for it
	UpdatePause      UpdateKind = "pause"       // begin nothing new; long calls keep a checkpoint and stop
	UpdateResume     UpdateKind = "resume"      // go on
	UpdateCancelStep UpdateKind = "cancel_step" // give one call up
	UpdateSetBudget  UpdateKind = "set_budget"  // change limits, not below what is spent
	UpdateRetryStep  UpdateKind = "retry_step"  // try a held step again
	UpdateSkipStep   UpdateKind = "skip_step"   // go on without a held step
	UpdateFinishNow  UpdateKind = "finish_now"  // end with what is there
)

// UpdateKinds are all of them, in the order they are documented.
var UpdateKinds = []UpdateKind{
	UpdateSteer, UpdateAnswer, UpdateApprove, UpdatePause, UpdateResume, UpdateCancelStep,
	UpdateSetBudget, UpdateRetryStep, UpdateSkipStep, UpdateFinishNow,
}

// MaxInstruction is the longest text of an instruction, in bytes.
const MaxInstruction = 4000

// Update is one instruction. RequestID deduplicates it; what else is read
// depends on the kind.
type Update struct {
	RequestID  string     `json:"request_id"`
	Kind       UpdateKind `json:"kind"`
	Step       string     `json:"step,omitempty"`        // cancel_step, retry_step, skip_step
	Text       string     `json:"text,omitempty"`        // steer, answer
	QuestionID string     `json:"question_id,omitempty"` // answer; "" means the only open one
	CallID     string     `json:"call_id,omitempty"`     // approve; "" means the only open one
	Decision   Decision   `json:"decision,omitempty"`    // approve: allow | deny
	Remember   bool       `json:"remember,omitempty"`    // approve: for the rest of the session
	Reason     string     `json:"reason,omitempty"`      // pause
	Budget     *Budget    `json:"budget,omitempty"`      // set_budget: zero leaves a limit as it is
}

// Normalize checks what can be checked without knowing the run, and names the
// field that is wrong.
func (u Update) Normalize() (Update, error) {
	u.Text, u.Reason = strings.TrimSpace(u.Text), strings.TrimSpace(u.Reason)
	for _, f := range []struct{ name, text string }{{"text", u.Text}, {"reason", u.Reason}} {
		if len(f.text) > MaxInstruction {
			return u, fault.Invalid(f.name, "is %d bytes long; at most %d are accepted", len(f.text), MaxInstruction)
		}
		if !utf8.ValidString(f.text) || strings.ContainsRune(f.text, 0) {
			return u, fault.Invalid(f.name, "is not valid UTF-8 text")
		}
	}
	if _, ok := id.ParseStep(u.Step); u.Step != "" && !ok {
		return u, fault.Invalid("step", "%q is not a step", clipped(u.Step)).WithHint("steps look like t3.llm or t3.tool2")
	}
	return u, u.fits()
}

func (u Update) fits() error {
	switch u.Kind {
	case UpdateSteer, UpdateAnswer:
		if u.Text == "" {
			return fault.Invalid("text", "is empty").WithHint("say what the discovery should do")
		}
	case UpdateApprove:
		if u.Decision != Allow && u.Decision != Deny {
			return fault.Invalid("decision", "%q is unknown", clipped(string(u.Decision))).WithHint("use allow or deny")
		}
	case UpdateCancelStep:
		if u.Step == "" {
			return fault.Invalid("step", "is missing").WithHint("name the call to give up, for example t3.tool2")
		}
	case UpdateSetBudget:
		return u.Budget.valid()
	case UpdatePause, UpdateResume, UpdateRetryStep, UpdateSkipStep, UpdateFinishNow:
	default:
		names := make([]string, len(UpdateKinds))
		for i, k := range UpdateKinds {
			names[i] = string(k)
		}
		return fault.Invalid("kind", "%q is unknown", clipped(string(u.Kind))).WithHint("use %s", strings.Join(names, ", "))
	}
	return nil
}

func (b *Budget) valid() error {
	switch {
	case b == nil || b.WallS == 0 && b.Tokens == 0 && b.ToolCalls == 0 && b.Cost == nil:
		return fault.Invalid("budget", "names no limit").WithHint("give wall_s, tokens, tool_calls or cost")
	case b.WallS < 0 || b.Tokens < 0 || b.ToolCalls < 0 || b.Cost != nil && *b.Cost < 0:
		return fault.Invalid("budget", "has a negative limit")
	}
	return nil
}

func clipped(s string) string {
	r := []rune(s)
	if len(r) > 50 {
		return string(r[:50]) + "…"
	}
	return s
}
