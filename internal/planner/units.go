package planner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// conversions are units that people ask for and no result stands in, with what
// turns one into the other. A number that no tool gave is not printed, so the
// result stays in its own unit.
var conversions = []struct {
	cue  *regexp.Regexp
	says string
}{
	{regexp.MustCompile(`\bnm\b|(?i)\bnanomet(?:er|re)s?\b`), "1 nm = 10 Å"},
	{regexp.MustCompile(`\bpm\b|(?i)\bpicomet(?:er|re)s?\b`), "100 pm = 1 Å"},
	{regexp.MustCompile(`(?i)\bbohrs?\b|\batomic units\b`), "1 bohr = 0.529177 Å"},
	{regexp.MustCompile(`(?i)\bkcal\b`), "1 kcal = 4.184 kJ"},
	{regexp.MustCompile(`\bmeV\b`), "1 eV = 1000 meV"},
	{regexp.MustCompile(`(?i)\bhartrees?\b|\bHa\b`), "1 hartree = 27.2114 eV"},
	{regexp.MustCompile(`(?i)\bry\b|\brydbergs?\b`), "1 rydberg = 13.6057 eV"},
	{regexp.MustCompile(`(?i)\bmbars?\b|\bmegabars?\b`), "1 Mbar = 100 GPa"},
	{regexp.MustCompile(`(?i)\bkbars?\b|\bkilobars?\b`), "10 kbar = 1 GPa"},
	{regexp.MustCompile(`\bMPa\b`), "1000 MPa = 1 GPa"},
	{regexp.MustCompile(`(?i)\bkg\s?(?:/|per)\s?(?:m\^?3|m³|cubic met)`), "1 g/cm³ = 1000 kg/m³"},
	{regexp.MustCompile(`\bmV\b`), "1 V = 1000 mV"},
	{regexp.MustCompile(`(?i)\bwh\s?(?:/|per)\s?kg\b`), "1 mAh/g at 1 V = 1 Wh/kg"},
}

// unitsLine says how the unit that a question asks for relates to that of the
// result.
func (r request) unitsLine() string {
	out := converted(r.said)
	if len(out) == 0 {
		return ""
	}
	return "- The numbers stand in the units in which they were computed: " + list(out) + ".\n\n"
}

func converted(q string) []string {
	var out []string
	for _, c := range conversions {
		if c.cue.MatchString(q) {
			out = append(out, "`"+c.says+"`")
		}
	}
	return out
}

var densityCue = cue(`densit(?:y|ies)\b`, `densest|denser|dense\b`)

// besideTable gives what a table of compounds has no column for and the question
// asks about: their densities in order, their neighbors and bonds.
func (r request) besideTable(all []facts) string {
	var b strings.Builder
	if densityCue.MatchString(r.folded) {
		var parts []string
		byDensity := slices.Clone(all)
		slices.SortStableFunc(byDensity, func(x, y facts) int { return int(1e6 * (y.dense - x.dense)) })
		for _, f := range byDensity {
			if f.density != "" {
				parts = append(parts, f.formula+" "+f.density)
			}
		}
		if len(parts) > 0 {
			fmt.Fprintf(&b, "- Density by the relaxed cells, densest first: %s. Such cells are off by a few percent in volume (`bench/science/RESULTS.md`), so closer densities are not told apart.\n", list(parts))
		}
	}
	if r.wants[wantCoordination] {
		for _, f := range all {
			if f.coordinate != "" {
				fmt.Fprintf(&b, "- Coordination in %s: %s.\n", f.formula, f.coordinate)
			}
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String()
}
