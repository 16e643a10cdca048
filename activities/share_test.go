package activities

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
)

// shared is a store in memory; the one in the database has its own test.
type shared struct{ files sync.Map }

func (s *shared) Open(_ context.Context, path string) (io.ReadCloser, error) {
	body, ok := s.files.Load(path)
	if !ok {
		return nil, fault.NotFound("artifact", path)
	}
	return io.NopCloser(strings.NewReader(body.(string))), nil
}

func (s *shared) Put(_ context.Context, path string, r io.Reader) error {
	body, err := io.ReadAll(r)
	s.files.Store(path, string(body))
	return err
}

// TestCheckpointsReachAnotherHost: what one host wrote, members of a batch in
// folders of their own included, another one finds; files that are not complete
// stay where they are.
func TestCheckpointsReachAnotherHost(t *testing.T) {
	t.Parallel()
	store := &shared{}
	here, there := &Activities{Checkpoints: t.TempDir(), Shared: store}, &Activities{Checkpoints: t.TempDir(), Shared: store}
	write := func(name, body string) {
		file := filepath.Join(here.checkpointDir("key"), name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(body), 0o600))
	}
	c := &copier{a: here, key: "key", seen: map[string]time.Time{}}
	require.NoError(t, c.copy(t.Context()), "no checkpoint yet")
	require.NoError(t, there.restore(t.Context(), "key"))
	write("state", "step 5")
	write("relax-MgO/state", "step 9")
	write("state.tmp", "half")
	c.last = time.Time{}
	require.NoError(t, c.copy(t.Context()))
	require.NoError(t, there.restore(t.Context(), "key"))
	body, err := os.ReadFile(filepath.Join(there.checkpointDir("key"), "relax-MgO", "state"))
	require.NoError(t, err)
	require.Equal(t, "step 9", string(body))
	require.NoFileExists(t, filepath.Join(there.checkpointDir("key"), "state.tmp"))

	require.NoError(t, store.Put(t.Context(), checkpointPath("evil", "manifest"), strings.NewReader(`{"Files":["../../x"]}`)))
	require.Error(t, there.restore(t.Context(), "evil"))
}

// TestTheLastHostsCheckpointCounts: a computation that went to another host and
// comes back goes on from where that one was, not from what is left here.
func TestTheLastHostsCheckpointCounts(t *testing.T) {
	t.Parallel()
	store := &shared{}
	here, there := &Activities{Checkpoints: t.TempDir(), Shared: store}, &Activities{Checkpoints: t.TempDir(), Shared: store}
	write := func(a *Activities, name, body string) {
		file := filepath.Join(a.checkpointDir("key"), name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(body), 0o600))
	}
	hand := func(a *Activities) {
		c := &copier{a: a, key: "key", seen: map[string]time.Time{}}
		require.NoError(t, c.copy(t.Context()))
	}
	state := func(a *Activities) string {
		require.NoError(t, a.restore(t.Context(), "key"))
		body, err := os.ReadFile(filepath.Join(a.checkpointDir("key"), "relax-MgO", "state"))
		require.NoError(t, err)
		return string(body)
	}
	first, second := fence(event.Scope{Attempt: 1}), fence(event.Scope{Attempt: 2})
	write(here, "relax-MgO/fence", fmt.Sprint(first))
	write(here, "relax-MgO/state", "step 5")
	hand(here)
	write(here, "relax-MgO/state", "step 6")
	require.Equal(t, "step 6", state(here), "the same host has the newer state itself")
	require.Equal(t, "step 5", state(there))
	write(there, "relax-MgO/fence", fmt.Sprint(second))
	write(there, "relax-MgO/state", "step 50")
	hand(there)
	require.Equal(t, "step 50", state(here))
}

// TestFenceOnlyGrows over attempts and generations, whatever clocks say, and
// over what former versions wrote.
func TestFenceOnlyGrows(t *testing.T) {
	t.Parallel()
	last := time.Now().UnixMilli()
	for _, s := range []event.Scope{{Attempt: 1}, {Attempt: 2}, {Attempt: 900}, {Gen: 1, Attempt: 1}, {Gen: 1, Attempt: 2}, {Gen: 7, Attempt: 1}} {
		require.Greater(t, fence(s), last)
		last = fence(s)
	}
	require.Less(t, last, int64(1)<<53, "a number of JSON")
}
