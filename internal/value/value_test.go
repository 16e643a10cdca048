package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
)

const relaxSchema = `{"$defs":{
 "Lattice":{"type":"object","properties":{"a":{"type":"number","unit":"angstrom"}}},
 "Ref":{"type":"object","properties":{"structure_id":{"type":"string"},"lattice":{"$ref":"#/$defs/Lattice"},"n_atoms":{"type":"integer","unit":""}}},
 "Item":{"type":"object","properties":{"energy_per_atom":{"anyOf":[{"type":"number"},{"type":"null"}],"unit":"eV/atom","value":"energy_per_atom"},
   "max_force":{"anyOf":[{"type":"null"},{"type":"number","unit":"eV/angstrom"}]},"converged":{"type":"boolean"}}},
 "Failed":{"type":"object","properties":{"error":{"type":"string"},"code":{"type":"integer","value":"failure_code"}}}},
 "type":"object","properties":{
  "items":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/Failed"},{"$ref":"#/$defs/Item"}]}},
  "structures":{"type":"array","items":{"$ref":"#/$defs/Ref"}},
  "fmax":{"allOf":[{"type":"number"},{"unit":"eV/angstrom","value":"fmax_threshold"}]},
  "angles":{"type":"array","prefixItems":[{"type":"number","unit":"degree","value":"alpha"}],"items":{"type":"number","unit":"rad"}},
  "radii":{"type":"object","additionalProperties":{"type":"number","unit":"angstrom","value":"radius"}}}}`

const relaxResult = `{"potential":{"name":"CHGNet","version":"0.3.0","checkpoint_sha256":"ab","device":"cpu","energy_level":"MP2020"},
 "items":[{"structure_id":"st_1","formula":"NaCl","energy_per_atom":-3.39,"max_force":0.01,"converged":true},
          {"structure_id":"st_2","formula":"MgO","energy_per_atom":-5.5,"max_force":null,"converged":false},
          {"error":"no","code":7}],
 "structures":[{"structure_id":"st_3","n_atoms":2,"lattice":{"a":3.99}}],
 "fmax":0.05,"angles":[90,1.5],"radii":{"Na":1.02,"Cl.1":1.81}}`

func byKey(t *testing.T, vs []Value) map[string]Value {
	t.Helper()
	m := map[string]Value{}
	for _, v := range vs {
		require.NotContains(t, m, v.Key)
		require.NotEqual(t, v.Number == nil, v.Bool == nil, "exactly one of Number and Bool")
		m[v.Key] = v
	}
	return m
}

func extract(t *testing.T, result, schema string) map[string]Value {
	t.Helper()
	vs, err := Extract("t1.tool1", "relax", json.RawMessage(result), json.RawMessage(schema))
	require.NoError(t, err)
	return byKey(t, vs)
}

