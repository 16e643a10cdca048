package workflows_test

import (
	"context"
	"errors"
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
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

// fakes stand for the activities; each test sets what it needs.
type fakes struct {
	begin    func(n int) activities.BeginResult
	turn     func(in activities.TurnInput) (activities.TurnResult, error)
	call     func(ctx context.Context, in activities.CallInput) (activities.CallResult, error)
	finished activities.FinishInput
	settled  []activities.SettleInput
	notices  []activities.AnnounceInput
	remember []activities.RememberInput
	asked    activities.Asked
	statuses []discovery.Status
	begins   int

	candidates int
	quick      []int // stages of them that are not long
	gathered   []activities.SettleCandidatesInput

	mu sync.Mutex
}

func (f *fakes) register(env interface {
	RegisterActivityWithOptions(a any, o activity.RegisterOptions)
}) {
	reg := func(name string, fn any) { env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name}) }
	reg(activities.NameBegin, func(context.Context, activities.BeginInput) (activities.BeginResult, error) {
		f.begins++
		if f.begin != nil {
			return f.begin(f.begins), nil
		}
		return activities.BeginResult{Ready: true, Head: "h0", Mode: discovery.ModeAuto, Budget: discovery.Budget{WallS: 3600, Tokens: 10_000, ToolCalls: 10}}, nil
	})
	reg(activities.NameLLMTurn, func(ctx context.Context, in activities.TurnInput) (activities.TurnResult, error) {
		defer beating(ctx)()
		return f.turn(in)
	})
	reg(activities.NameCallTool, func(ctx context.Context, in activities.CallInput) (activities.CallResult, error) {
		defer beating(ctx)()
		if f.call == nil {
			return activities.CallResult{Status: tool.StatusOK}, nil
		}
		return f.call(ctx, in)
	})
	reg(activities.NameSkipTool, func(context.Context, activities.CallInput) (activities.CallResult, error) {
		return activities.CallResult{Status: tool.StatusFailed}, nil
	})
	reg(activities.NameAnnounce, func(_ context.Context, in activities.AnnounceInput) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.statuses = append(f.statuses, in.Status)
		f.notices = append(f.notices, in)
		return nil
	})
	reg(activities.NameSettle, func(_ context.Context, in activities.SettleInput) (activities.CallResult, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.settled = append(f.settled, in)
		return activities.CallResult{Status: in.Status}, nil
	})
	reg(activities.NameAskUser, func(context.Context, activities.CallInput) (activities.Asked, error) { return f.asked, nil })
	reg(activities.NameOpenCandidates, func(context.Context, activities.CallInput) (activities.FanOutPlan, error) {
		return activities.FanOutPlan{Count: f.candidates, Quick: f.quick}, nil
	})
	reg(activities.NameSettleCandidates, func(_ context.Context, in activities.SettleCandidatesInput) (activities.CallResult, error) {
		f.gathered = append(f.gathered, in)
		return activities.CallResult{}, nil
	})
	reg(activities.NameRemember, func(_ context.Context, in activities.RememberInput) error {
		f.remember = append(f.remember, in)
		return nil
	})
	reg(activities.NameFinish, func(_ context.Context, in activities.FinishInput) (activities.FinishResult, error) {
		f.finished = in
		status := in.Status
		if status == "" {
			status = discovery.StatusCompleted
		}
		return activities.FinishResult{Status: status, ReportID: "rep", Usage: discovery.Usage{WallS: 12}}, nil
	})
}

// beating lets a step heartbeat until stop, as the real ones do: one that is
// silent for its fifteen seconds is taken for lost in the environment, too, and a
// busy machine may need longer for it.
func beating(ctx context.Context) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-over:
				return
			case <-t.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(over); <-ended }
}

// answerAfter calls tools for n turns, then answers.
func answerAfter(n, calls int) func(activities.TurnInput) (activities.TurnResult, error) {
	return func(in activities.TurnInput) (activities.TurnResult, error) {
		r := activities.TurnResult{Head: fmt.Sprintf("h%d", in.Turn), TokensIn: 10, TokensOut: 5}
		if in.Turn <= n {
			for i := range calls {
				r.Calls = append(r.Calls, activities.CallRef{CallID: fmt.Sprintf("t%d.tool%d", in.Turn, i+1), Tool: "x", Summary: "x"})
			}
		}
		return r, nil
	}
}

