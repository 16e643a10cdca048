package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
)

func TestFilesAreFresh(t *testing.T) {
	t.Parallel()
	for path, generate := range map[string]func(string) ([]byte, error){
		"events.schema.json":                   JSONSchema,
		"../../../web/src/event/events.gen.ts": TypeScript,
	} {
		want, err := generate("..")
		require.NoError(t, err)
		again, err := generate("..")
		require.NoError(t, err)
		require.Equal(t, string(want), string(again), "the generator is deterministic")
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is stale: run go generate ./internal/event/schema", path)
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	body, err := JSONSchema("..")
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("events.schema.json", doc))
	s, err := c.Compile("events.schema.json")
	require.NoError(t, err)
	return s
}

func TestFixturesMeetTheSchema(t *testing.T) {
	t.Parallel()
	s := compile(t)
	files, err := filepath.Glob("../testdata/events/*.json")
	require.NoError(t, err)
	require.Len(t, files, 2*len(event.All), "a typical and an empty one of each type")
	for _, path := range files {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, s.Validate(doc), path)
	}
}

// The schema refuses what no reader should have to expect.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compile(t)
	body, err := os.ReadFile("../testdata/events/memory_search.json")
	require.NoError(t, err)
	for name, change := range map[string]func(e, data map[string]any){
		"MissingMember":  func(_, data map[string]any) { delete(data, "query") },
		"NullForList":    func(_, data map[string]any) { data["memory_ids"] = nil },
		"UnknownMember":  func(_, data map[string]any) { data["more"] = 1 },
		"UnknownMode":    func(e, _ map[string]any) { e["mode"] = "auto" },
		"UnknownType":    func(e, _ map[string]any) { e["type"] = "party" },
		"WrongPayload":   func(e, _ map[string]any) { e["type"] = "task_end" },
		"WrongPrimitive": func(_, data map[string]any) { data["query"] = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e map[string]any
			require.NoError(t, json.Unmarshal(body, &e))
			change(e, e["data"].(map[string]any))
			require.Error(t, s.Validate(e))
		})
	}
}

func TestTypeScriptNamesEveryType(t *testing.T) {
	t.Parallel()
	ts, err := TypeScript("..")
	require.NoError(t, err)
	for _, k := range event.All {
		require.Equal(t, 1, strings.Count(string(ts), `Envelope<"`+string(k.Type)+`",`), k.Type)
	}
	require.NotContains(t, string(ts), "interface Error ", "a name that TypeScript has")
}
