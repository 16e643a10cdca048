package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
)

// call sends a request to the API of the stack.
func (s *stack) call(method, path, body string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.addr+"/api/v1"+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return resp.StatusCode, string(got)
}

// TestForgetting: a memory that a discovery was told and repeated is, once
// forgotten, in no table, no file of Redis, the engine or the logs, and in no
// report.
func TestForgetting(t *testing.T) {
	s := up(t)
	s.discover("Validate MgO")
	const secret = "the Xenotime route to MgO was a dead end"
	code, body := s.call("POST", "/memories", `{"content":"`+secret+`","type":"long_term"}`)
	require.Equal(t, http.StatusCreated, code, body)
	var m memory.Memory
	require.NoError(t, json.Unmarshal([]byte(body), &m))
	r, _ := s.discover("What did we find about MgO earlier?")
	require.Contains(t, r.Summary, secret)
	require.Contains(t, r.MemoriesUsed, m.ID)

	code, body = s.call("DELETE", "/memories/"+m.ID, "")
	require.Equal(t, http.StatusNoContent, code, body)
	_, body = s.call("GET", "/discoveries/"+r.DiscoveryID+"/report", "")
	require.NotContains(t, body, "Xenotime")
	require.Contains(t, body, memory.Tombstone)
	for _, row := range s.sql(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`) {
		require.Zero(t, s.number(fmt.Sprintf(`SELECT count(*) FROM %s x WHERE x::text ILIKE '%%xenotime%%'`, row[0])), row[0])
	}
	require.Empty(t, filesWith(t, s.dir, "Xenotime"))
}

// filesWith gives the files below a folder that hold a text. The database is
// asked itself; its own files keep deleted rows until it cleans up.
func filesWith(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	looked := map[string]bool{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // it went away meanwhile
		case d.IsDir() && path == filepath.Join(dir, "postgres"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // it went away meanwhile
		}
		top, _, _ := strings.Cut(strings.TrimPrefix(path, dir+"/"), "/")
		looked[top] = true
		if bytes.Contains(body, []byte(text)) {
			found = append(found, path)
		}
		return nil
	}))
	for _, part := range []string{"redis", "temporal", "logs"} {
		require.True(t, looked[part], part)
	}
	return found
}