func TestExtract(t *testing.T) {
	t.Parallel()
	got := extract(t, relaxResult, relaxSchema)
	at := func(path string) Value {
		v, ok := got["t1.tool1."+path]
		require.True(t, ok, path)
		return v
	}
	t.Run("Context", func(t *testing.T) {
		e := at("items.0.energy_per_atom")
		require.Equal(t, -3.39, *e.Number)
		require.Equal(t, []string{"energy_per_atom", "eV/atom", "st_1", "NaCl", "CHGNet", "relax", "t1.tool1", "items.0.energy_per_atom"},
			[]string{e.Name, e.Unit, e.StructureID, e.Formula, e.Potential.Name, e.Tool, e.CallID, e.Field})
		require.True(t, *e.Converged)
		other := at("items.1.energy_per_atom")
		require.Equal(t, "MgO", other.Formula)
		require.False(t, *other.Converged)
		require.NotContains(t, got, "t1.tool1.items.1.max_force", "null is no value")
		require.Equal(t, "st_3", at("structures.0.lattice.a").StructureID)
		require.Nil(t, at("structures.0.lattice.a").Converged)
		require.Empty(t, at("fmax").StructureID)
	})
	t.Run("Names", func(t *testing.T) {
		for path, want := range map[string][2]string{
			"items.0.max_force":      {"max_force", "eV/angstrom"},
			"items.0.converged":      {"converged", ""},
			"items.2.code":           {"failure_code", ""},
			"structures.0.lattice.a": {"a", "angstrom"},
			"fmax":                   {"fmax_threshold", "eV/angstrom"},
			"angles.0":               {"alpha", "degree"},
			"angles.1":               {"angles", "rad"},
			"radii.Na":               {"radius", "angstrom"},
			"radii.Cl%2E1":           {"radius", "angstrom"},
		} {
			require.Equal(t, want, [2]string{at(path).Name, at(path).Unit}, path)
		}
	})
	t.Run("NoSchema", func(t *testing.T) {
		for _, schema := range []string{"", "true", "null", "[]", `{"properties":7,"$defs":[],"items":true}`, "{"} {
			v := extract(t, `{"items":[{"gap":1.5}]}`, schema)["t1.tool1.items.0.gap"]
			require.Equal(t, [2]string{"gap", ""}, [2]string{v.Name, v.Unit}, schema)
		}
	})
	t.Run("Composition", func(t *testing.T) {
		got := extract(t, `{"items":[{"formula":"MgO","valid":true},{"valid":false}],"valid":true}`, "")
		require.Equal(t, "composition_valid", got["t1.tool1.items.0.valid"].Name)
		require.Equal(t, "MgO", got["t1.tool1.items.0.valid"].Formula)
		require.Equal(t, "valid", got["t1.tool1.items.1.valid"].Name, "no formula: a verdict on something else")
		require.Equal(t, "valid", got["t1.tool1.valid"].Name)
	})
	t.Run("RecursiveSchema", func(t *testing.T) {
		schema := `{"$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}]},"B":{"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}]}},"$ref":"#/$defs/A"}`
		require.Len(t, extract(t, `{"x":1}`, schema), 1)
	})
}

func TestExtractNumbers(t *testing.T) {
	t.Parallel()
	got := extract(t, `{"huge":1e400,"big":9007199254740993,"even":9007199254740994,"tenth":0.1,"zero":-0.0,"count":3,"s":"5.64","n":null}`, "")
	require.NotContains(t, got, "t1.tool1.huge", "beyond double precision")
	require.NotContains(t, got, "t1.tool1.big", "would be stored as another number")
	require.Contains(t, got, "t1.tool1.even")
	require.Equal(t, 0.1, *got["t1.tool1.tenth"].Number)
	require.False(t, math.Signbit(*got["t1.tool1.zero"].Number))
	require.Len(t, got, 4)
}

func TestExtractRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65)
	atLimit := strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64)
	many := "[" + strings.Repeat("1,", 20_000) + "1]"
	for name, c := range map[string]struct {
		result string
		code   fault.Code
	}{
		"AtDepth":   {atLimit, ""},
		"Deep":      {deep, fault.CodeLimit},
		"Empty":     {"", fault.CodeInvalid},
		"Garbage":   {`{"a":1} trailing`, fault.CodeInvalid},
		"Many":      {many, fault.CodeLimit},
		"NaN":       {`{"a":NaN}`, fault.CodeInvalid},
		"Scalar":    {"5", ""},
		"Truncated": {`{"a":1`, fault.CodeInvalid},
		"VeryDeep":  {strings.Repeat("[", 100_000), fault.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Extract("t1.tool1", "x", json.RawMessage(c.result), nil)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"t1.tool1.a", "c2.t1.tool2.energy_per_atom", "disc-01J/t1.tool1.items.3.valid", "t1.tool12.a%2Eb.%"} {
		k, err := ParseKey(s)
		require.NoError(t, err, s)
		require.Equal(t, s, k.String())
	}
	k, err := ParseKey("disc-x/c2.t1.tool2.a%2Eb.%.0")
	require.NoError(t, err)
	require.Equal(t, Key{Discovery: "disc-x", CallID: "c2.t1.tool2", Path: []string{"a.b", "", "0"}}, k)
	for _, s := range []string{"", "t1", "t1.tool1", "t1.tool1.", "t1.llm.a", "x.y", "t1.tool1.a%2", "t1.tool1.a%zz", "t1.tool1.a..b", "/t1.tool1.a", "a/b/t1.tool1.a"} {
		_, err := ParseKey(s)
		require.Equal(t, fault.CodeInvalid, fault.CodeOf(err), s)
	}
}

