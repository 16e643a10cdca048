package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	temporal "go.temporal.io/sdk/client"
)

// TestMemorySchedule: the worker has the engine consolidate every hour. The
// schedule is made once, whoever starts again; when it fires, what closed
// discoveries found is remembered, each once.
func TestMemorySchedule(t *testing.T) {
	s := up(t)
	schedules := func(c temporal.Client) (ids []string) {
		list, err := c.ScheduleClient().List(t.Context(), temporal.ScheduleListOptions{})
		require.NoError(t, err)
		for list.HasNext() {
			e, err := list.Next()
			require.NoError(t, err)
			ids = append(ids, e.ID)
		}
		return ids
	}
	const name = "memory-consolidation"
	c := s.engine(t)
	waitFor(t, "the schedule", func() bool { return len(schedules(c)) > 0 })
	made, err := c.ScheduleClient().GetHandle(t.Context(), name).Describe(t.Context())
	require.NoError(t, err)

	kill(t, s.status().Worker.PID)
	s.healthy()
	s.stop()
	s.start()
	c = s.engine(t)
	require.Equal(t, []string{name}, schedules(c))
	h := c.ScheduleClient().GetHandle(t.Context(), name)
	again, err := h.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, made.Info.CreatedAt, again.Info.CreatedAt, "it is the same one")
	require.NoError(t, h.Pause(t.Context(), temporal.SchedulePauseOptions{}), "a full hour may strike")

	const few = 7
	s.remember(few)
	digests := func() int { return s.number(`SELECT count(*) FROM memories WHERE source LIKE 'discovery/%'`) }
	require.Zero(t, digests())
	for fired := 1; fired <= 2; fired++ {
		require.NoError(t, h.Trigger(t.Context(), temporal.ScheduleTriggerOptions{}))
		waitFor(t, "the run to end", func() bool {
			d, err := h.Describe(t.Context())
			return err == nil && d.Info.NumActions >= again.Info.NumActions+fired && len(d.Info.RunningWorkflows) == 0 && digests() == few
		})
	}
	require.Equal(t, few, s.number(`SELECT count(DISTINCT discovery_id) FROM memories WHERE source LIKE 'discovery/%'`))
	require.Equal(t, few, s.number(`SELECT count(*) FROM events WHERE type = 'memory_consolidate'`), "each is told once")
}
