package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
)

// wordless are columns in which no words of a memory can stand, and why. A column
// whose name ends in id is one of ours.
var wordless = map[string]string{
	"ids and hashes":                "calls.idempotency_key calls.computation calls.reused_from forgotten_memories.merged_into forgotten_memories.source memories.source memories.kin messages.step steps.step turns.head turns.step result_values.key",
	"one of a few words of ours":    "calls.status discoveries.mode discoveries.status discoveries.budget discoveries.usage events.type forgotten_memories.reason memories.type messages.usage session_decisions.decision turns.finish_reason turns.usage uploads.format schema_version.name",
	"names of programs and models":  "calls.server calls.tool_version discoveries.agent mcp_servers.server mcp_servers.state mcp_servers.worker memories.embedding_model memory_lists.index_name memory_lists.model session_decisions.tool",
	"names of tools' results":       "result_values.name result_values.unit",
	"keys of the user's own":        "discoveries.request_id discoveries.retry_request sessions.alias",
	"the user's model, sealed":      "llm_endpoints.base_url llm_endpoints.model llm_endpoints.sealed_key",
	"crystals, of whoever has them": "artifacts.body artifacts.path structures.body structures.formula",
	"go with the row itself":        "memories.context memories.elements memories.embedding memories.formulas memories.metadata memories.search memories.spoken",
}

// TestForgettingKnowsEveryColumn: a new column says whether words may stand in it.
func TestForgettingKnowsEveryColumn(t *testing.T) {
	_, dsn := openStore(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
		AND data_type NOT IN ('timestamp with time zone', 'integer', 'bigint', 'boolean', 'double precision') ORDER BY 1`)
	require.NoError(t, err)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, columns, "memories.content")
	known := postgres.Scrubbed()
	for why, list := range wordless {
		for c := range strings.FieldsSeq(list) {
			require.Contains(t, columns, c, "a column that is gone: %s", why)
			require.NotContains(t, known, c)
			known = append(known, c)
		}
	}
	for _, c := range columns {
		require.True(t, strings.HasSuffix(c, ".id") || strings.HasSuffix(c, "_id") || slices.Contains(known, c),
			"%s may hold words that a user wants forgotten: name it in `places`, or here with the reason why not", c)
	}
}
