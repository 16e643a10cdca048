package embeddedtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded"
)

// Embedding starts the real embedding server for a test.
func Embedding(t testing.TB) *embedded.EmbeddingServer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	s, err := embedded.StartEmbedding(ctx, StateDir(t), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}
