package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/report"
	"crystalyse/internal/value"
)

// pair is two questions of one subject, worded differently and not always asking
// for the same. The second is answered from what the first computed.
type pair struct {
	kind, first, second string
	verified            string // the value that both answer with; "" where it is a verdict
}

// related are ten pairs. `make related` asks them all; the tests of every day the
// first two, of a verdict and of a structure.
var related = []pair{
	{"mixed valence", "Validate Fe3O4", "Is Fe3O4 a valid composition?", ""},
	{"structure", "What is the crystal structure of KCl?", "Which lattice parameter does KCl have?", "lattice_a"},
	{"validity of two", "Validate CsPbI3 and Mg3N", "Are Mg3N and CsPbI3 charge balanced?", ""},
	{"formation energy", "What is the formation energy of MgO?", "How strongly bound is MgO, in eV per atom against its elements?", "formation_energy_per_atom"},
	{"structure, then energy", "Give me the space group of LiF", "What is the formation energy of LiF?", "space_group_number"},
	{"hull", "Is NaF stable against decomposition?", "How far above the convex hull is NaF?", "energy_above_hull_per_atom"},
	{"bulk modulus", "Compute the bulk modulus of CaO", "How compressible is CaO? I need its bulk modulus.", "bulk_modulus"},
	{"coordination", "How many neighbors does Mg have in MgS?", "What is the bond length in MgS?", "space_group_number"},
	{"two compounds", "Compare the formation energies of NaCl and KF", "Which of KF and NaCl has the lower formation energy?", "formation_energy_per_atom"},
	{inSession, "What is the space group of LiCl?", "And its formation energy? I mean that of LiCl", "space_group_number"},
}

// inSession is the pair that is asked in one session; the others each in a
// session of its own, where only memory knows of the first.
const inSession = "in a session"

// everyday is how many pairs the tests of every day ask.
const everyday = 2

// TestRelatedQuestions asks pairs: the second question runs fewer tool calls for
// the same verified answer, and names the memories it stands on. When the model
// files change, nothing is reused.
func TestRelatedQuestions(t *testing.T) {
	all := os.Getenv("CRYSTALYSE_RELATED") == "all"
	pairs := related[:everyday]
	if all {
		pairs = related
	}
	s := up(t)
	rows := []string{}
	for _, p := range pairs {
		t.Run(p.kind, func(t *testing.T) {
			was := s.t
			s.t = t
			t.Cleanup(func() { s.t = was })
			first, _ := s.discover(p.first)
			var in []string
			if p.kind == inSession {
				in = []string{"--session", first.SessionID}
			}
			second, _ := s.discover(p.second, in...)
			require.Equal(t, p.kind == inSession, first.SessionID == second.SessionID)
			require.NotEmpty(t, first.Calls, first.Summary)
			require.Positive(t, first.Usage.ToolCalls, first.Summary)
			require.Less(t, second.Usage.ToolCalls, first.Usage.ToolCalls, second.Summary)
			require.NotEmpty(t, second.MemoriesUsed)
			require.Empty(t, second.Validation.Unsourced)
			rows = append(rows, row(p, first, second))
			sameAnswer(t, first, second, p.verified)
			t.Logf("%d calls, then %d", first.Usage.ToolCalls, second.Usage.ToolCalls)
		})
	}
	models := filepath.Join(s.dir, "models")
	require.NoError(t, os.MkdirAll(models, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(models, "other.model"), []byte("another potential"), 0o600))
	again, _ := s.discover(related[0].second)
	require.Positive(t, again.Usage.ToolCalls, "with another potential there nothing is reused")
	require.Empty(t, again.MemoriesUsed)
	if all && !t.Failed() {
		results(t, "bench/memory/RELATED.md", relatedHead()+strings.Join(rows, ""))
	}
}

func relatedHead() string {
	load, _ := os.ReadFile("/proc/loadavg") // where there is none, none is told
	return fmt.Sprintf("# Related questions\n\n`make related`, %s: each pair asked once, one after the other, on a fresh stack with the built-in planner. Load average at its end %.4s on %d cores. A call that is reused is not spent; the times are of this machine at this load.\n\n"+
		"| first question | second question | calls | of them computed by the second | seconds | answer of the second, as of the first | memories named |\n|---|---|---|---|---|---|---|\n", time.Now().UTC().Format(time.DateOnly), load, runtime.NumCPU())
}

// row is a line of the table of figures.
func row(p pair, first, second report.Report) string {
	answer := "the same verdicts"
	if p.verified != "" {
		answer = p.verified + " " + strings.Join(answered(second, p.verified), " and ")
	}
	return fmt.Sprintf("| %s | %s | %d, then %d | %d of %d | %.1f, then %.1f | %s | %d |\n", p.first, p.second, len(first.Calls), len(second.Calls),
		second.Usage.ToolCalls, first.Usage.ToolCalls, first.Usage.WallS, second.Usage.WallS, answer, len(second.MemoriesUsed))
}

// answered gives the numbers of a name that a report's answer stands on, with
// their units.
func answered(r report.Report, name string) []string {
	var out []string
	for _, n := range r.Values {
		if f, ok := n.V.(float64); ok && n.Name == name && strings.Contains(r.SummaryCited, "{{v:"+n.Key+"}}") {
			v := n.Value
			v.Number = &f
			out = append(out, value.Format(v))
		}
	}
	return out
}

// sameAnswer requires the same verdicts, the same verified number, and that what
// was reused leads to the call that computed it.
func sameAnswer(t *testing.T, first, second report.Report, verified string) {
	t.Helper()
	verdicts := map[string]bool{}
	for _, c := range first.Compositions {
		verdicts[c.Formula] = *c.Valid
	}
	for _, c := range second.Compositions {
		require.Contains(t, verdicts, c.Formula)
		require.Equal(t, verdicts[c.Formula], *c.Valid)
	}
	if verified != "" {
		require.NotEmpty(t, named(first, verified), first.Summary)
		require.Subset(t, named(second, verified), named(first, verified))
	}
	reused := map[string]string{}
	for _, c := range second.Calls {
		if c.ReusedFrom != "" {
			require.Contains(t, c.ReusedFrom, first.DiscoveryID+"/")
			reused[c.ID] = c.ReusedFrom
		}
	}
	require.NotEmpty(t, reused)
	for _, v := range second.Values {
		if from, ok := reused[v.CallID]; ok {
			require.Contains(t, v.Origin, from, "a value leads to where it was computed")
		}
	}
}
