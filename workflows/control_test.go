package workflows_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

// send delivers an update after a while and requires that it is taken.
func send(t *testing.T, env *testsuite.TestWorkflowEnvironment, after time.Duration, u discovery.Update) {
	env.RegisterDelayedCallback(func() { env.UpdateWorkflow(string(u.Kind), u.RequestID, acceptedUpdate(t), u) }, after)
}

func deny(t *testing.T, env *testsuite.TestWorkflowEnvironment, after time.Duration, u discovery.Update) {
	env.RegisterDelayedCallback(func() { env.UpdateWorkflow(string(u.Kind), u.RequestID, refusedUpdate(t), u) }, after)
}

func stateOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) discovery.RunState {
	t.Helper()
	v, err := env.QueryWorkflow(workflows.QueryRun)
	require.NoError(t, err)
	var s discovery.RunState
	require.NoError(t, v.Get(&s))
	return s
}

// whenCancelled gives a call that ends when the workflow gives it up; the test
// environment tells only its listener.
func whenCancelled(env *testsuite.TestWorkflowEnvironment) func() error {
	gone := make(chan struct{})
	var once sync.Once
	env.SetOnActivityCanceledListener(func(*activity.Info) { once.Do(func() { close(gone) }) })
	return func() error { <-gone; return temporal.NewCanceledError() }
}

// began makes an opening with a policy.
func began(p discovery.Policy, b discovery.Budget) func(int) activities.BeginResult {
	return func(int) activities.BeginResult {
		return activities.BeginResult{Ready: true, Head: "h0", UserID: "u", Policy: p, Budget: b}
	}
}

// calling asks for the given calls in the first turn, then answers.
func calling(refs ...activities.CallRef) func(activities.TurnInput) (activities.TurnResult, error) {
	return func(in activities.TurnInput) (activities.TurnResult, error) {
		r := activities.TurnResult{Head: fmt.Sprint("h", in.Turn), TokensIn: 10}
		if in.Turn == 1 {
			r.Calls = refs
		}
		return r, nil
	}
}

func TestSteeringIsReadBeforeTheNextTurnAndOnce(t *testing.T) {
	var heard [][]activities.Note
	f := &fakes{turn: func(in activities.TurnInput) (activities.TurnResult, error) {
		heard = append(heard, in.Notes)
		return answerAfter(1, 1)(in)
	}}
	env := environment(t, f)
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		say(t, env, discovery.Update{Kind: discovery.UpdateSteer, RequestID: "s1", Text: "only oxides"})
		within(env, func() {
			env.UpdateWorkflow("steer", "s1", &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(error) {}, OnComplete: func(any, error) {}}, discovery.Update{RequestID: "s1", Text: "only oxides"})
		})
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	_, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, [][]activities.Note{nil, {{ID: "s1", Text: "only oxides"}}}, heard)
	require.Equal(t, "steered", f.notices[0].Notice)
}

func TestSteeringAfterTheAnswerGivesAnotherTurn(t *testing.T) {
	turns := 0
	f := &fakes{}
	env := environment(t, f)
	f.turn = func(in activities.TurnInput) (activities.TurnResult, error) {
		if turns++; turns == 1 {
			say(t, env, discovery.Update{Kind: discovery.UpdateSteer, RequestID: "s1", Text: "and its band gap?"})
		}
		return activities.TurnResult{Head: "h"}, nil
	}
	_, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, 2, turns)
}

// within does something in the environment's own loop while an activity waits for
// it: updates are sent from nowhere else, since nothing guards what they change.
func within(env *testsuite.TestWorkflowEnvironment, do func()) {
	done := make(chan struct{})
	env.RegisterDelayedCallback(func() { defer close(done); do() }, 0)
	<-done
}

// say gives the run an instruction that it takes, from within an activity.
func say(t *testing.T, env *testsuite.TestWorkflowEnvironment, u discovery.Update) {
	within(env, func() { env.UpdateWorkflow(string(u.Kind), u.RequestID, acceptedUpdate(t), u) })
}

func TestSteersAreAbsorbedThenRefused(t *testing.T) {
	taken, refused := 0, 0
	f := &fakes{turn: answerAfter(1, 1)}
	env := environment(t, f)
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		for batch := range 20 { // the environment holds so many at a time
			within(env, func() {
				for i := range 500 {
					name := fmt.Sprintf("s%d.%d", batch, i)
					env.UpdateWorkflow("steer", name, &testsuite.TestUpdateCallback{
						OnAccept: func() { taken++ }, OnReject: func(error) { refused++ }, OnComplete: func(any, error) {},
					}, discovery.Update{RequestID: name, Text: "x"})
				}
			})
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	_, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, 20, taken)
	require.Equal(t, 9980, refused)
}

