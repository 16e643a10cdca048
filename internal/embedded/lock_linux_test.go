package embedded

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestALockIsGivenUpWhileAChildIsBeingStarted: a process that is being forked
// shares every open file until its exec; here a second descriptor does.
func TestALockIsGivenUpWhileAChildIsBeingStarted(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	unlock, err := lockState(cfg)
	require.NoError(t, err)
	child := sharedWith(t, cfg.Path("run", "lock"))
	defer syscall.Close(child)
	_, err = lockState(cfg)
	require.ErrorContains(t, err, "a stack runs in")
	unlock()
	unlock, err = lockState(cfg)
	require.NoError(t, err, "the one who took it has let go")
	unlock()
}

// sharedWith is another descriptor of this process's own open file at path, as a
// forked child has it.
func sharedWith(t *testing.T, path string) int {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, link := range open {
		if to, err := os.Readlink(link); err != nil || to != path {
			continue
		}
		fd, err := strconv.Atoi(filepath.Base(link))
		require.NoError(t, err)
		shared, err := syscall.Dup(fd)
		require.NoError(t, err)
		return shared
	}
	require.FailNow(t, "no open file", path)
	return 0
}
