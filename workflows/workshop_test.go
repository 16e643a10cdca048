package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"crystalyse/activities"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

// TestWorkshop: one step, the one that was asked for; a server that fails twice
// is asked again, one that says no is not.
func TestWorkshop(t *testing.T) {
	t.Parallel()
	refused := &tool.Error{Code: "invalid_input", Field: "content", Message: "no crystal"}
	for name, c := range map[string]struct {
		in       workflows.WorkshopInput
		failures []error
		answer   activities.WorkshopResult
		tries    int
		failed   bool
	}{
		activities.NameParseStructure:   {workflows.WorkshopInput{Parse: &activities.ParseInput{UserID: "ada", Path: "uploads/x", Format: "cif"}}, nil, activities.WorkshopResult{Error: refused}, 1, false},
		activities.NameConvertStructure: {workflows.WorkshopInput{Convert: &activities.ConvertInput{UserID: "ada", StructureID: "st_1", Format: "cif"}}, []error{errors.New("lost"), errors.New("lost")}, activities.WorkshopResult{Result: json.RawMessage(`{"path":"x"}`)}, 3, false},
		activities.NameListPotentials:   {workflows.WorkshopInput{}, []error{temporal.NewNonRetryableApplicationError("unknown", "not_found", nil)}, activities.WorkshopResult{}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment()
			tries := 0
			step := func() (activities.WorkshopResult, error) {
				tries++
				if tries <= len(c.failures) {
					return activities.WorkshopResult{}, c.failures[tries-1]
				}
				return c.answer, nil
			}
			// Another step than the one asked for is not registered, and fails.
			o := activity.RegisterOptions{Name: name}
			switch name {
			case activities.NameParseStructure:
				env.RegisterActivityWithOptions(func(_ context.Context, in activities.ParseInput) (activities.WorkshopResult, error) {
					require.Equal(t, *c.in.Parse, in)
					return step()
				}, o)
			case activities.NameConvertStructure:
				env.RegisterActivityWithOptions(func(_ context.Context, in activities.ConvertInput) (activities.WorkshopResult, error) {
					require.Equal(t, *c.in.Convert, in)
					return step()
				}, o)
			default:
				env.RegisterActivityWithOptions(func(context.Context) (activities.WorkshopResult, error) { return step() }, o)
			}
			env.ExecuteWorkflow(workflows.WorkshopWorkflow, c.in)
			require.True(t, env.IsWorkflowCompleted())
			require.Equal(t, c.tries, tries)
			var out activities.WorkshopResult
			if c.failed {
				require.Error(t, env.GetWorkflowError())
				return
			}
			require.NoError(t, env.GetWorkflowResult(&out))
			require.Equal(t, c.answer.Error, out.Error)
			if c.answer.Result != nil {
				require.JSONEq(t, string(c.answer.Result), string(out.Result))
			}
		})
	}
}
