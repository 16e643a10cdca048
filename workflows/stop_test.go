package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
)

var longRef = activities.CallRef{CallID: "t1.tool1", Tool: "relax_structure", Server: "mace", Long: true, Summary: "relax"}

// TestAStoppedCallGetsItsOutcomeFromTheRun: the call itself does not know
// whether it is given up or made again.
func TestAStoppedCallGetsItsOutcomeFromTheRun(t *testing.T) {
	for _, c := range []struct {
		name, why string
		stop      func(*testsuite.TestWorkflowEnvironment)
		status    discovery.Status
	}{
		{"cancelled", "stopped by the user", (*testsuite.TestWorkflowEnvironment).CancelWorkflow, discovery.StatusCancelled},
		{"late", "wall time limit", nil, discovery.StatusBudgetExhausted},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakes{turn: calling(longRef)}
			env := environment(t, f)
			cancelled := whenCancelled(env)
			f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
				require.True(t, in.Settles)
				if c.stop != nil {
					c.stop(env)
				}
				return activities.CallResult{}, cancelled()
			}
			if c.stop == nil {
				f.call = nil
				env.OnActivity(activities.NameCallTool, mock.Anything, mock.Anything).After(2*time.Hour).Return(activities.CallResult{Status: tool.StatusOK}, nil)
			}
			_, err := runIt(t, env, input)
			require.NoError(t, err)
			require.Equal(t, c.status, f.finished.Status)
			require.Len(t, f.settled, 1)
			require.Equal(t, tool.StatusCancelled, f.settled[0].Status)
			require.Contains(t, f.settled[0].Error.Message, c.why)
		})
	}
}

// TestInstructionsBeforeTheStart: what is said to a queued discovery holds from
// its start on, and its viewers are told.
func TestInstructionsBeforeTheStart(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 1), begin: func(n int) activities.BeginResult {
		return activities.BeginResult{Ready: n == 2, Head: "h0", Budget: discovery.Budget{WallS: 7200, ToolCalls: 10}}
	}}
	env := environment(t, f)
	send(t, env, time.Second, discovery.Update{RequestID: "b", Kind: discovery.UpdateSetBudget, Budget: &discovery.Budget{ToolCalls: 5}})
	send(t, env, 2*time.Second, discovery.Update{RequestID: "p", Kind: discovery.UpdatePause, Reason: "not yet"})
	env.RegisterDelayedCallback(func() {
		s := stateOf(t, env)
		require.Equal(t, discovery.StatusPaused, s.Status)
		require.Equal(t, discovery.Budget{WallS: 7200, ToolCalls: 5}, s.Budget)
		require.Zero(t, s.Turn)
	}, time.Hour)
	send(t, env, 2*time.Hour, discovery.Update{RequestID: "r", Kind: discovery.UpdateResume})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, []discovery.Status{discovery.StatusPaused, discovery.StatusPaused, discovery.StatusRunning}, f.statuses)
	require.Equal(t, 5, f.notices[0].Budget.ToolCalls)
	require.Equal(t, "the limits are now 5 tool calls", f.notices[0].Details, "of others nothing is known yet")
}

// TestContradictions: an instruction that does not fit where the run stands is
// refused with words, and changes nothing.
func TestContradictions(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 1)}
	env := environment(t, f)
	refusals := map[string]string{}
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		within(env, func() {
			for _, u := range []discovery.Update{
				{Kind: discovery.UpdateResume}, {Kind: discovery.UpdateAnswer, Text: "x"}, {Kind: discovery.UpdateApprove, Decision: discovery.Allow},
				{Kind: discovery.UpdateRetryStep}, {Kind: discovery.UpdateSkipStep}, {Kind: discovery.UpdateCancelStep, Step: "t7.tool1"}, {Kind: discovery.UpdateSetBudget},
			} {
				env.UpdateWorkflow(string(u.Kind), "no-"+string(u.Kind), &testsuite.TestUpdateCallback{
					OnAccept: func() { t.Errorf("%s was accepted", u.Kind) }, OnReject: func(err error) { refusals[string(u.Kind)] = err.Error() }, OnComplete: func(any, error) {},
				}, u)
			}
		})
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Empty(t, f.notices)
	for kind, words := range map[string]string{
		"resume": "not paused", "answer": "no such question", "approve": "no such call", "retry_step": "no step waits", "skip_step": "no step waits",
		"cancel_step": "t7.tool1 is no call", "set_budget": "no limit",
	} {
		require.Contains(t, refusals[kind], words)
	}
}

