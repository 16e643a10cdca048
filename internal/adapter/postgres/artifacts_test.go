package postgres_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
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
