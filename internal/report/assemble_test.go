package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

func stID(n string) string { return "st_" + strings.Repeat(n, 26) }

func energy(call, name, id, formula, potential string, e float64, converged bool) value.Value {
	return value.Value{Key: call + "." + name, Name: name, Number: &e, Unit: "eV/atom", CallID: call, Tool: "relax_structures", Field: "items.0." + name, StructureID: id, Formula: formula,
		Potential: &value.Potential{Name: potential, Version: "1", CheckpointSHA256: "0123456789abcdef"}, Converged: &converged, Inputs: []string{}}
}

func crystal(id, formula, origin, parent string) structure.Structure {
	return structure.Structure{ID: id, Formula: formula, Species: []string{"Na", "Cl"}, Origin: origin, ParentID: parent, Lattice: [][3]float64{{0, 2.8, 2.8}, {2.8, 0, 2.8}, {2.8, 2.8, 0}},
		Body: json.RawMessage(`{"space_group":{"symbol":"Fm-3m","number":225,"symprec":0.1}}`)}
}

func salt() Input {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return Input{
		Discovery: discovery.Discovery{ID: "disc-1", SessionID: "s1", Query: "Is NaCl stable?", Mode: discovery.ModeAuto, Agent: discovery.Agent{PromptSHA256: "abcdef0123"}, StartedAt: &start},
		Calls: []discovery.Call{
			{ID: "t1.tool1", Tool: "validate_composition", Server: "smact", Status: tool.StatusOK, StartedAt: start, Arguments: json.RawMessage(`{"compositions":["NaCl","Xx"]}`),
				Result: json.RawMessage(`{"items":[{"input":"NaCl","formula":"NaCl","valid":true,"applicable":true,"oxidation_states":{"Na":1,"Cl":-1},"assignment":"Na(+) Cl(-)"},
					{"input":"NiTi","formula":"NiTi","valid":null,"applicable":false,"reason":"intermetallic"},{"input":"Xx","formula":null,"valid":null,"error":"no element"},{"formula":7,"valid":true},{"formula":"MgO"}]}`)},
			{ID: "t2.tool1", Tool: "analyze_space_group", Server: "structure", Status: tool.StatusOK, StartedAt: start,
				Result: json.RawMessage(`{"structure_id":"` + stID("b") + `","space_group_symbol":"Fm-3m","space_group_number":225,"symprec":0.01,"conventional":{"lattice_a":5.6,"lattice_b":5.6,"lattice_c":5.6,"lattice_alpha":90,"lattice_beta":90,"lattice_gamma":90,"n_atoms":8,"volume":175.6}}`)},
			{ID: "t3.tool1", Tool: "relax_structure", Server: "mace", Status: tool.StatusToolError, StartedAt: start, Result: json.RawMessage(`{"items":[{"formula":"MgO","valid":true}]}`), Error: &tool.Error{Message: "no <b>weights</b>"}},
		},
		Structures: []structure.Structure{crystal(stID("a"), "NaCl", "prototype", ""), crystal(stID("b"), "NaCl", "relaxed", stID("a")), crystal(stID("c"), "NaCl", "relaxed", stID("a")),
			crystal(stID("d"), "Na", "reference", ""), crystal(stID("e"), "Na", "relaxed", stID("d"))},
		Values: []value.Value{
			energy("t1.tool2", "energy_per_atom", stID("b"), "NaCl", "CHGNet", -3.39, true),
			energy("t1.tool3", "energy_per_atom", stID("c"), "NaCl", "CHGNet", -3.99, false),
			energy("t1.tool4", "energy_per_atom", stID("c"), "NaCl", "MACE", -9.99, true),
			energy("t1.tool5", "formation_energy_per_atom", stID("b"), "NaCl", "CHGNet", -2.07, true),
			{Key: "t1.tool2.steps", Name: "steps", Number: ptr(84.0), CallID: "t1.tool2", Field: "steps"},
			{Key: "t1.tool2.n", Name: "n", Number: ptr(12.0), CallID: "t1.tool2", Field: "n"},
			{Key: "t1.tool6.v", Name: "volume_per_atom", Number: ptr(22.0), CallID: "t1.tool6", Field: "structures.0.volume_per_atom"},
		},
		Text:    "Yes: {{v:t1.tool5.formation_energy_per_atom}} from {{v:t1.tool2.n}} structures, gap 5 eV.\n{{assume:at 300 K}}",
		EndedAt: start.Add(time.Minute),
	}
}

