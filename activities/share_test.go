package activities

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
