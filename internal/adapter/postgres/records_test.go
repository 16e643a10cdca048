package postgres_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
)

// whole is a crystal as its file has it: with the record of whoever wrote it.
func whole(n, origin, parent, label, tool string) structure.Structure {
	s := crystal(n)
	s.Origin, s.ParentID, s.Label, s.CreatedBy = origin, parent, label, tool
	s.SpaceGroup = json.RawMessage(`{"symbol":"` + label + `","number":1,"symprec":0.1}`)
	s.Body = json.RawMessage(`{"structure_id":"` + s.ID + `","species":["Mg","O"],"origin":"of the file","parent_id":"of the file","label":"of the file","created_by":"x","space_group":null}`)
	return s
}

// told gives whose word the record of a structure is, and what it says.
func told(t *testing.T, db *postgres.DB, user, did, n string) (by, origin, parent, label string) {
	t.Helper()
	s, err := db.Structures().Get(t.Context(), user, did, crystal(n).ID)
	require.NoError(t, err)
	require.Equal(t, []string{"Mg", "O"}, s.Species, "the cell is there whoever tells of it")
	var body struct {
		DiscoveryID string  `json:"discovery_id"`
		CallID      string  `json:"call_id"`
		Origin      string  `json:"origin"`
		ParentID    *string `json:"parent_id"`
		CreatedBy   string  `json:"created_by"`
	}
	require.NoError(t, json.Unmarshal(s.Body, &body))
	require.Equal(t, s.Origin, body.Origin, "what is sent is what is told")
	require.Equal(t, s.ParentID != "", body.ParentID != nil)
	if body.DiscoveryID == "" {
		return "file", s.Origin, s.ParentID, s.Label
	}
	return body.DiscoveryID + "/" + body.CallID, s.Origin, s.ParentID, s.Label
}

func reported(t *testing.T, db *postgres.DB, did string) []string {
	t.Helper()
	_, made, err := db.Made(t.Context(), did)
	require.NoError(t, err)
	var out []string
	for _, s := range made {
		require.NotContains(t, string(s.Body), "of the file")
		require.NotContains(t, string(s.SpaceGroup), "of the file")
		out = append(out, s.ID[len(s.ID)-1:]+" "+s.Origin+" of "+s.ParentID+" "+s.Label+" by "+s.CreatedBy)
	}
	return out
}

// does commits a call that made structures.
func does(t *testing.T, db *postgres.DB, d discovery.Discovery, step string, structures ...structure.Structure) {
	t.Helper()
	s := scope(d, step, 1)
	_, err := db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	c := call(d, d.ID+step, 1)
	c.ID = step
	require.NoError(t, db.Commit(t.Context(), s, discovery.Made{Call: c, Structures: structures}))
}

