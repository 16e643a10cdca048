package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSideBySide: two state folders run at the same time; a taken port is told
// and another one used; a second `up` in one folder says who holds it.
func TestSideBySide(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	a, b := up(t, "CRYSTALYSE_PORT="+strconv.Itoa(taken)), up(t)
	require.NotEqual(t, a.addr, b.addr)
	require.NotContains(t, a.addr, strconv.Itoa(taken))
	_, errs, code := a.run("up")
	require.NotZero(t, code)
	require.Contains(t, errs, "runs in "+a.dir)
	require.Contains(t, errs, strconv.Itoa(a.cmd.Process.Pid))
}

// TestDamagedState: garbled state files are set aside, and the start goes on.
func TestDamagedState(t *testing.T) {
	s := up(t)
	s.stop()
	for _, name := range []string{"ports.json", "stack.json", "envs.json", "worker.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "run", name), []byte(`{"trunc`), 0o600))
	}
	s.start()
	require.True(t, s.status().API.Healthy)
	kept, err := filepath.Glob(filepath.Join(s.dir, "run", "*.damaged-*"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
}

// TestFileSizeLimit: a file system that refuses writes gives an error that names
// the file and the way out.
func TestFileSizeLimit(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", "ulimit -f 0; exec "+binary+" up")
	cmd.Env = append(cleanEnv(), "CRYSTALYSE_STATE_DIR="+dir, "CRYSTALYSE_PORT=0")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), dir)
	require.Contains(t, string(out), "ulimit")
}

// TestNoNetworkAtFirstStart: nothing cached and no index that answers.
func TestNoNetworkAtFirstStart(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(binary, "up")
	closed := "http://127.0.0.1:9/simple"
	cmd.Env = append(cleanEnv(), "CRYSTALYSE_STATE_DIR="+dir, "CRYSTALYSE_PORT=0", "UV_CACHE_DIR="+filepath.Join(dir, "cache"),
		"UV_INDEX_URL="+closed, "UV_DEFAULT_INDEX="+closed, "PIP_INDEX_URL="+closed, "PIP_FIND_LINKS=", "PIP_RETRIES=0", "PIP_NO_CACHE_DIR=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "network")
	require.Empty(t, processesOf(dir))
}

// TestWrongKey: a refused key holds the discovery, names the variable, and
// nothing is lost.
func TestWrongKey(t *testing.T) {
	refuse := refusing(t)
	s := up(t, "OPENAI_API_KEY=sk-wrong-key", "OPENAI_BASE_URL="+refuse+"/v1")
	_, errs, code := s.run("discover", "Validate MgO")
	require.Equal(t, 6, code)
	require.Contains(t, errs, "OPENAI_API_KEY")
	require.NotContains(t, errs, "sk-wrong-key")
	id := ""
	for _, w := range strings.Fields(errs) {
		if strings.HasPrefix(w, "disc-") {
			id = strings.Trim(w, ".,:")
		}
	}
	_, errs, code = s.run("finish", id)
	require.Zero(t, code, errs)
	logs, err := exec.Command("grep", "-rl", "sk-wrong-key", filepath.Join(s.dir, "logs")).CombinedOutput()
	require.Error(t, err, "the key is in %s", logs)
}

// TestInterrupted: SIGINT in the middle of a start leaves no process.
func TestInterrupted(t *testing.T) {
	s := up(t)
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, s.cmd.Wait())
	s.cmd = nil
	require.Empty(t, processesOf(s.dir))
}
