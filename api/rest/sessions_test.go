package rest_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/llm"
	"crystalyse/internal/structure"
	"crystalyse/internal/structure/compact"
	"crystalyse/internal/tool"
	"crystalyse/internal/user"
)

func TestSessionLife(t *testing.T) {
	t.Parallel()
	d := open(t)
	r := d.do(t, "POST", "/api/v1/sessions", `{"title":"  Salt \n and  more ","alias":"salt"}`)
	require.Equal(t, 201, r.status, r.body)
	sid := r.json(t)["id"].(string)
	require.Equal(t, "/api/v1/sessions/"+sid, r.header.Get("Location"))
	require.Equal(t, "Salt and more", r.json(t)["title"])
	r = d.do(t, "POST", "/api/v1/sessions", `{"alias":"salt"}`)
	require.Equal(t, 200, r.status, "the alias makes it safe to repeat")
	require.Equal(t, sid, r.json(t)["id"])
	require.Equal(t, 201, d.do(t, "POST", "/api/v1/sessions", "").status)
	require.Equal(t, 201, d.do(t, "POST", "/api/v1/sessions", `{"alias":"salt"}`, "X-User", "bob").status, "an alias is one user's")

	r = d.do(t, "PATCH", "/api/v1/sessions/"+sid, `{"title":"Halides"}`)
	require.Equal(t, "Halides", r.json(t)["title"])
	for body, field := range map[string]string{`{"title":" "}`: "title", `{"title":"` + strings.Repeat("x", 201) + `"}`: "title", `{"name":"x"}`: "name"} {
		require.Equal(t, field, d.do(t, "PATCH", "/api/v1/sessions/"+sid, body).problem(t).Field)
	}
	for _, alias := range []string{"a b", strings.Repeat("x", 65), id.New()} {
		require.Equal(t, "alias", d.do(t, "POST", "/api/v1/sessions", `{"alias":"`+alias+`"}`).problem(t).Field)
	}

	r = d.do(t, "POST", "/api/v1/discoveries", `{"query":"NaCl?","session_id":"`+sid+`"}`)
	require.Equal(t, 201, r.status)
	did := r.json(t)["id"].(string)
	require.Equal(t, 409, d.do(t, "POST", "/api/v1/sessions/"+sid+"/end", "").status, "a discovery is open")
	events := d.do(t, "GET", "/api/v1/sessions/"+sid+"/events?limit=1", "").json(t)
	require.Len(t, events["events"], 1)
	require.Equal(t, []any{}, d.do(t, "GET", "/api/v1/sessions/"+sid+"/events?after=99", "").json(t)["events"])
	d.Close(did, discovery.StatusCompleted, nil, "")
	r = d.do(t, "POST", "/api/v1/sessions/"+sid+"/end", "")
	require.Equal(t, 200, r.status)
	ended := r.json(t)["ended_at"]
	require.NotNil(t, ended)
	require.Equal(t, ended, d.do(t, "POST", "/api/v1/sessions/"+sid+"/end", "").json(t)["ended_at"])

	found := d.do(t, "GET", "/api/v1/sessions?search="+url.QueryEscape("NaCl"), "").json(t)
	require.Len(t, found["sessions"], 1)
	require.Equal(t, sid, found["sessions"].([]any)[0].(map[string]any)["id"])
	require.Equal(t, "search", d.do(t, "GET", "/api/v1/sessions?search="+strings.Repeat("x", 201), "").problem(t).Field)
}

