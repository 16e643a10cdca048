package prompt_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/prompt"
)

var toolName = regexp.MustCompile(`\b[a-z]+(?:_[a-z]+)+\b`)

// programTools are those that no server has; words are names of fields.
var (
	programTools = []string{"ask_user", "evaluate_candidates", "memory_search", "memory_save"}
	words        = map[string]bool{"call_id": true, "energy_per_atom": true}
)

// TestPromptsNameToolsThatExist: a model that is told of a tool finds it.
func TestPromptsNameToolsThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, n := range programTools {
		known[n] = true
	}
	files, err := filepath.Glob("../../mcp/golden/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		body, err := os.ReadFile(f)
		require.NoError(t, err)
		var server struct {
			Tools []struct {
				Name string `json:"name"`
			} `json:"tools"`
		}
		require.NoError(t, json.Unmarshal(body, &server))
		for _, tool := range server.Tools {
			known[tool.Name] = true
		}
	}
	for _, m := range []discovery.Mode{discovery.ModeCreative, discovery.ModeRigorous, discovery.ModeAuto} {
		p, err := prompt.For(m)
		require.NoError(t, err)
		require.Len(t, p.SHA256, 64)
		require.Contains(t, p.Version, string(m))
		require.Contains(t, p.Text, "# Mode: "+string(m))
		for _, n := range toolName.FindAllString(p.Text, -1) {
			require.True(t, known[n] || words[n], "%s: there is no tool %s", m, n)
		}
	}
	_, err = prompt.For("careless")
	require.Error(t, err)
}
