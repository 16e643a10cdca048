package value

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// outputSchema reads what a server of ours declares of a tool.
func outputSchema(t *testing.T, server, tool string) json.RawMessage {
	t.Helper()
	body, err := os.ReadFile("../../mcp/golden/" + server + ".json")
	require.NoError(t, err)
	var list struct {
		Tools []struct {
			Name         string          `json:"name"`
			OutputSchema json.RawMessage `json:"outputSchema"`
		} `json:"tools"`
	}
	require.NoError(t, json.Unmarshal(body, &list))
	for _, s := range list.Tools {
		if s.Name == tool {
			return s.OutputSchema
		}
	}
	require.Fail(t, "no such tool", tool)
	return nil
}

// The schemas of our servers name the values people script against.
func TestSchemasOfOurServers(t *testing.T) {
	t.Parallel()
	const potential = `"potential":{"name":"CHGNet","version":"0.3.0","checkpoint_sha256":"ab","device":"cpu","energy_level":"MP2020"}`
	for _, c := range []struct {
		server, tool, result, path string
		name, unit, formula        string
	}{
		{"smact", "validate_composition", `{"items":[{"input":"NaCl","formula":"NaCl","valid":true,"oxidation_states":{"Na":1,"Fe":[2,3]}}]}`, "items.0.valid", "composition_valid", "", "NaCl"},
		{"smact", "validate_composition", `{"items":[{"input":"NaCl","formula":"NaCl","valid":true,"oxidation_states":{"Na":1,"Fe":[2,3]}}]}`, "items.0.oxidation_states.Fe.1", "Fe", "", "NaCl"},
		{"mace", "relax_structure", `{"structure_id":"st_1","formula":"MgO","energy_per_atom":-5.5,"converged":true,` + potential + `}`, "energy_per_atom", "energy_per_atom", "eV/atom", "MgO"},
		{"mace", "relax_structures", `{"items":[{"structure_id":"st_1","formula":"MgO","energy_per_atom":-5.5,"converged":true}],` + potential + `}`, "items.0.energy_per_atom", "energy_per_atom", "eV/atom", "MgO"},
		{"mace", "calculate_formation_energy", `{"items":[{"structure_id":"st_1","formula":"MgO","formation_energy_per_atom":-3.1,"converged":true}],` + potential + `}`, "items.0.formation_energy_per_atom", "formation_energy_per_atom", "eV/atom", "MgO"},
		{"mace", "calculate_formation_energy", `{"items":[{"structure_id":"st_1","formula":"MgO","converged":true,"references":[{"element":"Mg","structure_id":"st_2","energy_per_atom":-1.5,"converged":true}]}],` + potential + `}`, "items.0.references.0.energy_per_atom", "reference_energy_per_atom", "eV/atom", ""},
		{"mace", "calculate_energy_above_hull", `{"items":[{"structure_id":"st_1","formula":"MgO","energy_above_hull_per_atom":0.01,"converged":true}],` + potential + `}`, "items.0.energy_above_hull_per_atom", "energy_above_hull_per_atom", "eV/atom", "MgO"},
		{"structure", "analyze_space_group", `{"structure_id":"st_1","formula":"MgO","space_group_number":225,"conventional":{"lattice_a":4.21}}`, "space_group_number", "space_group_number", "", "MgO"},
		{"structure", "analyze_space_group", `{"structure_id":"st_1","formula":"MgO","space_group_number":225,"conventional":{"lattice_a":4.21}}`, "conventional.lattice_a", "lattice_a", "angstrom", "MgO"},
		{"chemeleon", "generate_crystal_csp", `{"formula":"MgO","structures":[{"structure_id":"st_1","formula":"MgO","volume_per_atom":9.3,"lattice":{"alpha":90}}]}`, "structures.0.lattice.alpha", "alpha", "degree", "MgO"},
	} {
		t.Run(c.tool+"/"+c.path, func(t *testing.T) {
			t.Parallel()
			vs, err := Extract("t1.tool1", c.tool, json.RawMessage(c.result), outputSchema(t, c.server, c.tool))
			require.NoError(t, err)
			v, ok := byKey(t, vs)["t1.tool1."+c.path]
			require.True(t, ok)
			require.Equal(t, [3]string{c.name, c.unit, c.formula}, [3]string{v.Name, v.Unit, v.Formula})
			if c.server == "mace" {
				require.Equal(t, "CHGNet", v.Potential.Name)
				require.True(t, *v.Converged)
			}
		})
	}
}

// A derived number says how it was made: the schema names the members that tell.
func TestDerivedNumbers(t *testing.T) {
	t.Parallel()
	result := `{"items":[{"structure_id":"st_1","formula":"MgO","energy_per_atom":-6,"formation_energy_per_atom":-3.1,"expression":"E/atom - 0.5 E(Mg) - 0.5 E(O)","inputs":["st_1","st_2"]}]}`
	vs, err := Extract("t1.tool1", "calculate_formation_energy", json.RawMessage(result), outputSchema(t, "mace", "calculate_formation_energy"))
	require.NoError(t, err)
	got := byKey(t, vs)
	v := got["t1.tool1.items.0.formation_energy_per_atom"]
	require.Equal(t, "E/atom - 0.5 E(Mg) - 0.5 E(O)", v.Expression)
	require.Equal(t, []string{"st_1", "st_2"}, v.Inputs)
	require.Empty(t, got["t1.tool1.items.0.energy_per_atom"].Expression, "what the potential gave was not derived")
}
