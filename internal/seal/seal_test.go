package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/seal"
)

const secret = "sk-very-secret"

func TestSeal(t *testing.T) {
	t.Parallel()

	t.Run("ForItsOwnerOnly", func(t *testing.T) {
		t.Parallel()
		box, err := seal.New(strings.Repeat("ab", 32))
		require.NoError(t, err)
		sealed, err := box.Seal(secret, "ada")
		require.NoError(t, err)
		require.NotContains(t, string(sealed), secret)
		text, err := box.Unseal(sealed, "ada")
		require.NoError(t, err)
		require.Equal(t, secret, text)
		again, err := box.Seal(secret, "ada")
		require.NoError(t, err)
		require.NotEqual(t, sealed, again, "the same key twice cannot be told")
		for _, bad := range [][]byte{nil, sealed[:5], append([]byte{1}, sealed[1:]...)} {
			_, err = box.Unseal(bad, "ada")
			require.True(t, fault.Is(err, fault.CodeConflict))
		}
		_, err = box.Unseal(sealed, "eve")
		require.True(t, fault.Is(err, fault.CodeConflict))
	})
	t.Run("KeyFileIsMadeOnce", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "secret", "key")
		boxes := make([]*seal.Box, 8)
		var wg sync.WaitGroup
		for i := range boxes {
			wg.Go(func() {
				var err error
				boxes[i], err = seal.Open(path)
				require.NoError(t, err)
			})
		}
		wg.Wait()
		sealed, err := boxes[0].Seal(secret, "ada")
		require.NoError(t, err)
		for _, b := range boxes {
			text, err := b.Unseal(sealed, "ada")
			require.NoError(t, err)
			require.Equal(t, secret, text)
		}
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		left, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, left, 1)
	})
	t.Run("BadKeyIsNotQuoted", func(t *testing.T) {
		t.Parallel()
		for _, key := range []string{"", "zz" + strings.Repeat("ab", 31), "abcd"} {
			_, err := seal.New(key)
			require.Equal(t, "secret-key", fieldOf(err))
			if key != "" {
				require.NotContains(t, err.Error(), key)
			}
		}
	})
}

func fieldOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Field
	}
	return ""
}