// testRecords: discoveries, forks and users come to one cell their own ways, and
// each tells its own.
func testRecords(t *testing.T) {
	db := setup(t)
	searched, relaxed := ask(t, db, "local", "", "MgO"), ask(t, db, "local", "", "MgO again")
	hers := ask(t, db, "bob", "", "MgO of bob")
	turnOf(t, db, relaxed, "t1.llm", 0, "")
	does(t, db, searched, "t1.tool1", whole("1", "prototype", "", "rocksalt", "generate"))
	does(t, db, relaxed, "t1.tool10", whole("1", "reference", "", "later in the turn", "search"))
	does(t, db, relaxed, "t1.tool1", whole("1", "relaxed", crystal("2").ID, "wurtzite", "relax"), whole("1", "input", "", "said twice", "relax"))
	does(t, db, hers, "t1.tool1", whole("1", "pyxtal", crystal("3").ID, "of bob", "generate"))
	require.Equal(t, []string{"1 prototype of  rocksalt by generate"}, reported(t, db, searched.ID))
	require.Equal(t, []string{"1 relaxed of " + crystal("2").ID + " wurtzite by relax"}, reported(t, db, relaxed.ID), "the first call speaks, and its first word")
	require.Equal(t, []string{"1 pyxtal of " + crystal("3").ID + " of bob by generate"}, reported(t, db, hers.ID))

	f, _, err := db.Fork(t.Context(), "local", relaxed.ID, discovery.Fork{Turn: 1, Query: "CaO", RequestID: "f1"})
	require.NoError(t, err)
	require.Equal(t, reported(t, db, relaxed.ID), reported(t, db, f.ID))

	after := ask(t, db, "local", relaxed.SessionID, "and its modulus?")
	elsewhere := ask(t, db, "local", "", "of no session that has it")
	for did, want := range map[string]string{searched.ID: searched.ID, relaxed.ID: relaxed.ID, f.ID: f.ID, after.ID: relaxed.ID, elsewhere.ID: searched.ID, "": searched.ID, hers.ID: searched.ID} {
		by, _, _, label := told(t, db, "local", did, "1")
		require.Equal(t, want+"/t1.tool1", by, "asked for %q", did)
		require.NotEqual(t, "of bob", label)
	}
	by, origin, parent, label := told(t, db, "bob", searched.ID, "1")
	require.Equal(t, []string{hers.ID + "/t1.tool1", "pyxtal", crystal("3").ID, "of bob"}, []string{by, origin, parent, label}, "a stranger's discovery tells nothing")

	require.NoError(t, db.Uploads().Keep(t.Context(), "local", "x.cif", "cif", whole("1", "input", "", "", "parse_structure")))
	by, origin, parent, label = told(t, db, "local", "", "1")
	require.Equal(t, []string{"file", "input", "", ""}, []string{by, origin, parent, label})
	by, _, _, _ = told(t, db, "local", relaxed.ID, "1")
	require.Equal(t, relaxed.ID+"/t1.tool1", by, "a discovery that made it goes before the file")

	for did, want := range map[string]bool{"": true, relaxed.ID: true, f.ID: true, searched.ID: false, hers.ID: false} {
		yes, err := db.Structures().Relaxed(t.Context(), "local", did, crystal("1").ID)
		require.NoError(t, err)
		require.Equal(t, want, yes, did)
	}
	yes, err := db.Structures().Relaxed(t.Context(), "bob", "", crystal("1").ID)
	require.NoError(t, err)
	require.False(t, yes, "bob has not relaxed it")

	t.Log("a call that runs again says another thing")
	s := scope(searched, "t1.tool1", 1)
	s.Gen = 1
	_, err = db.Open(t.Context(), s, 1)
	require.NoError(t, err)
	again := call(searched, "again", 1)
	again.Gen = 1
	require.NoError(t, db.Commit(t.Context(), s, discovery.Made{Call: again, Structures: []structure.Structure{whole("1", "chemeleon", "", "", "generate")}}))
	require.Equal(t, []string{"1 chemeleon of   by generate"}, reported(t, db, searched.ID))
}

// testRecordsGo: deleting a discovery takes its own word, the cell goes with the
// last that has it.
func testRecordsGo(t *testing.T) {
	db := setup(t)
	first, second, hers := ask(t, db, "local", "", "MgO"), ask(t, db, "local", "", "MgO again"), ask(t, db, "bob", "", "MgO of bob")
	does(t, db, first, "t1.tool1", whole("1", "prototype", "", "a secret of the first", "generate"))
	does(t, db, second, "t1.tool1", whole("1", "relaxed", crystal("2").ID, "second", "relax"))
	does(t, db, hers, "t1.tool1", whole("1", "input", "", "of bob", "parse"))
	left, err := db.Rows().RemoveDiscovery(t.Context(), "local", first.ID)
	require.NoError(t, err)
	require.Empty(t, left.Structures)
	by, origin, parent, label := told(t, db, "local", "", "1")
	require.Equal(t, []string{second.ID + "/t1.tool1", "relaxed", crystal("2").ID, "second"}, []string{by, origin, parent, label})
	left, err = db.Rows().RemoveDiscovery(t.Context(), "local", second.ID)
	require.NoError(t, err)
	require.Empty(t, left.Structures)
	_, err = db.Structures().Get(t.Context(), "local", second.ID, crystal("1").ID)
	require.True(t, fault.Is(err, fault.CodeNotFound), "what bob has is not the other's any more")
	_, _, _, label = told(t, db, "bob", "", "1")
	require.Equal(t, "of bob", label)
	left, err = db.Rows().RemoveDiscovery(t.Context(), "bob", hers.ID)
	require.NoError(t, err)
	require.Equal(t, []string{crystal("1").ID}, left.Structures)
}