func TestAssemble(t *testing.T) {
	t.Parallel()
	r := Assemble(salt())
	require.Equal(t, discovery.StatusCompleted, r.Status)
	require.Equal(t, "Yes: −2.070\u2009eV/atom from 12 structures, gap ~~5 eV~~ ⚠ unsourced.", r.Summary)
	require.Equal(t, Validation{ValuesTotal: 2, ValuesResolved: 2, Unsourced: []string{"5 eV", "300 K"}}, r.Validation, "assumptions are no hiding place")
	t.Run("Compositions", func(t *testing.T) {
		require.Len(t, r.Compositions, 3)
		require.True(t, *r.Compositions[0].Valid)
		require.Equal(t, "t1.tool1", r.Compositions[0].CallID)
		require.Equal(t, Composition{Formula: "NiTi", Reason: "intermetallic", CallID: "t1.tool1"}, r.Compositions[1])
		require.Equal(t, "Xx", r.Compositions[2].Formula)
	})
	t.Run("Candidates", func(t *testing.T) {
		require.Len(t, r.Candidates, 1, "references are no candidates")
		c := r.Candidates[0]
		require.Equal(t, []any{"NaCl", 1, stID("b"), -3.39, -2.07, NoHull}, []any{c.Formula, c.Tried, c.BestStructureID, *c.EnergyPerAtom, *c.FormationEnergyPerAtom, c.Verdict})
		require.Equal(t, []string{stID("a"), stID("b"), stID("c")}, c.StructureIDs)
		require.Nil(t, c.EnergyAboveHullPerAtom)
		require.Nil(t, c.Hull)
	})
	t.Run("Structures", func(t *testing.T) {
		b := r.Structures[1]
		require.InDelta(t, 3.9598, b.Lattice.A, 1e-4)
		require.InDelta(t, 60, b.Lattice.Gamma, 1e-9)
		require.InDelta(t, 43.904, b.Lattice.Volume, 1e-9)
		require.Equal(t, &SpaceGroup{Symbol: "Fm-3m", Number: 225, Symprec: 0.01}, b.SpaceGroup)
		require.Equal(t, 5.6, b.Conventional.Lattice.A)
		require.Equal(t, 0.1, r.Structures[0].SpaceGroup.Symprec, "without an analysis, the structure's own")
		require.Nil(t, r.Structures[0].Conventional)
	})
	t.Run("Values", func(t *testing.T) {
		keys := []string{}
		for _, v := range r.Values {
			keys = append(keys, v.Key)
		}
		require.Equal(t, []string{"t1.tool2.energy_per_atom", "t1.tool3.energy_per_atom", "t1.tool4.energy_per_atom", "t1.tool5.formation_energy_per_atom", "t1.tool2.n"}, keys,
			"canonical or cited; not the optimizer's steps, not what describes a generated structure")
	})
}

func TestAssembleStatus(t *testing.T) {
	t.Parallel()
	in := salt()
	in.Text = "No tool gives a band gap.\n{{outcome:declined}}"
	require.Equal(t, discovery.StatusDeclined, Assemble(in).Status)
	in.Status, in.Details = discovery.StatusBudgetExhausted, "the cost limit of 0.25 is reached"
	in.Text = "Stopped: the cost limit of 0.25 is reached."
	r := Assemble(in)
	require.Equal(t, discovery.StatusBudgetExhausted, r.Status)
	require.Empty(t, r.Validation.Unsourced, "what the program says of the end is no claim")
}

// A tool's own words may be quoted in code marks; they are not the model's.
func TestAssembleQuotes(t *testing.T) {
	t.Parallel()
	in := salt()
	in.Calls[2].Error.Message = "atoms overlap (closer than 0.5 angstrom): check the cell"
	in.Calls[2].Result = json.RawMessage(`{"items":[{"note":"a negative energy of 3 eV was corrected"}]}`)
	for text, want := range map[string][]string{
		"It failed: `atoms overlap (closer than 0.5 angstrom): check the cell`.": {},
		"It failed: `atoms overlap (closer than 0.5 angstrom)…`.":                {},
		"Note: `a negative energy of 3 eV was corrected`.":                       {},
		"Atoms are closer than 0.5 angstrom.":                                    {"0.5 angstrom"},
		"`atoms overlap (closer than 0.6 angstrom)`":                             {"0.6 angstrom"},
		"`3 eV`": {"`3 eV`"},
	} {
		in.Text = text
		require.Equal(t, want, Assemble(in).Validation.Unsourced, text)
	}
}

