package activities_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/id"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

func wants(name, args string) llm.Turn {
	return llm.Turn{FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{{ID: "x", Name: name, Arguments: args}}}
}

// structureNamed writes a structure file and gives its id.
func structureNamed(t *testing.T, b *bundle, n int) string {
	t.Helper()
	sid := fmt.Sprintf("st_%026d", n)
	require.NoError(t, b.a.Artifacts.Put(t.Context(), "structures/"+sid+".json", strings.NewReader(`{"structure_id":"`+sid+`","species":["Mg"]}`)))
	return sid
}

// testCandidates: three compositions, one of which has no structure; the result
// keeps all of them, the best first, with keys of values that are stored.
func testCandidates(t *testing.T) {
	b := setup(t, wants("evaluate_candidates", `{"compositions":["MgO","XeF","CaO"],"num_samples":1}`))
	for _, n := range []string{"relax_structures", "validate_composition"} {
		b.tools.extra = append(b.tools.extra, tool.Spec{Server: "mace", Version: "1", Name: n, Long: n == "relax_structures", OutputSchema: json.RawMessage(schema)})
	}
	b.tools.extra = append(b.tools.extra, tool.Spec{Server: "mace", Version: "1", Name: "calculate_energy_above_hull",
		OutputSchema: json.RawMessage(`{"properties":{"h":{"type":"number","unit":"eV/atom","value":"energy_above_hull_per_atom"}}}`)})
	b.tools.answer = func(in tool.Invocation) tool.Outcome {
		args := string(in.Arguments)
		n := 1
		if strings.Contains(args, "CaO") || strings.Contains(args, "2\"") {
			n = 2
		}
		switch {
		case strings.Contains(args, "XeF") && in.Tool == "generate_crystal_csp":
			return tool.Outcome{Status: tool.StatusToolError, Error: &tool.Error{Code: "none", Message: "no structure of XeF"}}
		case in.Tool == "generate_crystal_csp", in.Tool == "relax_structures":
			sid := structureNamed(t, b, n)
			return tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{"e":-1,"structures":[{"structure_id":"` + sid + `","formula":"MgO","n_atoms":1}]}`)}
		case in.Tool == "calculate_energy_above_hull":
			return tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(fmt.Sprintf(`{"h":%g}`, 0.3/float64(n)))}
		}
		return tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{"e":0}`)}
	}
	first := b.turn(t, 1, b.head)
	require.Equal(t, tool.ServerWorkflow, first.Calls[0].Server)
	in := activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}
	var plan activities.FanOutPlan
	b.do(t, activities.NameOpenCandidates, in, &plan)
	require.Equal(t, 3, plan.Count)
	require.Equal(t, []int{activities.StageGenerate, activities.StageValidate, activities.StageHull}, plan.Quick)
	for i := range 3 {
		for stage := 1; stage <= activities.LastStage; stage++ {
			c := in
			c.Step, c.Candidate = id.CandidateStep(i+1, stage), &activities.CandidateRef{Call: "t1.tool1", Index: i, Number: i + 1, Stage: stage}
			var r activities.CallResult
			b.do(t, activities.NameCallTool, c, &r)
			if i == 1 && stage != activities.StageValidate {
				require.Equal(t, tool.StatusToolError, r.Status, "stage %d of a candidate without structures", stage)
			} else {
				require.Equal(t, tool.StatusOK, r.Status)
			}
		}
	}
	var r activities.CallResult
	b.do(t, activities.NameSettleCandidates, activities.SettleCandidatesInput{CallInput: in, Evaluated: 3}, &r)
	calls, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	require.Equal(t, "t1.tool1", calls[0].ID, "those of candidates come last")
	var got struct {
		Complete, Partial int
		Candidates        []struct {
			Formula, Status string
			Values          []struct {
				Key   string
				Value any
			}
		}
	}
	require.NoError(t, json.Unmarshal(calls[0].Result, &got))
	require.Equal(t, 2, got.Complete)
	require.Equal(t, 1, got.Partial)
	require.Equal(t, "CaO", got.Candidates[0].Formula, "the lowest above the hull comes first")
	var f activities.FinishResult
	b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: b.d.ID, Status: discovery.StatusFailed, Details: "cut off"}, &f)
	_, _, err = b.db.Reopen(t.Context(), "local", b.d.ID, discovery.Retry{})
	require.NoError(t, err)
	var again activities.BeginResult
	b.do(t, activities.NameBegin, activities.BeginInput{DiscoveryID: b.d.ID, Resume: true}, &again)
	require.Equal(t, []activities.FanOut{{Call: "t1.tool1", Base: 0, Count: 3}}, again.FanOuts, "candidates of a later call get numbers after these")
	values, _, err := b.db.Made(t.Context(), b.d.ID)
	require.NoError(t, err)
	stored := map[string]bool{}
	for _, v := range values {
		stored[v.Key] = true
	}
	require.NotEmpty(t, got.Candidates[0].Values)
	for _, v := range got.Candidates[0].Values {
		require.True(t, stored[v.Key], "%s can be cited", v.Key)
	}
}