// newEnvironment gives an environment that waits for as long as a busy machine
// takes: by itself it gives up when nothing has happened for three seconds, or
// when a coroutine was not given the processor for one.
func newEnvironment() *testsuite.TestWorkflowEnvironment {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 10 * time.Minute})
	env.SetTestTimeout(10 * time.Minute)
	return env
}

func environment(t *testing.T, f *fakes) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	t.Parallel()
	env := newEnvironment()
	env.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
	env.RegisterWorkflowWithOptions(workflows.FanOutWorkflow, workflow.RegisterOptions{Name: workflows.FanOut})
	env.RegisterWorkflowWithOptions(workflows.CandidateWorkflow, workflow.RegisterOptions{Name: workflows.Candidate})
	f.register(env)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	return env
}

func runIt(t *testing.T, env *testsuite.TestWorkflowEnvironment, in workflows.Input) (workflows.Result, error) {
	t.Helper()
	env.ExecuteWorkflow(workflows.Discovery, in)
	require.True(t, env.IsWorkflowCompleted())
	if err := env.GetWorkflowError(); err != nil {
		return workflows.Result{}, err
	}
	var r workflows.Result
	require.NoError(t, env.GetWorkflowResult(&r))
	return r, nil
}

var input = workflows.Input{DiscoveryID: "disc-1"}

func TestAnswersAfterParallelCalls(t *testing.T) {
	f := &fakes{turn: answerAfter(2, 3)}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 6, r.Usage.ToolCalls)
	require.Equal(t, int64(45), r.Usage.TokensIn+r.Usage.TokensOut)
	require.InDelta(t, 12, r.Usage.WallS, 1e-9, "as the report has it")
}

func TestBudgetOfCallsIsReservedBeforeAnyRuns(t *testing.T) {
	var made atomic.Int32
	f := &fakes{turn: answerAfter(9, 4), call: func(context.Context, activities.CallInput) (activities.CallResult, error) {
		made.Add(1)
		return activities.CallResult{Status: tool.StatusOK}, nil
	}}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusBudgetExhausted, r.Status)
	require.Equal(t, int32(8), made.Load(), "a third turn of four would pass the limit of ten")
}

func TestBudgetOfTokens(t *testing.T) {
	f := &fakes{turn: func(in activities.TurnInput) (activities.TurnResult, error) {
		r, _ := answerAfter(99, 1)(in)
		r.TokensIn = 6000
		return r, nil
	}}
	f.begin = func(int) activities.BeginResult {
		return activities.BeginResult{Ready: true, Budget: discovery.Budget{Tokens: 10_000}}
	}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusBudgetExhausted, r.Status)
}

func TestCachedCallsAreNotCountedAgain(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 2), call: func(context.Context, activities.CallInput) (activities.CallResult, error) {
		return activities.CallResult{Status: tool.StatusOK, Cached: true}, nil
	}}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Zero(t, r.Usage.ToolCalls)
}

func TestCancelKeepsWhatThereIs(t *testing.T) {
	f := &fakes{turn: answerAfter(5, 1)}
	env := environment(t, f)
	f.call = func(ctx context.Context, _ activities.CallInput) (activities.CallResult, error) {
		env.CancelWorkflow()
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	_, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCancelled, f.finished.Status)
}

func TestContinuesAsNewWithItsState(t *testing.T) {
	f := &fakes{turn: answerAfter(100, 1), begin: func(int) activities.BeginResult { return activities.BeginResult{Ready: true, Head: "h0"} }}
	_, err := runIt(t, environment(t, f), input)
	require.Error(t, err)
	require.Contains(t, err.Error(), "continue as new")

	var carried workflows.State
	g := &fakes{turn: func(in activities.TurnInput) (activities.TurnResult, error) {
		require.Equal(t, 41, in.Turn)
		require.Equal(t, "h40", in.Head)
		return activities.TurnResult{Head: "end"}, nil
	}}
	env := newEnvironment()
	env.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, registered)
	g.register(env)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	carried = workflows.State{Started: true, Turn: 40, Head: "h40", Usage: discovery.Usage{ToolCalls: 40}}
	env.ExecuteWorkflow(workflows.Discovery, workflows.Input{DiscoveryID: "disc-1", Carry: &carried})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 40, g.finished.Usage.ToolCalls)
}

