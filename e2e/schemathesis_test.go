package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/client"
	"crystalyse/internal/embedded/embeddedtest"
)

// the seed is fixed: the same requests each time, so that a failure is found
// again.
const checkerArgs = "--phases=coverage,fuzzing --max-examples=8 --seed=1 --max-time=45 --request-timeout=60 --suppress-health-check=all --continue-on-failure --no-color " +
	// Consolidation embeds all that was remembered; it has tests of its own.
	"--exclude-operation-id=consolidateMemories " +
	"--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

const salt = `NaCl
1.0
0 2.82 2.82
2.82 0 2.82
2.82 2.82 0
Na Cl
1 1
direct
0 0 0
0.5 0.5 0.5
`

// TestSchemathesis lets a checker make thousands of requests, most of them
// wrong, from the OpenAPI document: whatever is sent, no answer is an error of
// ours and each keeps to its schema.
func TestSchemathesis(t *testing.T) {
	t.Parallel()
	tools := filepath.Join(embeddedtest.StateDir(t), "tools", "schemathesis")
	checker := filepath.Join(tools, "bin", "schemathesis")
	require.FileExists(t, checker, "`make e2e` installs it")
	s := up(t, "CRYSTALYSE_RATE_LIMIT=0")
	c := client.New(client.Options{Base: s.addr})
	// Also waits for the structure server, which starts with the first use.
	ref, err := c.Upload(t.Context(), "poscar", salt, "salt.vasp")
	require.NoError(t, err)
	r, code := s.discover("Is NaCl a valid composition?")
	require.Zero(t, code)

	dir := t.TempDir()
	config := fmt.Sprintf(`
[[operations]]
include-path-regex = "^/api/v1/structures/"
parameters = { id = %q }
[[operations]]
include-path-regex = "^/api/v1/discoveries/[^/]+(/events|/report|/state|/fork|/updates)?$"
exclude-method = "DELETE"
parameters = { id = %q }
[[operations]]
include-path-regex = "^/api/v1/sessions/[^/]+(/events)?$"
exclude-method = "DELETE"
parameters = { id = %q }
`, ref.ID, r.DiscoveryID, r.SessionID)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "schemathesis.toml"), []byte(config), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `exec "$CHECKER" run "$DOCUMENT" `+checkerArgs)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONPATH="+tools, "CHECKER="+checker, "DOCUMENT="+s.addr+"/api/v1/openapi.json", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out[max(0, len(out)-1500):])
}
