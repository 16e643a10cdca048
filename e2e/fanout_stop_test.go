package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// cancelledInAFanOut: eight candidates are evaluated; three have all their
// stages, five are in their relaxation when the user stops the discovery. What
// the three found is kept and reported, the calculations of the five are gone,
// and everything that began has an end before the discovery's own.
func cancelledInAFanOut(t *testing.T, b *bench, s *stack) {
	const found = 3
	hold := filepath.Join(b.dir, "hold.all")
	require.NoError(t, os.WriteFile(hold, nil, 0o600))
	defer os.Remove(hold)
	starts, ended, cancelled := b.count("start", ""), b.count("success", ""), b.count("cancelled", "")
	d := s.ask("fan stop", discovery.Budget{})
	v := s.watch(d.SessionID)
	waitFor(t, "eight candidates", func() bool { return b.count("start", "") == starts+fanWidth })
	for i := range found {
		b.release(stageStructure(fmt.Sprint("stop-", i)))
	}
	waitFor(t, "all stages of three", func() bool {
		hulls := 0
		for _, e := range s.stored(d.SessionID) {
			if p, err := event.Decode(e); err == nil {
				if r, ok := p.(event.ToolCallResult); ok && r.Tool == "calculate_energy_above_hull" {
					hulls++
				}
			}
		}
		return hulls == found
	})
	pid := b.log()[len(b.log())-1].PID
	require.NoError(t, s.door().Cancel(t.Context(), d.ID, "enough"))
	r := s.ends(d.ID)
	require.Equal(t, discovery.StatusCancelled, r.Status)
	waitFor(t, "the calculations to be gone", func() bool {
		return b.count("cancelled", "") >= cancelled+fanWidth-found || syscall.Kill(pid, 0) != nil
	})
	require.Equal(t, ended+found, b.count("success", ""), "nothing ended that was stopped")

	var kept struct{ Total, Complete, Partial int }
	status := map[tool.Status]int{}
	for _, c := range r.Calls {
		if status[c.Status]++; c.ID == "t1.tool1" {
			require.Equal(t, tool.StatusCancelled, c.Status)
			require.Positive(t, c.DurationS)
		}
	}
	require.NoError(t, json.Unmarshal(resultOf(t, s.events(d.ID), "t1.tool1"), &kept))
	require.Equal(t, fanWidth, kept.Total)
	require.Equal(t, found, kept.Complete)
	require.Equal(t, fanWidth-found, kept.Partial, "those have their structure")
	require.Equal(t, 1+fanWidth-found, status[tool.StatusCancelled])
	require.Len(t, named(r, "energy_above_hull_per_atom"), found)
	require.Contains(t, r.Summary, "0.25", "the report shows what was found")
	es := s.events(d.ID)
	require.Equal(t, 1, kinds(es, event.TypeDiscoveryComplete))
	nothingAfterTheEnd(t, es)
	s.sees(v, d.SessionID)
}
