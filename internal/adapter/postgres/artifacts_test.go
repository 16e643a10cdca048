package postgres_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
)

func testArtifacts(t *testing.T) {
	s := setup(t).Artifacts()
	_, err := s.Open(t.Context(), "structures/x.json")
	require.True(t, fault.Is(err, fault.CodeNotFound))
	for _, body := range []string{"one", "two\x00"} {
		require.NoError(t, s.Put(t.Context(), "structures/x.json", strings.NewReader(body)))
		f, err := s.Open(t.Context(), "structures/x.json")
		require.NoError(t, err)
		got, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Equal(t, body, string(got))
	}
}

// testCheckpoints: a checkpoint goes when its call has its result, or when it is
// old and nothing open can ask for it; others stay, and structures always.
func testCheckpoints(t *testing.T) {
	db := setup(t)
	s := db.Artifacts()
	d := ask(t, db, "local", "", "MgO")
	for i, key := range []string{"done", "runs", "ended"} {
		c := call(d, key, 1)
		c.ID = id.ToolStep(1, i+1)
		at := scope(d, c.ID, 1)
		_, err := db.Open(t.Context(), at, 1)
		require.NoError(t, err)
		if key == "ended" {
			continue // of no discovery that is there
		}
		require.NoError(t, db.Progress(t.Context(), at, c, tool.Progress{}))
		if key == "done" {
			require.NoError(t, db.Commit(t.Context(), at, discovery.Made{Call: c}))
		}
	}
	all := []string{"checkpoints/done/manifest", "checkpoints/runs/manifest", "checkpoints/ended/a/b", "structures/x.json"}
	for _, path := range all {
		require.NoError(t, s.Put(t.Context(), path, strings.NewReader("12345")))
	}
	left := func() (out []string) {
		for _, path := range all {
			if f, err := s.Open(t.Context(), path); err == nil {
				require.NoError(t, f.Close())
				out = append(out, path)
			}
		}
		return out
	}
	for _, c := range []struct {
		name   string
		before time.Time
		dry    bool
		freed  int64
		left   []string
	}{
		{"only counted", time.Now().Add(time.Hour), true, 10, all},
		{"young", time.Now().Add(-time.Hour), false, 5, []string{all[1], all[2], all[3]}},
		{"old", time.Now().Add(time.Hour), false, 5, []string{all[1], all[3]}},
	} {
		freed, err := db.DropCheckpoints(t.Context(), c.before, c.dry)
		require.NoError(t, err)
		require.Equal(t, c.freed, freed, c.name)
		require.Equal(t, c.left, left(), c.name)
	}
}
