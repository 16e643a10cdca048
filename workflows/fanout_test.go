package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

var fanRef = activities.CallRef{CallID: "t1.tool1", Tool: activities.ToolEvaluateCandidates, Server: tool.ServerWorkflow, Long: true, Summary: "candidates"}

// TestFanOut: a candidate whose stage fails keeps the others, and the window is
// never passed.
func TestFanOut(t *testing.T) {
	working, most := 0, 0
	f := &fakes{turn: calling(fanRef), candidates: 20, begin: began(discovery.Policy{}, discovery.Budget{ToolCalls: 200})}
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		f.mu.Lock()
		working++
		most = max(most, working)
		f.mu.Unlock()
		defer func() {
			f.mu.Lock()
			working--
			f.mu.Unlock()
		}()
		if in.Step == "c7.t2.tool1" {
			return activities.CallResult{}, temporal.NewNonRetryableApplicationError("no", "x", nil)
		}
		return activities.CallResult{Status: tool.StatusOK}, nil
	}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, 20*4-1+1, r.Usage.ToolCalls, "and the call that fanned out; the failed one is not counted")
	require.LessOrEqual(t, most, 8)
	require.Len(t, f.settled, 1)
	require.Equal(t, "c7.t2.tool1", f.settled[0].Step)
	require.Equal(t, 20, f.gathered[0].Evaluated)
}

// TestFanOutFitsTheBudget: candidates that the budget has no calls for are left.
func TestFanOutFitsTheBudget(t *testing.T) {
	f := &fakes{turn: calling(fanRef), candidates: 20, begin: began(discovery.Policy{}, discovery.Budget{ToolCalls: 30})}
	r, err := runIt(t, environment(t, f), input)
	require.NoError(t, err)
	require.Equal(t, 7, f.gathered[0].Evaluated, "one call is the fan-out's own; 29 more are seven times four and one")
	require.LessOrEqual(t, r.Usage.ToolCalls, 30)
}

// TestOnlyTheLongStageTakesALongSlot: the quick ones of a candidate do not wait
// behind the relaxations of others. A plan of a former version says nothing of
// its stages, and they go on as they did.
func TestOnlyTheLongStageTakesALongSlot(t *testing.T) {
	for name, c := range map[string]struct {
		quick []int
		long  []string
	}{
		"now":    {[]int{1, 3, 4}, []string{"c1.t2.tool1"}},
		"former": {nil, []string{"c1.t1.tool1", "c1.t2.tool1", "c1.t3.tool1", "c1.t4.tool1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{turn: calling(fanRef), candidates: 1, quick: c.quick, begin: longApart}
			on := map[string][]string{}
			f.call = func(ctx context.Context, in activities.CallInput) (activities.CallResult, error) {
				q := activity.GetInfo(ctx).TaskQueue
				on[q] = append(on[q], in.Step)
				return activities.CallResult{Status: tool.StatusOK}, nil
			}
			_, err := runIt(t, environment(t, f), input)
			require.NoError(t, err)
			require.Equal(t, c.long, on[workflows.QueueToolsGPU])
			require.Len(t, on[workflows.QueueTools], 4-len(c.long))
		})
	}
}

func TestFanOutContinuesAsNew(t *testing.T) {
	t.Parallel()
	env := newEnvironment()
	env.RegisterWorkflowWithOptions(workflows.FanOutWorkflow, workflow.RegisterOptions{Name: workflows.FanOut})
	env.RegisterWorkflowWithOptions(func(workflow.Context, workflows.CandidateInput) (int, error) { return 4, nil }, workflow.RegisterOptions{Name: workflows.Candidate})
	env.ExecuteWorkflow(workflows.FanOut, workflows.FanOutInput{Count: 1000})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
}

// TestPauseOfAFanOut: what was made before the pause is found after it, and is
// counted once.
func TestPauseOfAFanOut(t *testing.T) {
	made := map[string]int{}
	f := &fakes{turn: calling(fanRef), candidates: 1, begin: began(discovery.Policy{}, discovery.Budget{ToolCalls: 200})}
	env := environment(t, f)
	cancelled := whenCancelled(env)
	f.call = func(_ context.Context, in activities.CallInput) (activities.CallResult, error) {
		f.mu.Lock()
		made[in.Step]++
		n := made[in.Step]
		f.mu.Unlock()
		if in.Step == "c1.t3.tool1" && n == 1 {
			say(t, env, discovery.Update{Kind: discovery.UpdatePause, RequestID: "p", Reason: "lunch"})
			return activities.CallResult{}, cancelled()
		}
		return activities.CallResult{Status: tool.StatusOK, Cached: n > 1 && in.Step != "c1.t3.tool1"}, nil
	}
	send(t, env, time.Hour, discovery.Update{RequestID: "r", Kind: discovery.UpdateResume})
	r, err := runIt(t, env, input)
	require.NoError(t, err)
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, map[string]int{"c1.t1.tool1": 2, "c1.t2.tool1": 2, "c1.t3.tool1": 2, "c1.t4.tool1": 1}, made)
	require.Equal(t, 4+1, r.Usage.ToolCalls)
}
