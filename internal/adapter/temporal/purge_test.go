package temporal_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/id"
	"crystalyse/workflows"
)

// TestPurge ends a run with what it started and has the engine forget them, as
// well as one that is closed; it leaves others alone, and finds nothing to do a
// second time.
func TestPurge(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, err := temporal.Dial(ctx, temporal.Options{Address: embeddedtest.Temporal(t), Namespace: "default", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	mine, other, closed := id.NewDiscovery(), id.NewDiscovery(), id.NewDiscovery()
	for _, name := range []string{mine, mine + "/c1", other, closed} {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: name, TaskQueue: "nobody"}, workflows.Discovery, workflows.Input{})
		require.NoError(t, err)
	}
	require.NoError(t, c.TerminateWorkflow(ctx, closed, "", "it is over"))
	listed := func(did string, more ...string) int {
		l, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", Query: "WorkflowId STARTS_WITH '" + did + "'" + strings.Join(more, "")})
		if err != nil {
			return -1 // asked again
		}
		return len(l.GetExecutions())
	}
	require.Eventually(t, func() bool { return listed(mine) == 2 && listed(closed, " AND ExecutionStatus = 'Terminated'") == 1 }, 4*time.Minute, 50*time.Millisecond, "the index shows them")
	e := temporal.NewEraser(c, "default")
	for _, did := range []string{mine, closed} {
		require.NoError(t, e.Purge(ctx, did))
		require.Eventually(t, func() bool {
			seen, err := e.Describe(ctx, did)
			return err == nil && seen.State == temporal.StateAbsent && listed(did) == 0
		}, 4*time.Minute, 500*time.Millisecond, "%s is forgotten", did)
	}
	seen, err := e.Describe(ctx, other)
	require.NoError(t, err)
	require.Equal(t, temporal.StateRunning, seen.State)
	require.NoError(t, e.Purge(ctx, mine), "there is nothing left")
}
