package activities_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	"crystalyse/internal/report"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// testOrigins: two discoveries make one cell by different ways. The file is of the
// first; report, bundle and store of each say its own.
func testOrigins(t *testing.T) {
	answer := wants("energy", `{"x":1}`)
	b := setup(t, answer)
	sid, parent := "st_0123456789abcdef0123456789", "st_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	file := `{"structure_id":"` + sid + `","species":["Mg","O"],"origin":"prototype","parent_id":null,"label":"rocksalt","created_by":"generate_crystal_csp","space_group":{"symbol":"Fm-3m","number":225,"symprec":0.1},"cif":"data_MgO\n"}`
	require.NoError(t, b.a.Artifacts.Put(t.Context(), "structures/"+sid+".json", strings.NewReader(file)))
	finish := func(ref string) report.Report {
		b.tools.out = tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{"structures":[{"structure_id":"` + sid + `","formula":"MgO","n_atoms":2,` + ref + `}]}`)}
		r := b.turn(t, 1, b.head)
		b.call(t)
		b.do(t, activities.NameFinish, activities.FinishInput{DiscoveryID: b.d.ID, Head: r.Head}, &activities.FinishResult{})
		raw, err := b.db.Report(t.Context(), "local", b.d.ID)
		require.NoError(t, err)
		var out report.Report
		require.NoError(t, json.Unmarshal(raw, &out))
		require.Len(t, out.Structures, 1)
		return out
	}
	first := finish(`"origin":"prototype","parent_id":null,"label":"rocksalt","space_group":{"symbol":"Fm-3m","number":225,"symprec":0.1}`)
	b.open(t, discovery.ModeAuto)
	second := finish(`"origin":"relaxed","parent_id":"` + parent + `","label":null,"space_group":{"symbol":"Fm-3m","number":225,"symprec":0.01}`)

	require.Equal(t, "prototype rocksalt ", strings.Join([]string{first.Structures[0].Origin, first.Structures[0].Label, first.Structures[0].ParentID}, " "))
	require.Equal(t, "relaxed  "+parent, strings.Join([]string{second.Structures[0].Origin, second.Structures[0].Label, second.Structures[0].ParentID}, " "))
	require.InDelta(t, 0.01, second.Structures[0].SpaceGroup.Symprec, 0)
	require.Contains(t, cifOf(t, b, first), "# origin: prototype, rocksalt\n")
	head := cifOf(t, b, second)
	require.Contains(t, head, "# origin: relaxed\n# made from "+parent+"\n")
	require.NotContains(t, head, "rocksalt")
	s, err := b.db.Structures().Get(t.Context(), "local", second.DiscoveryID, sid)
	require.NoError(t, err)
	require.Equal(t, "energy", s.CreatedBy, "the tool whose call it was")

	t.Log("a tool is told what its discovery may know, not what the file says")
	var heard map[string]tool.Record
	b.tools.answer = func(in tool.Invocation) tool.Outcome {
		heard = in.Records
		return tool.Outcome{Status: tool.StatusOK, Result: json.RawMessage(`{}`)}
	}
	b.model.turns = []llm.Turn{wants("energy", `{"structure_id":"`+sid+`"}`)}
	_, err = b.db.Rows().RemoveDiscovery(t.Context(), "local", first.DiscoveryID)
	require.NoError(t, err)
	b.open(t, discovery.ModeAuto)
	b.turn(t, 1, b.head)
	require.Equal(t, tool.StatusOK, b.call(t).Status)
	require.Equal(t, "relaxed", heard[sid].Origin)
	require.Empty(t, heard[sid].Label)
	require.JSONEq(t, `{"symbol":"Fm-3m","number":225,"symprec":0.01}`, string(heard[sid].SpaceGroup))
}

// cifOf gives the only crystal of a bundle.
func cifOf(t *testing.T, b *bundle, r report.Report) string {
	t.Helper()
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	files, missing, err := report.Bundle(r, raw, stored{t.Context(), b, r.DiscoveryID}, func(error) bool { return false })
	require.NoError(t, err)
	require.Empty(t, missing)
	for name, body := range files {
		if strings.HasSuffix(name, ".cif") {
			require.Contains(t, string(body), "data_MgO")
			return string(body)
		}
	}
	t.Fatal("no crystal")
	return ""
}

type stored struct {
	ctx context.Context //nolint:containedctx // lives for one test
	b   *bundle
	did string
}

func (s stored) Structure(sid string) (structure.Structure, error) {
	return s.b.db.Structures().Get(s.ctx, "local", s.did, sid)
}

func (s stored) CIF(sid string) ([]byte, error) {
	st, err := s.Structure(sid)
	return []byte(st.CIF), err
}

func (stored) Trajectory(string) ([]byte, error) { return nil, nil }