func testQuestion(t *testing.T) {
	b := setup(t, wants("ask_user", `{"question":"which phase?","options":["cubic"],"default":"cubic"}`))
	b.turn(t, 1, b.head)
	in := activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}
	var q activities.Asked
	b.do(t, activities.NameAskUser, in, &q)
	require.Equal(t, activities.Asked{Text: "{{said:q.0.t1.tool1.0}}", Options: []string{"{{said:q.0.t1.tool1.2}}"}, Default: "{{said:q.0.t1.tool1.1}}", TimeoutS: 600}, q, "the engine is given no words")
	_, err := b.env.ExecuteActivity(activities.NameAnnounce, activities.AnnounceInput{DiscoveryID: b.d.ID, Counter: 1, Status: discovery.StatusNeedsAttention, Reason: "question", Details: q.Text, Question: activities.QuestionOf("t1.tool1", q)})
	require.NoError(t, err)
	b.earlier(t, time.Hour)
	var r activities.CallResult
	b.do(t, activities.NameSettle, activities.SettleInput{CallInput: in, Status: tool.StatusOK, Answer: &activities.Answer{Question: q.Text, Answer: q.Default, AnsweredBy: "user"}}, &r)
	q = activities.Asked{}
	b.do(t, activities.NameAskUser, in, &q)
	require.True(t, q.Done, "what is answered is not asked again")
	calls, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	require.InDelta(t, 3600, calls[0].DurationS, 60, "from the question to its answer")
	require.JSONEq(t, `{"question":"which phase?","answer":"cubic","answered_by":"user"}`, string(calls[0].Result))
	es, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	told := slices.IndexFunc(es, func(e event.Event) bool { return e.Type == event.TypeToolCallResult })
	p, err := event.Decode(es[told])
	require.NoError(t, err)
	require.InDelta(t, 3600, p.(event.ToolCallResult).DurationS, 60)
	asked := slices.IndexFunc(es, func(e event.Event) bool { return e.Type == event.TypeQuestion })
	p, err = event.Decode(es[asked])
	require.NoError(t, err)
	require.Equal(t, event.Question{QuestionID: "t1.tool1", Text: "which phase?", Options: []string{"cubic"}, Default: "cubic"}, p)
	p, err = event.Decode(es[asked-1])
	require.NoError(t, err)
	require.Equal(t, "which phase?", p.(event.DiscoveryStatus).Details)
}

// earlier moves the opening of every step into the past.
func (b *bundle) earlier(t *testing.T, by time.Duration) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "UPDATE steps SET opened_at = opened_at - make_interval(secs => $1)", by.Seconds())
	require.NoError(t, err)
}

func testNoQuestion(t *testing.T) {
	b := setup(t, wants("ask_user", `{"question":"","default":"x"}`))
	b.turn(t, 1, b.head)
	var q activities.Asked
	b.do(t, activities.NameAskUser, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}, &q)
	require.True(t, q.Done)
	calls, err := b.db.Of(t.Context(), b.d.ID)
	require.NoError(t, err)
	require.Equal(t, "question", calls[0].Error.Field)
}

func testResume(t *testing.T) {
	two := llm.Turn{FinishReason: "tool_calls", ToolCalls: []llm.ToolCall{{ID: "a", Name: "energy", Arguments: `{"n":1}`}, {ID: "b", Name: "energy", Arguments: `{"n":2}`}}}
	b := setup(t, two, llm.Turn{Text: "done", FinishReason: "stop"})
	first := b.turn(t, 1, b.head)
	var r activities.CallResult
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}, &r)
	var f activities.FinishResult
	b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: b.d.ID, Status: discovery.StatusFailed, Details: "the disk is full"}, &f)
	d, reopened, err := b.db.Reopen(t.Context(), "local", b.d.ID, discovery.Retry{})
	require.NoError(t, err)
	require.True(t, reopened)

	var begun activities.BeginResult
	b.do(t, activities.NameBegin, activities.BeginInput{DiscoveryID: d.ID, Resume: true}, &begun)
	require.Equal(t, 1, begun.Resume.Gen)
	require.Equal(t, first.Head, begun.Head)
	require.Equal(t, 1, begun.Turn)
	require.Len(t, begun.Resume.Open, 1, "what is done is not made again")
	require.Equal(t, "t1.tool2", begun.Resume.Open[0].CallID)
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: d.ID, Gen: 1, TurnGen: 0, Turn: 1, Step: "t1.tool2"}, &r)
	var second activities.TurnResult
	b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: d.ID, Gen: 1, Turn: 2, Step: "t2.llm", Head: first.Head, PrevGen: 0}, &second)
	require.Empty(t, second.Calls)
	b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: d.ID, Gen: 1, Head: second.Head}, &f)
	require.Equal(t, discovery.StatusCompleted, f.Status)
	require.Equal(t, 2, b.tools.calls)
}

