package removal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/removal"
)

// place is everything a remover touches; it writes down what was done, in order.
type place struct {
	discovery.Store // what is not used panics
	did             []string
	status          map[string]discovery.Status
	stops           bool  // a cancelled run closes
	away            error // of the engine, for cancel
	stuck           error // of everything outside of the database
	unused          []string
}

func (p *place) note(words ...string) { p.did = append(p.did, words...) }

func (p *place) Get(_ context.Context, userID, id string) (discovery.Discovery, error) {
	if userID != "ada" || p.status[id] == "" {
		return discovery.Discovery{}, fault.NotFound("discovery", id)
	}
	return discovery.Discovery{ID: id, UserID: userID, Status: p.status[id]}, nil
}

func (p *place) OpenIn(_ context.Context, userID, _ string) ([]string, error) {
	var open []string
	for id, s := range p.status {
		if userID == "ada" && !s.Closed() {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	return open, nil
}

func (p *place) RemoveDiscovery(_ context.Context, userID, id string) (removal.Left, error) {
	p.note("rows of " + id)
	return removal.Left{SessionID: "s", Discoveries: []string{id}, Structures: []string{"st_1", "st_2"}}, nil
}

func (p *place) RemoveSession(_ context.Context, userID, sid string) (removal.Left, error) {
	if userID != "ada" {
		return removal.Left{}, fault.NotFound("session", sid)
	}
	p.note("rows of " + sid)
	return removal.Left{SessionID: sid, Discoveries: []string{"d1", "d2"}}, nil
}

func (p *place) Unused(context.Context, []string) ([]string, error) { return p.unused, nil }

func (p *place) Cancel(_ context.Context, id, _ string) error {
	p.note("cancel " + id)
	if p.away == nil && p.stops {
		p.status[id] = discovery.StatusCancelled
	}
	return p.away
}

func (p *place) Purge(_ context.Context, id string) error { p.note("purge " + id); return p.stuck }

func (p *place) Forget(_ context.Context, sid string) error { p.note("stream " + sid); return p.stuck }

func (p *place) Remove(_ context.Context, path string) error { p.note("file " + path); return p.stuck }

func remover(p *place, log *slog.Logger) *removal.Remover {
	return removal.New(removal.Options{Discoveries: p, Rows: p, Engine: p, Stream: p, Files: p, Log: log, Patience: 150 * time.Millisecond})
}

func TestARunIsStoppedBeforeItsRowsGo(t *testing.T) {
	t.Parallel()
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusRunning}, stops: true, unused: []string{"st_1"}}
	require.NoError(t, remover(p, nil).Discovery(t.Context(), "ada", "d1"))
	require.Equal(t, []string{"cancel d1", "rows of d1", "purge d1", "stream s"}, p.did[:4])
	require.Contains(t, p.did, "file structures/st_1.json")
	require.Contains(t, p.did, "file exports/st_1.cif")
	require.NotContains(t, p.did, "file structures/st_2.json", "somebody uses it")
}

func TestAClosedOneIsNotStopped(t *testing.T) {
	t.Parallel()
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusCompleted}}
	require.NoError(t, remover(p, nil).Discovery(t.Context(), "ada", "d1"))
	require.NotContains(t, p.did, "cancel d1")
}

func TestARunThatDoesNotStopIsEnded(t *testing.T) {
	t.Parallel()
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusRunning, "d2": discovery.StatusCompleted}}
	require.NoError(t, remover(p, nil).Session(t.Context(), "ada", "s"))
	require.Equal(t, []string{"cancel d1", "purge d1", "rows of s"}, p.did[:3], "before its rows go")
}

func TestStrangersRemoveNothing(t *testing.T) {
	t.Parallel()
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusRunning}}
	r := remover(p, nil)
	require.True(t, fault.Is(r.Discovery(t.Context(), "bob", "d1"), fault.CodeNotFound))
	require.True(t, fault.Is(r.Session(t.Context(), "bob", "s"), fault.CodeNotFound))
	require.Empty(t, p.did)
}

// An engine that is away keeps everything as it is; one that does not know the
// run has nothing to stop.
func TestTheEngineIsAway(t *testing.T) {
	t.Parallel()
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusRunning}, away: fault.New(fault.CodeUnavailable, "away")}
	require.True(t, fault.Is(remover(p, nil).Discovery(t.Context(), "ada", "d1"), fault.CodeUnavailable))
	require.Equal(t, []string{"cancel d1"}, p.did)
	p.did, p.away = nil, fault.New(fault.CodeConflict, "not running")
	require.NoError(t, remover(p, nil).Discovery(t.Context(), "ada", "d1"))
	require.Contains(t, p.did, "rows of d1")
}

// What fails after the rows are gone is told in the log, and is no failure.
func TestWhatStaysBehindIsTold(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	p := &place{status: map[string]discovery.Status{"d1": discovery.StatusCompleted}, stuck: errors.New("the disk is gone"), unused: []string{"st_1"}}
	require.NoError(t, remover(p, slog.New(slog.NewTextHandler(&text, nil))).Discovery(t.Context(), "ada", "d1"))
	for _, what := range []string{"what=run", "what=stream", "what=structures/st_1.json"} {
		require.Contains(t, text.String(), what)
	}
}
