package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// results writes figures where CRYSTALYSE_RESULTS says, below the repository.
func results(t *testing.T, file, text string) {
	t.Helper()
	t.Log(text)
	if root := os.Getenv("CRYSTALYSE_RESULTS"); root != "" {
		path := filepath.Join(root, filepath.FromSlash(file))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}
