package rest_test

import (
	"encoding/json"
	"mime"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/api/rest/openapi"
	"crystalyse/internal/report"
	"crystalyse/internal/value"
)

// contract is the document, ready to be held against answers.
type contract struct {
	paths    map[string]any
	patterns map[string]*regexp.Regexp // by path

	mu       sync.Mutex
	compiler *jsonschema.Compiler          // guarded by mu
	schemas  map[string]*jsonschema.Schema // guarded by mu; by pointer
}

var loadContract = sync.OnceValues(func() (*contract, error) {
	text, err := openapi.JSON()
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	c := &contract{paths: doc.(map[string]any)["paths"].(map[string]any), patterns: map[string]*regexp.Regexp{},
		compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	param := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for path := range c.paths {
		c.patterns[path] = regexp.MustCompile("^" + param.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
	}
	return c, c.compiler.AddResource("openapi.json", doc)
})

func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := c.compiler.Compile("openapi.json#" + pointer)
	c.schemas[pointer] = s
	return s, err
}

// operation finds what a request asks for; a fixed path wins over one with a
// parameter.
func (c *contract) operation(method, path string) (name string, op map[string]any) {
	names := []string{}
	for p, re := range c.patterns {
		if re.MatchString(path) {
			names = append(names, p)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Count(a, "{") - strings.Count(b, "{") })
	for _, p := range names {
		if op, ok := c.paths[p].(map[string]any)[strings.ToLower(method)].(map[string]any); ok {
			return p, op
		}
	}
	return "", nil
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// conforms holds an answer against the contract: a documented status, a
// documented content type, a body that fits its schema.
func conforms(t *testing.T, method, path string, r reply) {
	t.Helper()
	c, err := loadContract()
	require.NoError(t, err)
	name, op := c.operation(method, path)
	if op == nil {
		return // no route of ours: a page, or a problem about the path
	}
	at := "/paths/" + escape(name) + "/" + strings.ToLower(method) + "/responses/"
	responses := op["responses"].(map[string]any)
	key := strconv.Itoa(r.status)
	if responses[key] == nil {
		require.GreaterOrEqual(t, r.status, 400, "%s %s: status %d is not in the contract", method, name, r.status)
		key = "default"
	}
	response := responses[key].(map[string]any)
	at += key
	if ref, ok := response["$ref"].(string); ok {
		at = strings.TrimPrefix(ref, "#")
		if strings.HasSuffix(at, "/done") {
			require.Empty(t, r.body)
			return
		}
		response = map[string]any{"content": map[string]any{"application/problem+json": map[string]any{"schema": true}}}
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		require.Empty(t, r.body, "%s %s %d", method, name, r.status)
		return
	}
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	require.NoError(t, err)
	media, ok := content[kind].(map[string]any)
	require.True(t, ok, "%s %s %d: %s is not in the contract", method, name, r.status, kind)
	if media["schema"] == nil || !strings.HasSuffix(kind, "json") || op["operationId"] == "getReport" && r.status == 200 {
		return // tests give any object as a report; TestReportConforms has a whole one
	}
	fits(t, at+"/content/"+escape(kind)+"/schema", []byte(r.body), method+" "+name)
}

func fits(t *testing.T, pointer string, body []byte, what string) {
	t.Helper()
	c, err := loadContract()
	require.NoError(t, err)
	schema, err := c.schema(pointer)
	require.NoError(t, err, what)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
	require.NoError(t, err, "%s: %s", what, body)
	require.NoError(t, schema.Validate(v), "%s: %s", what, body)
}

func TestEveryRouteIsDocumentedAndTheReverse(t *testing.T) {
	t.Parallel()
	engine, ok := rest.New(open(t).Deps()).(*gin.Engine)
	require.True(t, ok)
	param := regexp.MustCompile(`:([a-z_]+)`)
	routed := []string{}
	for _, r := range engine.Routes() {
		routed = append(routed, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	c, err := loadContract()
	require.NoError(t, err)
	documented := []string{}
	for path, item := range c.paths {
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			name := strings.ToUpper(method) + " " + path
			require.NotEmpty(t, op.(map[string]any)["operationId"], name)
			documented = append(documented, name)
		}
	}
	slices.Sort(routed)
	slices.Sort(documented)
	require.Equal(t, documented, routed, "document a route in api/rest/openapi/")
}

func TestTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	r := open(t).do(t, "GET", "/api/v1/openapi.json", "")
	require.Equal(t, 200, r.status)
	require.Equal(t, "3.1.0", r.json(t)["openapi"])
	_, err := openapi.Document()
	require.NoError(t, err)
}

func TestReportConforms(t *testing.T) {
	t.Parallel()
	number, yes := 1.5, true
	whole := report.Report{
		Mode: "auto", Status: "completed", Assumptions: []string{}, EndedAt: time.Now(), MemoriesUsed: []string{},
		Compositions: []report.Composition{{Formula: "NaCl", Valid: &yes, OxidationStates: map[string]any{"Na": 1}}},
		Values:       []report.Number{{Value: value.Value{Key: "t1.tool1.energy", Name: "energy_per_atom"}, V: -3.4}},
		Structures:   []report.Structure{{ID: structureID, SpaceGroup: &report.SpaceGroup{Symbol: "Fm-3m", Number: 225}, Conventional: &report.Conventional{}}, {}},
		Candidates:   []report.Candidate{{Formula: "NaCl", StructureIDs: []string{structureID}, EnergyPerAtom: &number}},
		Validation:   report.Validation{Unsourced: []string{}},
		Calls:        []report.Call{{ID: "t1.tool1", Status: "ok", Arguments: json.RawMessage(`{}`)}},
	}
	body, err := json.Marshal(whole)
	require.NoError(t, err)
	fits(t, "/components/schemas/Report", body, "report")
}
