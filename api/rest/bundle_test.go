package rest_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/structure"
	"crystalyse/internal/user"
)

// TestBundle: what a scientist takes away holds the report and the crystals, says
// which are gone, is the same when it is asked for again, and is its owner's.
func TestBundle(t *testing.T) {
	t.Parallel()
	d := open(t)
	x := d.Ask(user.Local, "NaCl?")
	path := "/api/v1/discoveries/" + x.ID + "/bundle"
	require.Equal(t, 409, d.do(t, "GET", path, "").status, "it has no report yet")
	const gone = "st_ffffffffffffffffffffffffff"
	d.AddStructure(user.Local, structure.Structure{ID: structureID, Formula: "NaCl", CIF: "data_NaCl\n", Body: json.RawMessage(`{}`)})
	d.PutArtifact("trajectories/"+structureID+".json", []byte(`{"steps":[0],"energies":[-1],"fmax":[0.5]}`))
	d.AddRecord(user.Local, d.Ask(user.Local, "NaCl again?").ID, structure.Structure{ID: structureID, Origin: "relaxed"})
	d.Close(x.ID, discovery.StatusCompleted, json.RawMessage(`{"discovery_id":"`+x.ID+`","query":"NaCl?","status":"completed","summary":"Rock salt.",
		"structures":[{"id":"`+structureID+`","formula":"NaCl","n_atoms":2},{"id":"`+gone+`","formula":"Na/../Cl","n_atoms":2}]}`), "Rock salt.")

	r := d.do(t, "GET", path, "")
	require.Equal(t, 200, r.status, "%s", r.body)
	require.Equal(t, "application/zip", r.header.Get("Content-Type"))
	require.Contains(t, r.header.Get("Content-Disposition"), x.ID+".zip")
	z, err := zip.NewReader(bytes.NewReader([]byte(r.body)), int64(len(r.body)))
	require.NoError(t, err)
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		require.NoError(t, err)
		body, err := io.ReadAll(in)
		require.NoError(t, err)
		files[f.Name] = string(body)
	}
	for _, name := range []string{"report.md", "report.json", "hull.csv", "convergence.csv", "data.json", "reproduce.py", "requirements.txt"} {
		require.NotEmpty(t, files[name], name)
	}
	require.Contains(t, files["report.md"], "Rock salt.")
	require.Equal(t, gone+"\n", files["missing.txt"])
	crystals := 0
	for name, body := range files {
		if len(name) > 11 && name[:11] == "structures/" {
			crystals++
			require.Contains(t, body, "data_NaCl")
		}
	}
	require.Equal(t, 1, crystals)
	require.Equal(t, r.body, d.do(t, "GET", path, "").body, "equal files make equal bytes")
	require.NotContains(t, files["convergence.csv"], structureID, "another's relaxation came to the same cell")
	require.Equal(t, 404, d.do(t, "GET", path, "", "X-User", "bob").status)
}