func TestFindRefs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"a {{v:t1.tool1.x}} b {{ v: t1.tool1.y }}":   {"t1.tool1.x", "t1.tool1.y"},
		"{{v:t1.tool1.x|digits=3}}":                  {"t1.tool1.x"},
		"{{v:`t1.tool1.x`}}":                         {"t1.tool1.x"},
		"{v:t1.tool1.x}":                             {"t1.tool1.x"},
		"{{v:t1.tool1.x} and":                        {"t1.tool1.x"},
		"{{v:t1.tool1.x and":                         {"t1.tool1.x"},
		"{{v:}}":                                     {""},
		"{{v:not a key}}":                            {"not a key"},
		"{v: 3}, {{outcome:declined}}, {{assume:x}}": nil,
		"{{V:t1.tool1.x}}":                           {"t1.tool1.x"},
	} {
		var got []string
		for _, r := range FindRefs(text) {
			got = append(got, r.Key)
		}
		require.Equal(t, want, got, text)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    float64
		unit string
		want string
	}{
		{-2.07231, "eV/atom", "−2.072\u2009eV/atom"},
		{-0.00004, "eV/atom", "−4×10⁻⁵\u2009eV/atom"},
		{0, "eV/atom", "0.000\u2009eV/atom"},
		{5.6412, "angstrom", "5.641\u2009Å"},
		{179.4, "angstrom^3", "179.40\u2009Å³"},
		{90, "degree", "90.00°"},
		{25.04, "GPa", "25.0\u2009GPa"},
		{124.23, "mAh/g", "124.2\u2009mAh/g"},
		{225, "", "225"},
		{2.666667, "", "2.667"},
		{1234567, "", "1234567"},
		{1.5e-7, "", "1.5×10⁻⁷"},
		{6.02e23, "", "6.02×10²³"},
		{123456.7, "", "123457"},
		{-12, "%", "−12\u2009%"},
		{math.NaN(), "eV", "unknown"},
		{math.Inf(1), "eV", "unknown"},
	} {
		require.Equal(t, c.want, Format(Value{Number: &c.n, Unit: c.unit}), "%v %s", c.n, c.unit)
	}
	yes, no := true, false
	require.Equal(t, "valid", Format(Value{Bool: &yes, Name: "composition_valid"}))
	require.Equal(t, "no", Format(Value{Bool: &no, Name: "converged"}))
	require.Equal(t, "unknown", Format(Value{}))
}

func FuzzExtract(f *testing.F) {
	f.Add(relaxResult, relaxSchema)
	f.Add(`{"a.b":{"":1,"a_b":2},"%":[true,{"x":1}]}`, `{"items":[{"$ref":"#/$defs/x"}]}`)
	f.Fuzz(func(t *testing.T, result, schema string) {
		vs, err := Extract("t1.tool1", "x", json.RawMessage(result), json.RawMessage(schema))
		if err != nil {
			return
		}
		for key, v := range byKey(t, vs) {
			k, err := ParseKey(key)
			require.NoError(t, err)
			require.Equal(t, key, k.String())
			refs := FindRefs(fmt.Sprintf("x {{v:%s}} y", key))
			require.Len(t, refs, 1)
			require.Equal(t, key, refs[0].Key, "every value can be cited")
			require.NotEmpty(t, Format(v))
		}
	})
}

func FuzzFindRefs(f *testing.F) {
	f.Add("a {{v:t1.tool1.x}} {{v: {{v:y")
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, r := range FindRefs(text) {
			require.GreaterOrEqual(t, r.Start, at)
			require.Greater(t, r.End, r.Start)
			at = r.End
		}
	})
}
