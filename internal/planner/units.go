package planner

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// conversions are units that people ask for and no result stands in, with the one
// that it stands in. A number that no tool gave is not printed, so what is
// computed in Å is not turned into nm here.
var conversions = []struct {
	cue         *regexp.Regexp
	asked, have string
}{
	{regexp.MustCompile(`\bnm\b|(?i)\bnanomet(?:er|re)s?\b`), "nm", "Å"},
	{regexp.MustCompile(`\bpm\b|(?i)\bpicomet(?:er|re)s?\b`), "pm", "Å"},
	{regexp.MustCompile(`(?i)\bbohrs?(?:\s*$|\s*[^\w\s]|\s+[^m\s])|\batomic units\b`), "bohr", "Å"}, // no Bohr magneton
	{regexp.MustCompile(`(?i)\bkcal\b`), "kcal", "kJ"},
	{regexp.MustCompile(`\bmeV\b`), "meV", "eV"},
	{regexp.MustCompile(`(?i)\bhartrees?\b|\bHa\b`), "hartree", "eV"},
	{regexp.MustCompile(`(?i)\bry\b|\brydbergs?\b`), "rydberg", "eV"},
	{regexp.MustCompile(`(?i)\bmbars?\b|\bmegabars?\b`), "Mbar", "GPa"},
	{regexp.MustCompile(`(?i)\bkbars?\b|\bkilobars?\b`), "kbar", "GPa"},
	{regexp.MustCompile(`\bMPa\b`), "MPa", "GPa"},
	{regexp.MustCompile(`(?i)\bkg\s?(?:/|per)\s?(?:m\^?3|m³|cubic met)`), "kg/m³", "g/cm³"},
	{regexp.MustCompile(`\bmV\b`), "mV", "V"},
}

// unitsLine says that the unit which a question asks for is not that of the result.
func (r request) unitsLine() string {
	out := converted(r.said)
	if len(out) == 0 {
		return ""
	}
	return "- You ask for " + list(out) + ": a number converted by hand would have no source.\n\n"
}

func converted(q string) []string {
	var out []string
	for _, c := range conversions {
		if c.cue.MatchString(q) {
			out = append(out, c.asked+", where "+c.have+" stands here")
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
		slices.SortStableFunc(byDensity, func(x, y facts) int { return cmp.Compare(y.dense, x.dense) })
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
