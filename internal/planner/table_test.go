package planner

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// questions is a set of questions written by somebody who had not read the rules.
type questions struct {
	Families map[string][]string `json:"families"`
	OffTopic []string            `json:"off_topic"`
}

// basicTools are those of the first release; with fewer tools more is declined.
var basicTools = strings.Fields("validate_composition filter_compositions generate_crystal_csp relax_structures analyze_space_group analyze_coordination calculate_formation_energy")

// first gives the planner's first turn for a question.
func first(query string, tools []string) reply {
	offered := map[string]bool{}
	for _, t := range tools {
		offered[t] = true
	}
	return plan([]message{say("user", query)}, offered)
}

// right judges a first turn by what it does, not by how it is worded.
func right(family string, r reply) bool {
	calls := func(tool string) bool {
		for _, c := range r.calls {
			if c.tool == tool {
				return true
			}
		}
		return false
	}
	declined := len(r.calls) == 0 && strings.Contains(r.text, "{{outcome:declined}}")
	switch family {
	case "validity":
		return calls("validate_composition") && !calls("generate_crystal_csp")
	case "structure", "formation":
		return calls("generate_crystal_csp")
	case "compare":
		n := 0
		for _, c := range r.calls {
			if c.tool == "generate_crystal_csp" {
				n++
			}
		}
		// Arrangements of one composition are compared in one search.
		return n > 1 || calls("validate_composition") && n == 0 || n == 1 && strings.Contains(r.text, "compare the polymorphs of")
	case "propose":
		return calls("filter_compositions")
	case "cathode":
		// What a given host would do is computed from it.
		return calls("filter_compositions") || calls("battery_metrics") || calls("generate_crystal_csp") && strings.Contains(r.text, "A host for")
	case "decline":
		return declined && !strings.Contains(r.text, "did not understand")
	}
	// Off topic: nothing is called, and it says so.
	return declined
}

// missed gives the questions of a table that went wrong, by family.
func missed(t *testing.T, file string, tools []string) (wrong map[string][]string, sizes map[string]int) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	var tab questions
	require.NoError(t, json.Unmarshal(body, &tab))
	tab.Families["off_topic"] = tab.OffTopic
	wrong, sizes = map[string][]string{}, map[string]int{}
	for family, queries := range tab.Families {
		sizes[family] = len(queries)
		for _, q := range queries {
			if !right(family, first(q, tools)) {
				wrong[family] = append(wrong[family], q)
			}
		}
	}
	return wrong, sizes
}

// TestTables: the tables of strangers, after the rules were mended.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"table1.json", "table2.json", "table3.json"} {
		for _, tools := range [][]string{basicTools, everyTool} {
			wrong, sizes := missed(t, file, tools)
			for family, n := range sizes {
				allowed := 3
				if family == "off_topic" {
					allowed = 0
				}
				require.LessOrEqual(t, len(wrong[family]), allowed, "%s: %s, of %d: %q", file, family, n, wrong[family])
			}
		}
	}
}

// TestOwnTable: the phrasings that the rules were written with.
func TestOwnTable(t *testing.T) {
	t.Parallel()
	for _, tools := range [][]string{basicTools, everyTool} {
		wrong, _ := missed(t, "own.json", tools)
		require.Empty(t, wrong)
	}
}

var digitsOfOwn = regexp.MustCompile(`\{\{[^}]*\}\}|` + "`[^`]*`" + `|[A-Z][A-Za-z0-9()]*\d[A-Za-z0-9()]*`)

// FuzzFirstTurn: whatever is asked, nothing panics, and no digit is said that is
// not a citation, code, a formula or the user's own.
func FuzzFirstTurn(f *testing.F) {
	for _, q := range []string{"NaCl", "Five new K-Y-Zr-O", "((((", "Xx2O 5", "Na\u2082O", "validate " + strings.Repeat("MgO, ", 900), strings.Repeat("lithum oxde and rutile SnO2 without Co, ", 300)} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := first(query, everyTool)
		require.NotEmpty(t, r.text)
		said := digitsOfOwn.ReplaceAllString(r.text, "")
		for _, d := range regexp.MustCompile(`\d+`).FindAllString(said, -1) {
			require.Contains(t, query, d)
		}
	})
}
