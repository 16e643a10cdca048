package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// ToolAskUser asks the user something that changes the work.
const ToolAskUser = "ask_user"

// Limits of a question: it is read by a person.
const (
	maxQuestion     = 1000
	maxOptions      = 8
	defaultPatience = 10 * 60.0 // seconds
	maxPatience     = 24 * 3600.0
)

// workflowTools are those the workflow itself answers; no server has them.
var workflowTools = []tool.Spec{evaluateCandidates, {
	Server: tool.ServerWorkflow, Version: "1", Name: ToolAskUser,
	Description: "Ask the user one question whose answer changes what is computed next. Use it seldom: only when a wrong guess would waste long calculations. " +
		"If nobody answers in time, the default is used and the answer says so.",
	InputSchema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["question","default"],"properties":{` +
		`"question":{"type":"string","minLength":1,"maxLength":1000,"description":"one question in one or two sentences"},` +
		`"options":{"type":"array","maxItems":8,"items":{"type":"string","minLength":1,"maxLength":200},"description":"answers to choose from; others are allowed"},` +
		`"default":{"type":"string","maxLength":200,"description":"what to assume when nobody answers"},` +
		`"timeout_s":{"type":"number","minimum":30,"maximum":86400,"description":"how long to wait; 600 without"}}}`),
}}

// specs lists the tools a model may call: those of the servers, and ours.
func (a *Activities) specs(ctx context.Context) ([]tool.Spec, error) {
	specs, err := a.Tools.Tools(ctx)
	return append(slices.Clone(specs), workflowTools...), err
}

// AskUser opens a question of the model: it announces the call and gives the
// question to the workflow, which waits without holding a worker.
func (a *Activities) AskUser(ctx context.Context, in CallInput) (Asked, error) {
	c, done, err := a.callOf(ctx, in)
	if err != nil || done {
		return Asked{Done: true}, err
	}
	if err := c.start(); err != nil {
		return Asked{}, err
	}
	q, refused := readQuestion(c.planned.Arguments)
	if c.planned.Error != nil {
		refused = c.planned.Error
	}
	if refused != nil {
		_, err := c.commit(ctx, tool.Outcome{Status: tool.StatusToolError, Error: refused})
		return Asked{Done: true}, err
	}
	if err := a.keepQuestion(ctx, in, &q); err != nil {
		return Asked{}, err
	}
	return q, c.announce(ctx)
}

// keepQuestion puts marks in the place of a question's words.
func (a *Activities) keepQuestion(ctx context.Context, in CallInput, q *Asked) error {
	texts := []*string{&q.Text, &q.Default}
	for i := range q.Options {
		texts = append(texts, &q.Options[i])
	}
	for i, t := range texts {
		var err error
		if *t, err = discovery.Say(ctx, a.Said, in.DiscoveryID, fmt.Sprintf("q.%d.%s.%d", in.TurnGen, in.Step, i), *t); err != nil {
			return err
		}
	}
	return nil
}

// Settle gives a call an outcome that no tool gave: the user's answer, a denial,
// a call that was given up before it began. What is settled already stays.
func (a *Activities) Settle(ctx context.Context, in SettleInput) (CallResult, error) {
	c, done, err := a.callOf(ctx, in.CallInput)
	if err != nil || done {
		return CallResult{Cached: true}, err
	}
	if in.Status != tool.StatusOK || c.planned.Server != tool.ServerWorkflow {
		if err := c.start(); err != nil {
			return CallResult{}, err
		}
	}
	if err := discovery.Spell(ctx, a.Said, in.DiscoveryID, spoken(in.Error)...); err != nil {
		return CallResult{}, err
	}
	out := tool.Outcome{Status: in.Status, Error: in.Error}
	if in.Answer != nil {
		if err := discovery.Spell(ctx, a.Said, in.DiscoveryID, &in.Answer.Question, &in.Answer.Answer, &in.Answer.AnsweredBy); err != nil {
			return CallResult{}, err
		}
		if out.Result, err = json.Marshal(in.Answer); err != nil {
			return CallResult{}, err
		}
	}
	return c.commit(ctx, out)
}

// callOf loads a call as it was planned; done says that it has its outcome.
func (a *Activities) callOf(ctx context.Context, in CallInput) (c *callRun, done bool, err error) {
	rec, err := recorder(ctx)
	if err != nil {
		return nil, false, err
	}
	planned, err := a.planned(ctx, in)
	if err != nil {
		return nil, false, err
	}
	c = &callRun{a: a, rec: rec, in: in, planned: planned, call: newCall(rec.Scope(), in, planned)}
	if !rec.since.IsZero() {
		c.call.StartedAt = rec.since // its outcome may be recorded hours after it began
	}
	have, err := c.already(ctx)
	return c, have != nil, err
}

func readQuestion(args json.RawMessage) (Asked, *tool.Error) {
	var q struct {
		Question string   `json:"question"`
		Options  []string `json:"options"`
		Default  string   `json:"default"`
		TimeoutS float64  `json:"timeout_s"`
	}
	wrong := func(field, format string, args ...any) *tool.Error {
		return &tool.Error{Code: "invalid_input", Field: field, Message: fmt.Sprintf(format, args...), Suggestions: []string{"ask again with arguments that fit the schema"}}
	}
	if err := json.Unmarshal(args, &q); err != nil {
		return Asked{}, wrong("arguments", "do not fit the schema: %s", err)
	}
	q.Question = strings.TrimSpace(q.Question)
	switch {
	case q.Question == "" || len(q.Question) > maxQuestion:
		return Asked{}, wrong("question", "must have 1 to %d characters", maxQuestion)
	case len(q.Options) > maxOptions:
		return Asked{}, wrong("options", "has %d entries; at most %d are shown", len(q.Options), maxOptions)
	case q.TimeoutS < 0 || q.TimeoutS > maxPatience:
		return Asked{}, wrong("timeout_s", "must be at most %g", maxPatience)
	}
	for i, o := range q.Options {
		q.Options[i] = shorten(o, 200)
	}
	if q.TimeoutS == 0 {
		q.TimeoutS = defaultPatience
	}
	return Asked{Text: q.Question, Options: q.Options, Default: shorten(q.Default, 200), TimeoutS: q.TimeoutS}, nil
}

// QuestionOf gives the event of a question.
func QuestionOf(callID string, q Asked) *event.Question {
	return &event.Question{QuestionID: callID, Text: q.Text, Options: q.Options, Default: q.Default}
}

// Guesses of wall time, for the policy alone: nothing is planned by them.
const (
	guessShort  = 5.0  // seconds
	guessMember = 60.0 // a structure or sample of a long calculation
)

func estimate(p discovery.PlannedCall) float64 {
	switch {
	case !p.Long:
		return guessShort
	case p.Server == tool.ServerWorkflow && p.Tool == ToolEvaluateCandidates:
		args, refused := readCandidates(p)
		if refused != nil {
			return guessShort // it answers with its error
		}
		return guessMember * float64(len(args.Compositions)*args.NumSamples)
	}
	return guessMember * float64(membersOf(p.Arguments))
}
