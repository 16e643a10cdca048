package planner

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuestionsOfScientists plays questions of many kinds to their answers. What
// the answer must call, say and not say was written down before the first run.
func TestQuestionsOfScientists(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/scientists.json")
	require.NoError(t, err)
	var table []struct {
		Query string   `json:"query"`
		Calls []string `json:"calls"`
		Not   []string `json:"not_called"`
		Says  []string `json:"says"`
		Never []string `json:"never_says"`
	}
	require.NoError(t, json.Unmarshal(body, &table))
	require.GreaterOrEqual(t, len(table), 15)
	for _, q := range table {
		t.Run(q.Query, func(t *testing.T) {
			t.Parallel()
			l := newLab("auto", q.Query, append(everyTool, lookup, "substitute_elements", diagramTool)...)
			text := l.run(t)
			for _, tool := range q.Calls {
				require.NotEmpty(t, l.asked(tool), tool)
			}
			for _, tool := range q.Not {
				require.Empty(t, l.asked(tool), tool)
			}
			for _, s := range q.Says {
				require.Contains(t, text, s)
			}
			for _, s := range q.Never {
				require.NotContains(t, text, s)
			}
		})
	}
}
