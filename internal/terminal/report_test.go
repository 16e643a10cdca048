package terminal

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/report"
)

const reportJSON = `{
 "discovery_id": "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ", "query": "What is the crystal structure and formation energy of NaCl?", "mode": "auto", "status": "completed",
 "agent": {"name": "CrystaLyse", "model": "built-in planner", "provider": "builtin"},
 "assumptions": ["The ground state is wanted, at 0 K"],
 "compositions": [
  {"formula": "CuAl2O4", "valid": true, "applicable": true, "assignment": "Cu(2+) Al(3+)2 O(2-)4", "call_id": "t1.tool1"},
  {"formula": "Na3Cl", "valid": false, "applicable": true, "reason": "no balance", "call_id": "t1.tool1"},
  {"formula": "NiTi", "valid": null, "applicable": false, "reason": "intermetallic", "call_id": "t1.tool1"}],
 "summary": "## Answer\n\n**NaCl** is rock salt, Fm-3m (225), with a formation energy of −2.072 eV/atom. That is what one would expect of it.\n\n- found among 12 structures\n\n| formula | verdict | balancing oxidation states, or why not |\n|---|:-:|---|\n| NaCl | valid | Na(1+) Cl(1-) |\n| Na3Cl | not valid | no combination of the known oxidation states adds up to zero |",
 "values": [
  {"key": "t2.tool1.e", "name": "formation_energy_per_atom", "value": -2.07231, "unit": "eV/atom", "call_id": "t2.tool1", "formula": "NaCl", "potential": {"name": "CHGNet", "version": "0.3.0"}, "converged": true},
  {"key": "t2.tool2.a", "name": "lattice_a", "value": 5.6412, "unit": "angstrom", "call_id": "t2.tool2", "formula": "NaCl", "potential": null, "converged": false},
  {"key": "t1.tool1.v", "name": "composition_valid", "value": true, "call_id": "t1.tool1"}],
 "structures": [{"id": "st_0123456789abcdef0123456789", "formula": "NaCl", "n_atoms": 2, "lattice": {"a": 3.99}, "conventional": {"lattice": {"a": 5.6412}, "n_atoms": 8}, "space_group": {"symbol": "Fm-3m", "number": 225, "symprec": 0.01}, "origin": "relaxed", "label": "rocksalt"}],
 "validation": {"values_total": 14, "values_resolved": 14, "unsourced": []},
 "usage": {"tokens_in": 12345, "tokens_out": 678, "tool_calls": 3, "wall_s": 12.3, "cost": null}}`

func readReport(t *testing.T) report.Report {
	t.Helper()
	var r report.Report
	require.NoError(t, json.Unmarshal([]byte(reportJSON), &r))
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	x := Extra{Files: "out", Web: "http://127.0.0.1:8000/d/disc-01"}
	for name, st := range map[string]Style{"Width100": {Unicode: true, Width: 100}, "Width80": {Unicode: true, Width: 80}, "Width40": {Unicode: true, Width: 40}, "ASCII": {Width: 100}, "Color": {Unicode: true, Color: true, Width: 100}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			require.NoError(t, Report(&out, readReport(t), x, st))
			golden(t, out.String())
		})
	}
	t.Run("Declined", func(t *testing.T) {
		t.Parallel()
		r := readReport(t)
		r.Status, r.Values, r.Structures, r.Compositions, r.Details = "declined", nil, nil, nil, "no tool gives a band gap"
		r.Summary = "The band gap is ~~2.1 eV~~ ⚠ unsourced."
		r.Validation = report.Validation{Unsourced: []string{"2.1 eV"}}
		var out strings.Builder
		require.NoError(t, Report(&out, r, Extra{}, Style{Unicode: true}))
		golden(t, out.String())
	})
	t.Run("Hostile", func(t *testing.T) {
		t.Parallel()
		r := readReport(t)
		const evil = "\x1b]52;c;b3duZWQ=\x07\u202e"
		r.Summary, r.Query, r.Details, r.Assumptions = evil, evil, evil, []string{evil}
		r.Compositions[0].Formula, r.Values[0].Formula, r.Structures[0].Label, r.Agent.Model = evil, evil, evil, evil
		r.Validation.Unsourced = []string{evil}
		r.Status = evil
		var out strings.Builder
		require.NoError(t, Report(&out, r, Extra{}, Style{Unicode: true}))
		require.NotContains(t, out.String(), "\x1b")
		require.NotContains(t, out.String(), "\u202e")
	})
	t.Run("ManyRows", func(t *testing.T) {
		t.Parallel()
		r := readReport(t)
		for range 1000 {
			r.Structures = append(r.Structures, r.Structures[0])
		}
		var out strings.Builder
		require.NoError(t, Report(&out, r, Extra{}, Style{Unicode: true, Width: 120}))
		require.Contains(t, out.String(), "and 993 more in the report object")
		require.Less(t, strings.Count(out.String(), "\n"), 80)
	})
}

func TestHeld(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]string{"Tool": "t2.tool1", "Model": "t2.llm"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewRun()
			r.Step = step
			r.Failure = &event.Failure{Code: "unavailable", Message: "the server mace does not answer", Suggestions: []string{"see the log of mace"}}
			var out strings.Builder
			require.NoError(t, Held(&out, r, "disc-01", Style{Unicode: true}))
			golden(t, out.String())
		})
	}
}

func TestReadChoice(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]Choice{"s": Stop, " STOP ": Stop, "l": Leave, "leave": Leave, "": Continue, "c": Continue, "yes": Unclear, "sx": Unclear} {
		require.Equal(t, want, ReadChoice(answer), answer)
	}
}

func TestKeyboardForgetsWhatWasTypedBefore(t *testing.T) {
	t.Parallel()
	k := NewKeyboard(strings.NewReader("only\n"))
	require.Equal(t, "only", <-k.Lines())
	_, open := <-k.Lines()
	require.False(t, open)
}

func TestNumber(t *testing.T) {
	t.Parallel()
	st := Style{Unicode: true}
	for x, want := range map[float64]string{0: "0", 12: "12", -2.0723: "−2.0723", 0.12341: "0.1234", 225: "225", 5.64123456: "5.6412", 1234.5678: "1234.6", 1e-5: "1.000e-05", -3e7: "−3.000e+07"} {
		require.Equal(t, want, st.number(x))
	}
	require.Equal(t, "1,234,567", grouped(1234567))
	require.Equal(t, "123", grouped(123))
	require.Equal(t, "1:02:03", elapsed(3723e9))
}

func TestWrap(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"  one two", "  three"}, wrap("one two three", 12, "  "))
	require.Equal(t, []string{"结构结构结", "构 ab"}, wrap("结构结构结构 ab", 10, ""), "wide characters take two cells")
	require.Equal(t, []string{"a", "", "b"}, wrap("a\n\nb\n\n", 40, ""))
	for _, l := range wrap(strings.Repeat("x", 95)+" y", 30, "   ") {
		require.LessOrEqual(t, width(l), 30)
	}
}

// FuzzClean sends anything: what comes out moves no cursor and hides nothing.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\x1b[2Jb", "\x9b31m", "\u202eabc", "\r\n", "\xff\xfe", "e\u0301", "\x1b]8;;http://x\x07y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Clean(s) {
			if r != '\n' && (unicode.IsControl(r) || hidden(r)) {
				t.Fatalf("%U of %q came through", r, s)
			}
		}
		if strings.Contains(Line(s), "\n") {
			t.Fatalf("%q is more than a line", s)
		}
	})
}