// TestPause: a long call is stopped and made again after the pause, which is
// longer than the wall limit.
func TestPause(t *testing.T) {
	tries := 0
	f := &fakes{turn: calling(activities.CallRef{CallID: "t1.tool1", Tool: "relax_structure", Server: "mace", Long: true, Summary: "relax"})}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		if tries++; tries == 1 {
			say(t, env, discovery.Update{Kind: discovery.UpdatePause, RequestID: "p", Reason: "lunch"})
			return activities.CallResult{}, cancelled()
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	deny(t, env, time.Hour, discovery.Update{RequestID: "p2", Kind: discovery.UpdatePause})
	env.RegisterDelayedCallback(func() {
		s := stateOf(t, env)
		require.Equal(t, discovery.StatusPaused, s.Status)
		require.True(t, s.Paused)
		require.Nil(t, s.Deadline, "the clock stands")
		require.Less(t, s.Usage.WallS, 100.0)
	}, 4*time.Hour)
	send(t, env, 5*time.Hour, discovery.Update{RequestID: "r", Kind: discovery.UpdateResume})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 2, tries)
	require.Equal(t, 1, r.Usage.ToolCalls, "a call made again counts once")
	require.Equal(t, []discovery.Status{discovery.StatusPaused, discovery.StatusRunning}, f.statuses)
}

func TestCancelStepKeepsTheOthers(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 2)}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		if in.Step == "t1.tool2" {
			say(t, env, discovery.Update{Kind: discovery.UpdateCancelStep, RequestID: "c", Step: "t1.tool2"})
			return activities.CallResult{}, cancelled()
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	deny(t, env, 0, discovery.Update{RequestID: "c9", Kind: discovery.UpdateCancelStep, Step: "t9.tool9"})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 1, r.Usage.ToolCalls)
	require.Len(t, f.settled, 1)
	require.Equal(t, tool.StatusCancelled, f.settled[0].Status)
}

func TestFinishNowStopsWhatRuns(t *testing.T) {
	f := &fakes{turn: answerAfter(3, 1)}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		say(t, env, discovery.Update{Kind: discovery.UpdateFinishNow, RequestID: "f"})
		return activities.CallResult{}, cancelled()
	}
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Contains(t, f.finished.Details, "by the user")
}

var expensive = activities.CallRef{CallID: "t1.tool1", Tool: "relax_structures", Server: "mace", Long: true, Summary: "relax 100", EstimateS: 6000}

func TestApproval(t *testing.T) {
	for _, c := range []struct {
		name     string
		decision discovery.Decision
		made     int
	}{{"allow", discovery.Allow, 1}, {"deny", discovery.Deny, 0}, {"silence", "", 0}} {
		t.Run(c.name, func(t *testing.T) {
			made := 0
			f := &fakes{turn: calling(expensive), begin: began(discovery.Policy{AskAboveS: 3600}, discovery.Budget{WallS: 60}),
				call: func(context.Context, activities.CallInput) (activities.CallResult, error) {
					made++
					return activities.CallResult{Status: tool.StatusOK}, nil
				}}
			env := environment(t, f)
			if c.decision != "" {
				env.RegisterDelayedCallback(func() {
					s := stateOf(t, env)
					require.Equal(t, "approval", s.Reason)
					require.Equal(t, "t1.tool1", s.Pending[0].ID)
				}, time.Minute)
				deny(t, env, time.Hour, discovery.Update{RequestID: "a0", Kind: discovery.UpdateApprove, CallID: "t1.tool7", Decision: c.decision})
				send(t, env, 2*time.Hour, discovery.Update{RequestID: "a1", Kind: discovery.UpdateApprove, CallID: "t1.tool1", Decision: c.decision, Remember: true})
				deny(t, env, 2*time.Hour+time.Millisecond, discovery.Update{RequestID: "a2", Kind: discovery.UpdateApprove, Decision: c.decision})
			}
			r, err := runIt(t, env, input)
			require.NoError(t, err)
			require.Equal(t, discovery.StatusCompleted, r.Status)
			require.Equal(t, c.made, made)
			require.NotNil(t, f.notices[0].Approval)
			if c.made == 0 {
				require.Equal(t, "denied", f.settled[0].Error.Code)
			}
			if c.decision != "" {
				require.Equal(t, discovery.Remembered{Tool: "relax_structures", Decision: c.decision}, f.remember[0].Decision)
			}
		})
	}
}

func TestPolicyDeniesServersNobodyConfigured(t *testing.T) {
	f := &fakes{turn: calling(activities.CallRef{CallID: "t1.tool1", Tool: "x", Server: "stranger"}), begin: began(discovery.Policy{Servers: []string{"mace"}}, discovery.Budget{})}
	_, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Contains(t, f.settled[0].Error.Message, "stranger")
}