func rockSalt() structure.Structure {
	return structure.Structure{
		ID: structureID, Formula: "NaCl", Species: []string{"Na", "Cl"}, Origin: "input",
		Lattice: [][3]float64{{0, 2.8, 2.8}, {2.8, 0, 2.8}, {2.8, 2.8, 0}}, FracCoords: [][3]float64{{0, 0, 0}, {.5, .5, .5}},
		CIF: "data_NaCl\n",
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.OnParse(func(u structure.Upload) (structure.Structure, error) {
		if u.Text == "nonsense" {
			return structure.Structure{}, fault.Invalid("text", "this cannot be read as cif").WithHint("check the file")
		}
		return rockSalt(), nil
	})
	r := d.do(t, "POST", "/api/v1/structures", `{"format":"cif","text":"data_NaCl","name":"salt.cif"}`)
	require.Equal(t, 201, r.status, r.body)
	require.Equal(t, structureID, r.json(t)["structure_id"])
	require.Equal(t, 2.0, r.json(t)["n_atoms"])
	require.Equal(t, 200, d.do(t, "GET", "/api/v1/structures/"+structureID, "").status)
	require.Equal(t, 404, d.do(t, "GET", "/api/v1/structures/"+structureID, "", "X-User", "bob").status)
	for body, field := range map[string]string{
		`{"text":"nonsense"}`: "text", `{"text":" "}`: "text", `{"text":"x","format":"pdb"}`: "format",
		`{"text":"x","name":"` + strings.Repeat("n", 201) + `"}`: "name", `{"text":"x\u0000"}`: "text",
	} {
		r := d.do(t, "POST", "/api/v1/structures", body)
		require.Equal(t, 422, r.status)
		require.Equal(t, field, r.problem(t).Field)
	}
	require.Equal(t, 413, d.do(t, "POST", "/api/v1/structures", `{"text":"`+strings.Repeat("x", rest.MaxBody)+`"}`).status)
}

func TestStructureFiles(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.AddStructure(user.Local, rockSalt())
	base := "/api/v1/structures/" + structureID

	r := d.do(t, "GET", base+"/compact", "")
	require.Equal(t, "application/vnd.crystalyse.compact", r.header.Get("Content-Type"))
	x, err := compact.Decode([]byte(r.body))
	require.NoError(t, err)
	require.Equal(t, []string{"Na", "Cl"}, x.Species)
	require.Equal(t, 304, d.do(t, "GET", base+"/compact", "", "If-None-Match", r.header.Get("ETag")).status)
	require.Equal(t, 404, d.do(t, "GET", base+"/compact", "", "If-None-Match", r.header.Get("ETag"), "X-User", "bob").status, "a tag opens nothing")

	require.Contains(t, d.do(t, "GET", base+"/trajectory", "").problem(t).Detail, "no trajectory")
	d.PutArtifact("trajectories/"+structureID+".json", []byte(`{"structure_id":"`+structureID+`","species":["Na","Cl"],"quantum":0.001,"steps":[0,5],
		"lattices":[[[4,0,0],[0,4,0],[0,0,4]],[[4,0,0],[0,4,0],[0,0,4]]],"positions":[[0,0,0,2000,2000,2000],[0,0,0,2001,2000,2000]],"energies":[-1,-2],"fmax":[0.5,0.01]}`))
	require.Equal(t, 404, d.do(t, "GET", base+"/trajectory", "").status, "somebody's relaxation came to the same cell")
	x1, x2 := d.Ask(user.Local, "NaCl?"), d.Ask(user.Local, "NaCl again?")
	relaxed := rockSalt()
	relaxed.Origin = "relaxed"
	d.AddRecord(user.Local, x1.ID, relaxed)
	d.AddRecord("bob", x2.ID, relaxed)
	x, err = compact.Decode([]byte(d.do(t, "GET", base+"/trajectory", "").body))
	require.NoError(t, err)
	require.Equal(t, 2, x.Frames())
	require.Equal(t, []float64{-1, -2}, x.Energies)

	for format, suffix := range map[string]string{"cif": "cif", "poscar": "vasp", "xyz": "extxyz", "json": "json"} {
		r := d.do(t, "GET", base+"/export?format="+format, "")
		require.Equal(t, format+" of "+structureID, r.body)
		require.Equal(t, `attachment; filename="NaCl_01234567.`+suffix+`"`, r.header.Get("Content-Disposition"))
		d.do(t, "GET", base+"/export?format="+format, "")
	}
	require.Equal(t, 4, d.Converted(), "each is written once")
	require.Equal(t, "format", d.do(t, "GET", base+"/export?format=pdb", "").problem(t).Field)
}

func TestAnnotationsAreComputedOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.AddStructure(user.Local, rockSalt())
	path := "/api/v1/structures/" + structureID + "/annotations"
	require.Equal(t, 404, d.do(t, "GET", path, "", "X-User", "bob").status)
	require.Zero(t, d.Converted(), "nothing is computed for a stranger")
	r := d.do(t, "GET", path, "")
	require.Contains(t, r.body, `"bonds_method":"CrystalNN"`)
	require.Equal(t, 304, d.do(t, "GET", path, "", "If-None-Match", r.header.Get("ETag")).status)
	require.Equal(t, 1, d.Converted(), "the second answer was kept")
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	state := "starting"
	d := open(t, func(d *rest.Deps) {
		d.Agents = []llm.Identity{{Name: "CrystaLyse", Model: "planner", Provider: "built-in"}}
		d.Tools = func(context.Context) ([]tool.Spec, error) {
			return []tool.Spec{{Server: "smact", Name: "validate_composition", Version: "1", InputSchema: json.RawMessage(`{"type":"object"}`)}}, nil
		}
		d.States = func(context.Context) (map[string]tool.ServerState, error) {
			return map[string]tool.ServerState{"mace": {State: state, Detail: "installing"}, "smact": {State: "ready"}}, nil
		}
	})
	r := d.do(t, "GET", "/api/v1/models", "").json(t)
	require.Len(t, r["models"], 1)
	require.Equal(t, "starting: installing", r["potentials"])
	state = "ready"
	r = d.do(t, "GET", "/api/v1/models", "").json(t)
	require.Len(t, r["models"], 2)
	require.Equal(t, "CHGNet", r["models"].([]any)[1].(map[string]any)["name"])
	require.Equal(t, "ready", d.do(t, "GET", "/api/v1/tools", "").json(t)["tools"].([]any)[0].(map[string]any)["state"])
}

// TestModelsDoNotWaitForAServerThatStarts: who reasons is told at once, and the
// potentials are there when somebody asks later.
func TestModelsDoNotWaitForAServerThatStarts(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	d := open(t, func(d *rest.Deps) {
		d.Agents = []llm.Identity{{Name: "CrystaLyse", Model: "planner", Provider: "built-in"}}
		d.Asker = starting{d.Asker, started}
		d.States = func(context.Context) (map[string]tool.ServerState, error) {
			return map[string]tool.ServerState{"mace": {State: "idle"}}, nil
		}
	})
	r := d.do(t, "GET", "/api/v1/models", "").json(t)
	require.Len(t, r["models"], 1)
	require.Equal(t, "starting", r["potentials"])
	close(started)
	require.Eventually(t, func() bool {
		return len(d.do(t, "GET", "/api/v1/models", "").json(t)["models"].([]any)) == 2
	}, time.Minute, 10*time.Millisecond)
}

// starting answers once it has started.
type starting struct {
	tool.Asker
	started <-chan struct{}
}

func (s starting) Potentials(ctx context.Context) (json.RawMessage, error) {
	select {
	case <-s.started:
		return s.Asker.Potentials(ctx)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
