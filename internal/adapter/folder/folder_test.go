package folder_test

import (
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/folder"
	"crystalyse/internal/fault"
)

// TestWritersTogether: several calls bring the same structure to a host at the same
// time. Each succeeds, and whoever reads meanwhile finds it whole.
func TestWritersTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := folder.New(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	const path = "structures/x.json"
	body := strings.Repeat("MgO is a rock salt. ", 5000)
	require.NoError(t, s.Put(t.Context(), path, strings.NewReader(body)))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if err := s.Put(t.Context(), path, strings.NewReader(body)); err != nil {
					t.Error(err)
					return
				}
				f, err := s.Open(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(f)
				_ = f.Close()
				if err != nil || string(got) != body {
					t.Errorf("%d of %d bytes: %v", len(got), len(body), err)
					return
				}
			}
		})
	}
	all.Wait()
	left, err := filepath.Glob(filepath.Join(dir, "structures", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, path)}, left)

	require.NoError(t, s.Remove(t.Context(), path))
	require.NoError(t, s.Remove(t.Context(), path))
	_, err = s.Open(t.Context(), path)
	require.True(t, fault.Is(err, fault.CodeNotFound))
	require.Error(t, s.Put(t.Context(), "../outside", strings.NewReader("x")))
}
