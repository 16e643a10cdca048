package rest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/structure"
	"crystalyse/internal/user"
)

// TestStructureOfADiscovery: a record is told as the discovery has it that is asked
// about, which must be the caller's.
func TestStructureOfADiscovery(t *testing.T) {
	t.Parallel()
	d := open(t)
	x, y, theirs := d.Ask(user.Local, "NaCl?"), d.Ask(user.Local, "NaCl again?"), d.Ask("bob", "NaCl?")
	d.AddStructure(user.Local, structure.Structure{ID: structureID, Formula: "NaCl", Origin: "prototype"})
	d.AddRecord(user.Local, y.ID, structure.Structure{ID: structureID, Formula: "NaCl", Origin: "relaxed"})
	d.AddRecord("bob", theirs.ID, structure.Structure{ID: structureID, Formula: "NaCl", Origin: "pyxtal"})
	path := "/api/v1/structures/" + structureID
	for query, origin := range map[string]string{"": "prototype", "?discovery=": "prototype", "?discovery=" + x.ID: "prototype", "?discovery=" + y.ID: "relaxed"} {
		require.Equal(t, origin, d.do(t, "GET", path+query, "").json(t)["origin"], query)
	}
	for _, did := range []string{x.ID, y.ID, y.ID} {
		require.Equal(t, 200, d.do(t, "GET", path+"/annotations?discovery="+did, "").status)
	}
	require.Equal(t, 2, d.Converted(), "once as it was searched, once as it was relaxed")
	for _, did := range []string{theirs.ID, "disc-x", "%00"} {
		require.Equal(t, 404, d.do(t, "GET", path+"?discovery="+did, "").status, did)
	}
}