// Whatever a tool returned, the report can be written.
func TestReportIsAlwaysJSON(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]Input{
		"Empty":    {},
		"FlatCell": {Structures: []structure.Structure{{ID: "x", Lattice: [][3]float64{{1, 0, 0}, {0, 0, 0}, {0, 0, 1}}}, {ID: "y", Lattice: [][3]float64{{math.MaxFloat64, 0, 0}, {0, math.MaxFloat64, 0}, {0, 0, 1}}}, {ID: "z"}}},
		"Garbage":  {Calls: []discovery.Call{{ID: "t1.tool1", Status: tool.StatusOK, Result: json.RawMessage(`{"items":7}`)}, {ID: "t1.tool2", Tool: "analyze_space_group", Status: tool.StatusOK, Result: json.RawMessage(`[]`)}}},
		"NaN":      {Values: []value.Value{{Key: "k", Name: "energy_per_atom", Number: ptr(math.NaN()), StructureID: "s", Formula: "X", Converged: ptr(true), Potential: &value.Potential{}}}},
		"Salt":     salt(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Assemble(in)
			body, err := json.Marshal(r)
			require.NoError(t, err)
			var back map[string]any
			require.NoError(t, json.Unmarshal(body, &back))
			for _, key := range []string{"discovery_id", "session_id", "parent_id", "query", "mode", "status", "agent", "assumptions", "started_at", "ended_at", "compositions",
				"summary", "values", "structures", "candidates", "validation", "calls", "memories_used", "usage"} {
				require.Contains(t, back, key)
				if key != "started_at" {
					require.NotNil(t, back[key], key)
				}
			}
			id, err := r.ID()
			require.NoError(t, err)
			require.Regexp(t, `^rep_[0-9a-f]{26}$`, id)
			again, err := Assemble(in).ID()
			require.NoError(t, err)
			require.Equal(t, id, again)
			require.NotEmpty(t, Markdown(r))
		})
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	in := salt()
	in.Discovery.Query = "Is <script>alert(1)</script> | `x` [a](javascript:b) stable?\n# no"
	in.Text += "\n\n<img src=x onerror=y> [z](javascript:alert(1)) Na<sub>2</sub>O"
	md := Markdown(Assemble(in))
	for _, want := range []string{
		"[t1.tool5](#call-t1-tool5)", `<a id="call-t1-tool1"></a>`, "CHGNet 1 (01234567)", "| NaCl | valid | Na(+) Cl(-) |", "Fm3\u0304m (225) at 0.01 Å", "5.600, 5.600, 5.600 Å",
		"NiTi | not applicable | intermetallic", "no &lt;b>weights", "Na<sub>2</sub>O", "2 of 2 cited numbers", "Prompt abcdef01", "−2.070\u2009eV/atom", NoHull,
	} {
		require.Contains(t, md, want)
	}
	for _, bad := range []string{"<script", "<img", "[z](javascript", "\n# no"} {
		require.NotContains(t, md, bad)
	}
	var back Report
	body, err := json.Marshal(Assemble(in))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &back))
	back.Usage.ToolCalls = 1
	require.Contains(t, Markdown(back), " out, 1 tool call, ")
	require.Contains(t, Markdown(back), "−2.070\u2009eV/atom", "a report read back from JSON shows the same numbers")
}

func TestNotation(t *testing.T) {
	t.Parallel()
	require.Equal(t, "CaF₂", Formula("CaF2"))
	require.Equal(t, "NaCl", Formula("NaCl"))
	require.Equal(t, "–", Formula(""))
	require.Equal(t, "Fm3\u0304m", SpaceGroupSymbol("Fm-3m"))
	require.Equal(t, "P6₃/mmc", SpaceGroupSymbol("P6_3/mmc"))
	require.Equal(t, "P1\u0304", SpaceGroupSymbol("P-1"))
}

// TestACellIsThePotentials: what another tool reads off a relaxed cell names the
// potential that relaxed it; a cell that no potential made has none.
func TestACellIsThePotentials(t *testing.T) {
	t.Parallel()
	in := salt()
	for _, id := range []string{"a", "c"} {
		in.Values = append(in.Values, value.Value{Key: "t9." + id + ".lattice_a", Name: "lattice_a", Number: ptr(5.6), Unit: "angstrom", CallID: "t9." + id, Field: "lattice_a", StructureID: stID(id)})
	}
	in.Values = append(in.Values, energy("t9.tool9", "energy_per_atom", stID("a"), "NaCl", "CHGNet", -3.1, true))
	of := map[string]*value.Potential{}
	for _, v := range Assemble(in).Values {
		of[v.Key] = v.Potential
	}
	require.Contains(t, of, "t9.a.lattice_a")
	require.Nil(t, of["t9.a.lattice_a"], "a prototype with a single evaluation")
	require.NotNil(t, of["t9.c.lattice_a"])
	require.Equal(t, "CHGNet", of["t9.c.lattice_a"].Name, "the one that relaxed it, not the one that looked at it later")
}
