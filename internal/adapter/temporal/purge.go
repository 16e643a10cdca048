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

// Purge deletes the histories of all runs of the discovery, and of the workflows
// it started (their ids begin with its own). The engine ends those that still
// run, at once; of one that is closed already it is a minute until nothing shows
// it. One that the index does not show yet ends with the namespace's retention.
func (e *Eraser) Purge(ctx context.Context, discoveryID string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := e.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: e.namespace, PageSize: 1000, Query: fmt.Sprintf("WorkflowId STARTS_WITH '%s'", strings.ReplaceAll(discoveryID, "'", "")),
	})
	if err != nil {
		return wrap(err, "list the runs")
	}
	var runs []*common.WorkflowExecution
	listed := false
	for _, x := range list.GetExecutions() {
		runs = append(runs, x.GetExecution())
		listed = listed || x.GetExecution().GetWorkflowId() == discoveryID
	}
	if !listed { // the index may not show it yet
		runs = append(runs, &common.WorkflowExecution{WorkflowId: discoveryID})
	}
	var missing *serviceerror.NotFound
	var errs []error
	for _, run := range runs {
		_, err := e.client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{Namespace: e.namespace, WorkflowExecution: run})
		if err != nil && !errors.As(err, &missing) {
			errs = append(errs, wrap(err, "forget the run"))
		}
	}
	return errors.Join(errs...)
}
