package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"crystalyse/activities"
	"crystalyse/internal/adapter/folder"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/report"
	"crystalyse/internal/tool"
)

// TestSteps walks the steps of discoveries on a real database; model and tools
// are scripted.
func TestSteps(t *testing.T) {
	t.Parallel()
	t.Run("ACallIsComputedOnce", testCallOnce)
	t.Run("ACallIsToldWithItsOutcome", testToldWithItsOutcome)
	t.Run("AToolDoesNotWaitForTheTelling", testToolDoesNotWait)
	t.Run("AnOvertakenCallSaysNothing", testOvertaken)
	t.Run("AForeignStructureIsRefused", testForeignStructure)
	t.Run("AToolThatSaysNoIsTold", testToolRefuses)
	t.Run("ALostServerIsRetriedByTheEngine", testLostServer)
	t.Run("ATurnIsAskedOnce", testTurnOnce)
	t.Run("AnAnswerBecomesAReport", testAnswer)
	t.Run("AModelOutOfReachEndsADiscovery", testNoModel)
	t.Run("AModelOutOfReachIsTold", testModelRefused)
	t.Run("ABatchIsToldWhenToAnswer", testAnswerBy)
	t.Run("CandidatesAreGathered", testCandidates)
	t.Run("AStoppedFanOutKeepsWhatItFound", testStoppedCandidates)
	t.Run("AQuestionIsAskedOnce", testQuestion)
	t.Run("AQuestionMustFitItsSchema", testNoQuestion)
	t.Run("AReopenedOneGoesOn", testResume)
	t.Run("AForkGoesOnFromATurn", testFork)
	t.Run("ARetryIsToldItsLimits", testRetryLimits)
	t.Run("LimitsThatChangeAreTold", testLimitsAreTold)
	t.Run("AnApprovalShowsTheCall", testApproval)
	t.Run("WhatCannotRunIsToldToTheModel", testUnrunnable)
	t.Run("ARigorousSearchIsRaised", testRaised)
	t.Run("SeveralSearchesShareTheTime", testRaisedWithinBudget)
	t.Run("ASignalOfAutoModeIsTold", testSignal)
	t.Run("OneCellHasTwoOrigins", testOrigins)
	t.Run("ALongConversationIsCondensed", testCondensed)
	t.Run("WhatCannotBeCondensedIsTold", testIncompressible)
}

// model answers with a list of turns.
type model struct {
	turns []llm.Turn
	asked []llm.Request
}

func (m *model) Identity() llm.Identity {
	return llm.Identity{Name: "CrystaLyse", Model: "scripted", Provider: "test"}
}

func (m *model) Turn(_ context.Context, r llm.Request, on func(string)) (llm.Turn, error) {
	m.asked = append(m.asked, r)
	t := m.turns[0]
	if len(m.turns) > 1 {
		m.turns = m.turns[1:]
	}
	on(t.Text)
	return t, nil
}

// tools answers every call with one outcome.
type tools struct {
	out   tool.Outcome
	err   error
	calls int

	extra  []tool.Spec
	answer func(tool.Invocation) tool.Outcome // instead of out
	ready  bool                               // nothing is waited for
	begun  func()                             // when it is asked
	hangs  bool                               // until it is stopped
	why    error                              // it was stopped
}

const schema = `{"properties":{"e":{"type":"number","unit":"eV/atom","value":"energy_per_atom"}}}`

func (f *tools) Tools(context.Context) ([]tool.Spec, error) {
	spec := func(name string) tool.Spec {
		return tool.Spec{Server: "mace", Version: "1", Name: name, InputSchema: json.RawMessage(`{}`), OutputSchema: json.RawMessage(schema)}
	}
	return append([]tool.Spec{spec("energy"), spec("generate_crystal_csp"), spec("filter_compositions")}, f.extra...), nil
}
func (f *tools) Ready(_ context.Context, _ string, waiting func(string)) error {
	if !f.ready {
		waiting("waiting for the ml environment")
	}
	return nil
}
func (f *tools) Call(ctx context.Context, in tool.Invocation) (tool.Outcome, error) {
	f.calls++
	if f.begun != nil {
		f.begun()
	}
	in.OnProgress(tool.Progress{Progress: 1, Message: "step=1"})
	if f.hangs {
		<-ctx.Done()
		f.why = context.Cause(ctx)
		return tool.Outcome{}, f.why
	}
	if f.answer != nil {
		return f.answer(in), nil
	}
	return f.out, f.err
}
func (f *tools) States() map[string]tool.ServerState { return nil }

type bundle struct {
	db    *postgres.DB
	env   *testsuite.TestActivityEnvironment
	a     *activities.Activities
	model *model
	tools *tools
	d     discovery.Discovery
	head  string
	dsn   string
}