func testFork(t *testing.T) {
	b := setup(t, asks(`{}`), llm.Turn{Text: "one", FinishReason: "stop"})
	first := b.turn(t, 1, b.head)
	var r activities.CallResult
	b.do(t, activities.NameCallTool, activities.CallInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.tool1"}, &r)
	b.turn(t, 2, first.Head)
	f, _, err := b.db.Fork(t.Context(), "local", b.d.ID, discovery.Fork{Turn: 1, Query: "rather CaO"})
	require.NoError(t, err)
	var begun activities.BeginResult
	b.do(t, activities.NameBegin, activities.BeginInput{DiscoveryID: f.ID}, &begun)
	require.True(t, begun.Forked)
	require.Equal(t, 1, begun.Turn)
	var next activities.TurnResult
	b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: f.ID, Turn: 2, Step: "t2.llm", Head: begun.Head, PrevGen: activities.NoResults, Budget: begun.Budget.With(&discovery.Budget{WallS: 7200}),
		Notes: []activities.Note{{ID: "n", Text: "and be quick"}}}, &next)
	asked := b.model.asked[len(b.model.asked)-1].Messages
	words := make([]string, 0, len(asked))
	for _, m := range asked {
		words = append(words, string(m.Role)+":"+m.Content)
	}
	all := strings.Join(words, "\n")
	require.Equal(t, 1, strings.Count(all, "tool:"), "the results of the shared turn are there once")
	require.Less(t, strings.Index(all, "tool:"), strings.Index(all, "user:rather CaO"))
	require.Less(t, strings.Index(all, "user:rather CaO"), strings.Index(all, "user:and be quick"))
	require.Equal(t, []string{"7200"}, wallTold(all), "of the limits, those that hold are told")
}

var wallTime = regexp.MustCompile(`Wall time: (\d+) s`)

// wallTold gives the limits of wall time that a model was told.
func wallTold(text string) []string {
	var out []string
	for _, m := range wallTime.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// testLimitsAreTold: limits that change on the way are told to the model with its
// next turn, in the place of the first ones.
func testLimitsAreTold(t *testing.T) {
	b := setup(t, asks(`{}`), asks(`{}`), llm.Turn{Text: "done", FinishReason: "stop"})
	told := func(n int, head string, prevGen int, budget discovery.Budget) (activities.TurnResult, []string) {
		var r activities.TurnResult
		b.do(t, activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: n, Step: fmt.Sprintf("t%d.llm", n), Head: head, PrevGen: prevGen, Budget: budget}, &r)
		asked := b.model.asked[len(b.model.asked)-1].Messages
		require.Equal(t, llm.RoleSystem, asked[1].Role)
		all := ""
		for i, m := range asked {
			all += m.Content + "\n"
			require.False(t, i > 2 && m.Role == llm.RoleSystem, "a system message stands at the top")
		}
		return r, wallTold(all)
	}
	first, limits := told(1, b.head, 0, b.d.Budget)
	require.Equal(t, []string{fmt.Sprintf("%.0f", b.d.Budget.WallS)}, limits)
	b.call(t)
	second, limits := told(2, first.Head, 0, b.d.Budget.With(&discovery.Budget{WallS: 9000}))
	require.Equal(t, []string{"9000"}, limits)
	_, limits = told(3, second.Head, activities.NoResults, b.d.Budget.With(&discovery.Budget{WallS: 9999}))
	require.Equal(t, []string{"9999"}, limits)
}

func testApproval(t *testing.T) {
	b := setup(t, asks(`{"n":3}`))
	b.turn(t, 1, b.head)
	_, err := b.env.ExecuteActivity(activities.NameAnnounce, activities.AnnounceInput{DiscoveryID: b.d.ID, Counter: 1,
		Status: discovery.StatusNeedsAttention, Reason: "approval", Approval: &activities.ApprovalAsk{CallID: "t1.tool1", Turn: 1, Why: "long"}})
	require.NoError(t, err)
	es, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	p, err := event.Decode(es[len(es)-1])
	require.NoError(t, err)
	require.Equal(t, event.ApprovalRequest{CallID: "t1.tool1", Tool: "energy", Arguments: map[string]any{"n": 3.0}, Why: "long"}, p)
}