func TestQuestion(t *testing.T) {
	for _, c := range []struct{ name, say, answer, by string }{{"answered", "the cubic one", "the cubic one", "user"}, {"silence", "", "any", "default"}} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakes{turn: calling(activities.CallRef{CallID: "t1.tool1", Tool: activities.ToolAskUser, Server: tool.ServerWorkflow}),
				asked: activities.Asked{Text: "which phase?", Options: []string{"cubic"}, Default: "any", TimeoutS: 600}}
			env := environment(t, f)
			if c.say != "" {
				send(t, env, time.Minute, discovery.Update{RequestID: "q", Kind: discovery.UpdateAnswer, QuestionID: "t1.tool1", Text: c.say})
			}
			r, err := runIt(t, env, input)
			require.NoError(t, err)
			require.Equal(t, discovery.StatusCompleted, r.Status)
			require.Equal(t, "which phase?", f.notices[0].Question.Text)
			require.Contains(t, f.settled[0].Answer.Answer, c.answer)
			require.Contains(t, f.settled[0].Answer.AnsweredBy, c.by)
		})
	}
}

func TestBudgetIsWarnedOnceAndRaised(t *testing.T) {
	f := &fakes{turn: answerAfter(4, 3)} // twelve calls; the limit is ten
	env := environment(t, f)
	var made atomic.Int32
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		if made.Add(1) == 9 {
			within(env, func() {
				env.UpdateWorkflow("set_budget", "b0", refusedUpdate(t), discovery.Update{RequestID: "b0", Budget: &discovery.Budget{ToolCalls: 5}})
				env.UpdateWorkflow("set_budget", "b1", acceptedUpdate(t), discovery.Update{RequestID: "b1", Budget: &discovery.Budget{ToolCalls: 40}})
			})
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 12, r.Usage.ToolCalls)
	warned, raised := 0, 0
	for _, n := range f.notices {
		if n.Notice == "budget" && n.Budget == nil {
			warned++
		}
		if n.Budget != nil {
			raised = n.Budget.ToolCalls
		}
	}
	require.Equal(t, 1, warned)
	require.Equal(t, 40, raised)
}

func TestWallLimitIsRaisedAndLowered(t *testing.T) {
	for _, c := range []struct {
		name   string
		wall   float64
		status discovery.Status
	}{{"raised", 36_000, discovery.StatusCompleted}, {"lowered", 1200, discovery.StatusBudgetExhausted}} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakes{turn: answerAfter(2, 1)}
			env := environment(t, f)
			env.OnActivity(activities.NameCallTool, mock.Anything, mock.Anything).After(40*time.Minute).Return(activities.CallResult{Status: tool.StatusOK}, nil)
			deny(t, env, 10*time.Minute, discovery.Update{RequestID: "b0", Kind: discovery.UpdateSetBudget, Budget: &discovery.Budget{WallS: 60}})
			send(t, env, 10*time.Minute, discovery.Update{RequestID: "b", Kind: discovery.UpdateSetBudget, Budget: &discovery.Budget{WallS: c.wall}})
			r, err := runIt(t, env, input)
			require.NoError(t, err)
			require.Equal(t, c.status, r.Status)
		})
	}
}

// TestRetryOfAClosedOne goes on from the call that is not done.
func TestRetryOfAClosedOne(t *testing.T) {
	var made []string
	limits := discovery.Budget{WallS: 5400, Tokens: 5000, ToolCalls: 60}
	f := &fakes{begin: func(int) activities.BeginResult {
		return activities.BeginResult{Ready: true, Head: "h2", Turn: 2, Budget: limits, Resume: &activities.ResumePoint{
			Gen: 4, PrevGen: 1, Head: "h2", Open: []activities.CallRef{{CallID: "t2.tool2", Tool: "x", Server: "s"}}, Usage: discovery.Usage{ToolCalls: 3},
		}}
	}}
	f.turn = func(in activities.TurnInput) (activities.TurnResult, error) {
		require.Equal(t, 3, in.Turn)
		require.Equal(t, 4, in.Gen)
		require.Equal(t, 1, in.PrevGen)
		require.Equal(t, limits, in.Budget, "the model is told what the retry is granted")
		return activities.TurnResult{Head: "h3"}, nil
	}
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		require.Equal(t, 1, in.TurnGen)
		require.Equal(t, 4, in.Gen)
		made = append(made, in.Step)
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	r, err := runIt(t, environment(t, f), workflows.Input{DiscoveryID: "disc-1", Retry: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"t2.tool2"}, made)
	require.Equal(t, 4, r.Usage.ToolCalls)
}

func TestParallelFailuresWaitTogether(t *testing.T) {
	tries := map[string]int{}
	f := &fakes{turn: answerAfter(1, 2)}
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if tries[in.Step]++; tries[in.Step] == 1 {
			return activities.CallResult{}, temporal.NewNonRetryableApplicationError("no", "x", nil)
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() { require.Len(t, stateOf(t, env).Pending, 2) }, time.Minute)
	send(t, env, time.Hour, discovery.Update{RequestID: "1", Kind: discovery.UpdateRetryStep, Step: "t1.tool2"})
	send(t, env, 2*time.Hour, discovery.Update{RequestID: "2", Kind: discovery.UpdateSkipStep, Step: "t1.tool1"})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, map[string]int{"t1.tool1": 1, "t1.tool2": 2}, tries)
}