// TestFinishNowIsNotForgottenByANewRun: told in the last turn of a run, it ends
// the discovery in that run.
func TestFinishNowIsNotForgottenByANewRun(t *testing.T) {
	f := &fakes{turn: answerAfter(100, 1), begin: func(int) activities.BeginResult { return activities.BeginResult{Ready: true, Head: "h0"} }}
	env := environment(t, f)
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		if in.Turn == 40 {
			say(t, env, discovery.Update{Kind: discovery.UpdateFinishNow, RequestID: "f"})
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
}

func TestCancelStepAtAHoldGoesOnWithout(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 1)}
	f.call = func(context.Context, activities.CallInput) (activities.CallResult, error) {
		return activities.CallResult{}, temporal.NewNonRetryableApplicationError("no", "x", nil)
	}
	env := environment(t, f)
	send(t, env, time.Minute, discovery.Update{RequestID: "c", Kind: discovery.UpdateCancelStep, Step: "t1.tool1"})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
}

func TestHoldThenRetry(t *testing.T) {
	tries := 0
	f := &fakes{turn: answerAfter(1, 1), call: func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		if tries++; tries == 1 {
			return activities.CallResult{}, temporal.NewNonRetryableApplicationError("the disk is full", "invalid", nil)
		}
		require.Zero(t, in.Gen, "the fold must not drop what runs beside it")
		return activities.CallResult{Status: tool.StatusOK}, nil
	}}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.UpdateSkipStep, "wrong", refusedUpdate(t), discovery.Update{Step: "t9.tool9"})
		env.UpdateWorkflow(workflows.UpdateRetryStep, "r1", acceptedUpdate(t), discovery.Update{Step: "t1.tool1"})
	}, 5*time.Hour) // longer than the wall limit: waiting for the user does not count
	r, err := runIt(t, env, input)
	require.Equal(t, []discovery.Status{discovery.StatusNeedsAttention, discovery.StatusRunning}, f.statuses)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
}

func TestHoldThenSkip(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 2), call: func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		if in.Step == "t1.tool1" {
			return activities.CallResult{}, temporal.NewNonRetryableApplicationError("no such server", "not_found", nil)
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.UpdateSkipStep, "s1", acceptedUpdate(t), discovery.Update{})
	}, time.Minute)
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
}

func TestHoldOfATurnCannotBeSkippedAndFailsAfterADay(t *testing.T) {
	f := &fakes{
		begin: func(int) activities.BeginResult { return activities.BeginResult{Ready: true} },
		turn: func(activities.TurnInput) (activities.TurnResult, error) {
			return activities.TurnResult{}, temporal.NewNonRetryableApplicationError("the key is refused", "LLMAuth", nil)
		}}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.UpdateSkipStep, "s1", refusedUpdate(t), discovery.Update{})
	}, time.Minute)
	_, err := runIt(t, env, input)
	require.Error(t, err)
	require.Equal(t, discovery.StatusFailed, f.finished.Status)
	require.Contains(t, f.finished.Details, "the key is refused")
}

func TestFinishNowAtAHold(t *testing.T) {
	f := &fakes{turn: answerAfter(1, 1), call: func(context.Context, activities.CallInput) (activities.CallResult, error) {
		return activities.CallResult{}, temporal.NewNonRetryableApplicationError("broken", "internal", errors.New("x"))
	}}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.UpdateFinishNow, "f", acceptedUpdate(t), discovery.Update{})
	}, time.Minute)
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
}

func TestWaitsForTheSession(t *testing.T) {
	f := &fakes{turn: answerAfter(0, 0), begin: func(n int) activities.BeginResult { return activities.BeginResult{Ready: n == 3} }}
	env := environment(t, f)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalNudge, nil) }, 10*time.Second)
	_, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, 3, f.begins, "once at the start, once nudged, once by itself")
}

func TestWallLimitCutsARunningCall(t *testing.T) {
	f := &fakes{turn: answerAfter(9, 1), begin: func(int) activities.BeginResult {
		return activities.BeginResult{Ready: true, Budget: discovery.Budget{WallS: 60}}
	}}
	env := environment(t, f)
	env.OnActivity(activities.NameCallTool, mock.Anything, mock.Anything).After(2*time.Hour).Return(activities.CallResult{Status: tool.StatusOK}, nil)
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusBudgetExhausted, r.Status)
	require.Contains(t, f.finished.Details, "1m0s")
}