// testRecordsOfBefore: a database in which a cell had one record for all gets one
// for each call, from what its result says.
func testRecordsOfBefore(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	require.NoError(t, postgres.MigrateTo(t.Context(), dsn, 14))
	exec(t, dsn, `INSERT INTO users (id) VALUES ('bob')`)
	exec(t, dsn, `INSERT INTO sessions (id, user_id, title) VALUES ('s', 'local', ''), ('sb', 'bob', '')`)
	for _, d := range [][3]string{{"d1", "s", "local"}, {"d2", "s", "local"}, {"d3", "sb", "bob"}} {
		exec(t, dsn, `INSERT INTO discoveries (id, session_id, user_id, request_id, query, mode, status, budget) VALUES ('`+d[0]+`', '`+d[1]+`', '`+d[2]+`', '`+d[0]+`', 'q', 'auto', 'completed', '{}')`)
	}
	cell := func(n string) string { return crystal(n).ID }
	for _, n := range []string{"1", "2"} {
		exec(t, dsn, `INSERT INTO structures (id, formula, body) VALUES ('`+cell(n)+`', 'MgO', '{"structure_id": "`+cell(n)+`", "species": ["Mg", "O"], "cif": "data", "origin": "prototype",
			"parent_id": null, "label": "first", "created_by": "generate", "space_group": {"symbol": "Fm-3m", "number": 225, "symprec": 0.1}}')`)
	}
	ref := func(n, origin, parent, label string) string {
		return `{"structure_id": "` + cell(n) + `", "origin": "` + origin + `", "parent_id": ` + parent + `, "label": ` + label + `, "space_group": null}`
	}
	for _, c := range []struct{ did, call, gen, user, tool, result string }{
		{"d1", "t1.tool1", "0", "local", "generate", `{"structures": [` + ref("1", "prototype", "null", `"first"`) + `]}`},
		{"d2", "t1.tool1", "0", "local", "relax", `{"structures": [` + ref("1", "relaxed", `"st_p"`, "null") + `, ` + ref("1", "input", "null", `"said twice"`) + `]}`},
		{"d2", "t1.tool2", "0", "local", "odd", `{"structures": "none that can be read"}`},
		{"d2", "t1.tool3", "0", "local", "odd", `[1]`},
		{"d3", "t1.tool1", "0", "bob", "search", `{"structures": [` + ref("1", "reference", "null", `"replaced"`) + `]}`},
		{"d3", "t1.tool1", "1", "bob", "search", `{"structures": [` + ref("1", "reference", "null", `"of bob"`) + `]}`},
	} {
		exec(t, dsn, `INSERT INTO calls (discovery_id, call_id, gen, user_id, idempotency_key, tool, server, tool_version, arguments, status, result, attempts, started_at)
			VALUES ('`+c.did+`', '`+c.call+`', `+c.gen+`, '`+c.user+`', '`+c.did+c.call+c.gen+`', '`+c.tool+`', '', '', '{}', 'ok', '`+c.result+`', 1, now())`)
	}
	exec(t, dsn, `INSERT INTO structure_use (structure_id, user_id, discovery_id, call_id, place) VALUES ('`+cell("1")+`', 'local', 'd1', 't1.tool1', 0),
		('`+cell("1")+`', 'local', 'd2', 't1.tool1', 0), ('`+cell("2")+`', 'local', 'd2', 't1.tool2', 0), ('`+cell("1")+`', 'bob', 'd3', 't1.tool1', 0)`)
	exec(t, dsn, `INSERT INTO uploads (user_id, structure_id, name, format) VALUES ('bob', '`+cell("2")+`', 'x.cif', 'cif')`)

	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.Equal(t, []string{"1 prototype of  first by generate"}, reported(t, db, "d1"))
	require.Equal(t, []string{"1 relaxed of st_p  by relax", "2 prototype of  first by generate"}, reported(t, db, "d2"), "where no result tells, the record that was")
	require.Equal(t, []string{"1 reference of  of bob by search"}, reported(t, db, "d3"))
	by, origin, _, label := told(t, db, "bob", "", "2")
	require.Equal(t, []string{"file", "input", ""}, []string{by, origin, label}, "another's record is not the file's")
	s, err := db.Structures().Get(t.Context(), "bob", "", cell("2"))
	require.NoError(t, err)
	require.Equal(t, "data", s.CIF)
	require.NotContains(t, string(s.Body), "Fm-3m", "the symmetry of another's making")
}
