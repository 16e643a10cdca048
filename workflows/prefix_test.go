package workflows_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// TestReplayOfEveryPrefix: a worker that dies at any workflow task leaves the
// history up to there to the next one, which decides the same again.
func TestReplayOfEveryPrefix(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	tasks := 0
	for _, f := range files {
		all := load(t, f)
		r := replayer(t)
		for i, e := range all.Events[:min(len(all.Events), longest)] {
			if e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
				continue
			}
			tasks++
			// What the task decided follows it; the next worker is given the task that
			// comes after.
			end := i + 1
			for end < len(all.Events) && all.Events[end].GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_STARTED {
				end++
			}
			if end == len(all.Events) {
				continue // the whole history has a test of its own
			}
			prefix := &history.History{Events: all.Events[:end+1]}
			require.NoError(t, r.ReplayWorkflowHistory(nil, prefix), "%s up to event %d", f, end+1)
		}
	}
	require.Greater(t, tasks, 150)

	other := load(t, "testdata/completed.v2.json")
	for _, e := range other.Events {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			a.ActivityType.Name = "Other"
		}
	}
	require.Error(t, replayer(t).ReplayWorkflowHistory(nil, &history.History{Events: other.Events[:10]}), "a history of something else is noticed")
}

// longest is how far into a history is looked: later tasks decide nothing new.
const longest = 150

func load(t *testing.T, file string) *history.History {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h
}