func setup(t *testing.T, turns ...llm.Turn) *bundle {
	t.Helper()
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	artifacts, err := folder.New(t.TempDir())
	require.NoError(t, err)
	b := &bundle{db: db, dsn: dsn, model: &model{turns: turns}, tools: &tools{out: tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{"e":-1.25}`)}}}
	a := &activities.Activities{
		Stores: activities.Stores{Lifecycle: db.Lifecycle(), Steps: db, Turns: db.Turns(), Calls: db, Structures: db.Structures(), Said: db.Said()},
		Tools:  b.tools, Model: b.model, Artifacts: artifacts, Checkpoints: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Prompts: func(discovery.Mode) (activities.Prompt, error) {
			return activities.Prompt{Text: "be good", SHA256: "abc"}, nil
		},
	}
	b.a = a
	var suite testsuite.WorkflowTestSuite
	b.env = suite.NewTestActivityEnvironment()
	b.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&activities.Hook{Activities: a}}})
	for name, fn := range map[string]any{activities.NameBegin: a.Begin, activities.NameLLMTurn: a.LLMTurn, activities.NameCallTool: a.CallTool, activities.NameSkipTool: a.SkipTool, activities.NameFinish: a.Finish,
		activities.NameAnnounce: a.Announce, activities.NameSettle: a.Settle, activities.NameAskUser: a.AskUser, activities.NameOpenCandidates: a.OpenCandidates, activities.NameSettleCandidates: a.SettleCandidates} {
		b.env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
	b.open(t, discovery.ModeAuto)
	return b
}

// open begins a discovery in a session of its own.
func (b *bundle) open(t *testing.T, mode discovery.Mode) {
	t.Helper()
	r, err := discovery.Request{UserID: "local", Query: "the energy of MgO", Mode: mode}.Normalize()
	require.NoError(t, err)
	b.d, _, err = b.db.Create(t.Context(), r)
	require.NoError(t, err)
	var begun activities.BeginResult
	b.do(t, activities.NameBegin, activities.BeginInput{DiscoveryID: b.d.ID}, &begun)
	require.True(t, begun.Ready)
	b.head = begun.Head
}

func (b *bundle) do(t *testing.T, name string, in, out any) {
	t.Helper()
	v, err := b.env.ExecuteActivity(name, in)
	require.NoError(t, err)
	require.NoError(t, v.Get(out))
}

func (b *bundle) turn(t *testing.T, n int, head string) activities.TurnResult {
	t.Helper()
	var r activities.TurnResult
	b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: n, Step: "t" + string(rune('0'+n)) + ".llm", Head: head}, &r)
	return r
}

func (b *bundle) call(t *testing.T) activities.CallResult {
	t.Helper()
	var r activities.CallResult
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}, &r)
	return r
}

func asks(args string) llm.Turn {
	return llm.Turn{Text: "I compute.", FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{{ID: "c1", Name: "energy", Arguments: args}}}
}

func testAnswer(t *testing.T) {
	b := setup(t, asks(`{"formula":"MgO"}`), llm.Turn{Text: "It is {{v:t1.tool1.e}}, not 3.2 eV.\n{{assume:zero temperature}}", FinishReason: "stop"})
	first := b.turn(t, 1, b.head)
	require.Len(t, first.Calls, 1)
	require.Equal(t, "energy MgO", first.Calls[0].Summary)
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	second := b.turn(t, 2, first.Head)
	require.Empty(t, second.Calls)
	last := b.model.asked[1].Messages
	require.Equal(t, llm.RoleTool, last[len(last)-1].Role)
	require.JSONEq(t, `{"call_id":"t1.tool1","tool":"energy","status":"ok","result":{"e":-1.25}}`, last[len(last)-1].Content)

	var done activities.FinishResult
	b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: b.d.ID, Head: second.Head}, &done)
	require.Equal(t, discovery.StatusCompleted, done.Status)
	raw, err := b.db.Report(t.Context(), "local", b.d.ID)
	require.NoError(t, err)
	var r report.Report
	require.NoError(t, json.Unmarshal(raw, &r))
	require.Contains(t, r.Summary, "−1.250")
	require.Contains(t, r.Summary, "unsourced")
	require.Equal(t, []string{"zero temperature"}, r.Assumptions)
	require.Equal(t, 1, r.Validation.ValuesResolved)

	events, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	var types []event.Type
	for _, e := range events {
		types = append(types, e.Type)
	}
	require.Equal(t, []event.Type{
		event.TypeDiscoveryStatus, event.TypeDiscoveryStatus, event.TypeReasoningStart, event.TypeReasoningEnd,
		event.TypeToolCallStart, event.TypeTaskStart, event.TypeTaskEnd, event.TypeToolCallResult,
		event.TypeReasoningStart, event.TypeReasoningEnd, event.TypeValidationComplete, event.TypeDiscoveryComplete,
	}, types)
}

func testTurnOnce(t *testing.T) {
	b := setup(t, asks(`{}`))
	first := b.turn(t, 1, b.head)
	again := b.turn(t, 1, b.head)
	require.Equal(t, first, again)
	require.Len(t, b.model.asked, 1, "a committed turn is not asked again")
}

func testCallOnce(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.turn(t, 1, b.head)
	require.False(t, b.call(t).Cached)
	b.call(t)
	require.Equal(t, 1, b.tools.calls)
}

func testForeignStructure(t *testing.T) {
	b := setup(t, asks(`{"structure_id":"st_00000000000000000000000001"}`))
	b.turn(t, 1, b.head)
	require.Equal(t, tool.StatusToolError, b.call(t).Status)
	require.Zero(t, b.tools.calls)
	require.Equal(t, []event.Payload{event.Error{ErrorType: event.ToolFailure, ToolName: "energy", Message: "unknown structure st_00000000000000000000000001",
		RecoverySuggestions: []string{"use the structure_id of an earlier result, exactly as it was returned"}}}, b.told(t, event.TypeError))
}

// testToolRefuses: a tool that says no is told as the plan has it, once, before
// the result that ends the step.
func testToolRefuses(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.turn(t, 1, b.head)
	b.tools.out = tool.Outcome{Status: tool.StatusToolError, Error: &tool.Error{Code: "unsupported", Message: "no"}}
	require.Equal(t, tool.StatusToolError, b.call(t).Status)
	require.IsType(t, event.ToolCallResult{}, last(b.told(t)))
	b.call(t)
	want := event.Error{ErrorType: event.ToolFailure, ToolName: "energy", Message: "no", RecoverySuggestions: []string{"retry with modified parameters"}}
	require.Equal(t, []event.Payload{want}, b.told(t, event.TypeError))

	b.open(t, discovery.ModeAuto)
	b.turn(t, 1, b.head)
	var r activities.CallResult
	b.do(t, activities.NameSettle, activities.SettleInput{CallInput: activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"},
		Status: tool.StatusToolError, Error: &tool.Error{Code: "denied", Message: "not allowed"}}, &r)
	require.Empty(t, b.told(t, event.TypeError), "what its user did not allow is no failure of a tool")
}

func last[T any](list []T) T { return list[len(list)-1] }

// told gives what the stored events of the discovery say, those of the types if
// any are named.
func (b *bundle) told(t *testing.T, types ...event.Type) []event.Payload {
	t.Helper()
	events, err := b.db.After(t.Context(), b.d.UserID, b.d.SessionID, b.d.ID, 0, 1000)
	require.NoError(t, err)
	var out []event.Payload
	for _, e := range events {
		p, err := event.Decode(e)
		require.NoError(t, err)
		if len(types) == 0 || slices.Contains(types, e.Type) {
			out = append(out, p)
		}
	}
	return out
}

func testUnrunnable(t *testing.T) {
	b := setup(t, llm.Turn{FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{
		{ID: "a", Name: "energy", Arguments: `{"broken`}, {ID: "b", Name: "guess", Arguments: `{}`}}}, llm.Turn{Text: "sorry", FinishReason: "stop"})
	first := b.turn(t, 1, b.head)
	for _, c := range first.Calls {
		var r activities.CallResult
		b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: c.CallID}, &r)
		require.Equal(t, tool.StatusToolError, r.Status)
	}
	require.Zero(t, b.tools.calls)
	b.turn(t, 2, first.Head)
	var told []string
	for _, m := range b.model.asked[1].Messages {
		if m.Role == llm.RoleTool {
			told = append(told, m.Content)
		}
		for _, c := range m.ToolCalls {
			require.True(t, json.Valid([]byte(c.Arguments)), "a provider refuses a history with broken arguments")
		}
	}
	require.Len(t, told, 2)
	require.Contains(t, told[0], "not a JSON object")
	require.Contains(t, told[1], "there is no tool")
}

func testLostServer(t *testing.T) {
	b := setup(t, asks(`{}`))
	b.turn(t, 1, b.head)
	const quoted = "ValueError: the Xenotime route"
	b.tools.err = fault.New(fault.CodeUnavailable, "the server was lost").Saying(quoted).WithHint("it is started again")
	_, err := b.env.ExecuteActivity(activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"})
	var app *temporal.ApplicationError
	require.True(t, errors.As(err, &app))
	require.Equal(t, activities.TypeToolLost, app.Type())
	require.False(t, app.NonRetryable())
	events, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	last := events[len(events)-1]
	require.Equal(t, event.TypeError, last.Type)
	require.True(t, strings.Contains(string(last.Data), "started again"))
	require.Contains(t, string(last.Data), quoted)

	// What it said is not for the engine, which cannot forget; viewers read it.
	require.NotContains(t, app.Error(), "Xenotime")
	require.Contains(t, app.Message(), "the server was lost: {{said:")
	_, err = b.env.ExecuteActivity(activities.NameAnnounce, activities.AnnounceInput{
		DiscoveryID: b.d.ID, Counter: 1, Status: discovery.StatusRunning, FromStep: "t1.tool1", Failure: &tool.Error{Code: app.Type(), Message: app.Message()},
	})
	require.NoError(t, err)
	events, err = b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, last.Metadata.Ord, 100)
	require.NoError(t, err)
	require.Contains(t, string(events[0].Data), "the server was lost: "+quoted)
}