// TestCancelStepActsUnderAPause: what is given up is settled while the others
// wait for the end of the pause.
func TestCancelStepActsUnderAPause(t *testing.T) {
	f := &fakes{turn: calling(longRef)}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		say(t, env, discovery.Update{Kind: discovery.UpdatePause, RequestID: "p"})
		return activities.CallResult{}, cancelled()
	}
	send(t, env, time.Hour, discovery.Update{RequestID: "c", Kind: discovery.UpdateCancelStep, Step: "t1.tool1"})
	settled := -1
	env.RegisterDelayedCallback(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		settled = len(f.settled)
	}, 2*time.Hour)
	deny(t, env, 2*time.Hour, discovery.Update{RequestID: "c2", Kind: discovery.UpdateCancelStep, Step: "t1.tool1"})
	send(t, env, 3*time.Hour, discovery.Update{RequestID: "r", Kind: discovery.UpdateResume})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 1, settled, "before the resume")
	require.Len(t, f.settled, 1)
}

// TestAStoppedFanOutKeepsWhatItFound: its own call has an outcome, and the calls
// that were made are counted, however it was stopped.
func TestAStoppedFanOutKeepsWhatItFound(t *testing.T) {
	for name, stop := range map[string]func(*testing.T, *testsuite.TestWorkflowEnvironment){
		"cancelled": func(_ *testing.T, env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() },
		"given up": func(t *testing.T, env *testsuite.TestWorkflowEnvironment) {
			say(t, env, discovery.Update{Kind: discovery.UpdateCancelStep, RequestID: "c", Step: "t1.tool1"})
		},
		"finished": func(t *testing.T, env *testsuite.TestWorkflowEnvironment) {
			say(t, env, discovery.Update{Kind: discovery.UpdateFinishNow, RequestID: "f"})
		},
		"late": nil, // a call of two hours meets the wall limit
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{turn: calling(fanRef), candidates: 2, begin: began(discovery.Policy{}, discovery.Budget{ToolCalls: 200, WallS: 3600})}
			env := environment(t, f)
			cancelled := whenCancelled(env)
			f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
				if in.Step == "c1.t3.tool1" {
					stop(t, env)
					return activities.CallResult{}, cancelled()
				}
				return activities.CallResult{Status: tool.StatusOK}, nil
			}
			if stop == nil {
				slow := mock.MatchedBy(func(in activities.CallInput) bool { return in.Step == "c1.t3.tool1" })
				done := activities.CallResult{Status: tool.StatusOK}
				env.OnActivity(activities.NameCallTool, mock.Anything, slow).After(2*time.Hour).Return(done, nil)
				env.OnActivity(activities.NameCallTool, mock.Anything, mock.Anything).Return(done, nil)
			}
			_, err := runIt(t, env, input)
			require.NoError(t, err)
			require.Len(t, f.gathered, 1)
			require.Equal(t, tool.StatusCancelled, f.gathered[0].Status)
			require.Equal(t, 2, f.gathered[0].Evaluated)
			require.NotEmpty(t, f.gathered[0].Error.Message)
			require.Empty(t, f.settled)
			require.GreaterOrEqual(t, f.finished.Usage.ToolCalls, 2, "those of the first candidate")
			require.LessOrEqual(t, f.finished.Usage.ToolCalls, 6)
		})
	}
}

// TestAFanOutGoesOnWithTheCandidatesItHad: what was spent before a pause does
// not shrink it.
func TestAFanOutGoesOnWithTheCandidatesItHad(t *testing.T) {
	f := &fakes{turn: calling(fanRef), candidates: 2, begin: began(discovery.Policy{}, discovery.Budget{ToolCalls: 9})}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	made := map[string]int{}
	second := make(chan struct{}) // the second candidate is in its first call when the pause comes
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		f.mu.Lock()
		made[in.Step]++
		n := made[in.Step]
		f.mu.Unlock()
		cut := in.Step == "c1.t3.tool1" || in.Step == "c2.t1.tool1"
		switch {
		case cut && n == 1 && in.Step == "c1.t3.tool1":
			<-second
			say(t, env, discovery.Update{Kind: discovery.UpdatePause, RequestID: "p"})
			return activities.CallResult{}, cancelled()
		case cut && n == 1:
			close(second)
			return activities.CallResult{}, cancelled()
		}
		return activities.CallResult{Status: tool.StatusOK, Cached: n > 1 && !cut}, nil
	}
	send(t, env, time.Hour, discovery.Update{RequestID: "r", Kind: discovery.UpdateResume})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 2, f.gathered[0].Evaluated)
	require.Equal(t, 9, r.Usage.ToolCalls)
}
