package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"crystalyse/internal/removal"
)

// Eraser stops runs and has the engine forget them.
type Eraser struct {
	*Runner
	namespace string
}

var _ removal.Engine = (*Eraser)(nil)

// NewEraser gives an eraser for the namespace of the client.
func NewEraser(c client.Client, namespace string) *Eraser {
	return &Eraser{Runner: NewRunner(c), namespace: namespace}
}

// Purge terminates the run if it still runs and deletes the histories of all
// its runs, and of the workflows it started (their ids begin with its own). One
// that the index does not show yet ends with the namespace's retention.
func (e *Eraser) Purge(ctx context.Context, discoveryID string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := e.client.TerminateWorkflow(ctx, discoveryID, "", "deleted by its user")
	var missing *serviceerror.NotFound
	if err != nil && !errors.As(err, &missing) {
		return wrap(err, "end the run")
	}
	list, err := e.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: e.namespace, PageSize: 1000, Query: fmt.Sprintf("WorkflowId STARTS_WITH '%s'", strings.ReplaceAll(discoveryID, "'", "")),
	})
	if err != nil {
		return wrap(err, "list the runs")
	}
	runs := []*common.WorkflowExecution{{WorkflowId: discoveryID}} // the newest, listed or not
	for _, x := range list.GetExecutions() {
		runs = append(runs, x.GetExecution())
	}
	var errs []error
	for _, run := range runs {
		_, err := e.client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{Namespace: e.namespace, WorkflowExecution: run})
		if err != nil && !errors.As(err, &missing) {
			errs = append(errs, wrap(err, "forget the run"))
		}
	}
	return errors.Join(errs...)
}
