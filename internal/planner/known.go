package planner

import (
	"maps"
	"slices"
	"strings"
)

const lookup = "search_reference_phases"

// besideKnown reports whether the phases that are known of a composition belong
// beside those of the search: of every compound that is asked about as it is, so
// that Si3N4 is not told as the spinel which a search of few cells finds. What is
// proposed has none, and who asks for a prediction gets the search alone.
func (r request) besideKnown() bool {
	return r.offered[lookup] && !r.inventing && len(r.chosen) == 0 && !blindCue.MatchString(r.folded)
}

// blindCue asks for a structure to be predicted; to predict an energy is no more
// than to compute it.
var blindCue = cue(`predict\w* (?:[\w-]+ ){0,4}(?:structures?|polymorphs?|arrangements?|crystals?|cells?|ground[\s-]states?)\b`, `structures? prediction`, `structure search`, `search for (?:[\w-]+ ){0,3}(?:structures?|polymorphs?|arrangements?)\b`, `from scratch`, `without prior`)

// lookups asks for the known phases of the systems of compounds, each once.
func (r request) lookups(formulas []string, h history) []call {
	var calls []call
	for _, f := range formulas {
		els, _ := elementsOf(f)
		els = slices.Clone(els)
		slices.Sort(els)
		asked := func(c call) bool { return slices.Equal(c.args["elements"].([]string), els) }
		if len(els) > maxLookup || len(lookedUp(els, h)) > 0 || slices.ContainsFunc(calls, asked) {
			continue
		}
		calls = append(calls, call{lookup, map[string]any{"elements": els}})
	}
	return calls
}

// maxLookup is how many elements the tool takes.
const maxLookup = 6

func lookedUp(els []string, h history) history {
	return h.where(func(d done) bool {
		given, _ := d.args["elements"].([]any)
		return d.tool == lookup && len(given) == len(els) && d.covers("elements", els)
	})
}

// phase is a known phase of a composition.
type phase struct{ id, name string }

// knownPhases are those with the composition of a formula.
func knownPhases(formula string, h history) []phase {
	var out []phase
	for _, d := range h.of(lookup).good() {
		for _, item := range d.items() {
			id, name := text(item, "structure_id"), text(item, "name")
			if id != "" && sameComposition(text(item, "formula"), formula) && !slices.ContainsFunc(out, func(p phase) bool { return p.id == id }) {
				out = append(out, phase{id, name})
			}
		}
	}
	return out
}

// sameComposition compares formulas whatever their order and multiple.
func sameComposition(a, b string) bool {
	return sameRatio(amountsOf(a), amountsOf(b))
}

// sameAmounts compares formulas whatever their order.
func sameAmounts(a, b string) bool {
	return sameComposition(a, b) && maps.Equal(amountsOf(a), amountsOf(b))
}

func sameRatio(x, y map[string]int) bool {
	if len(x) == 0 || len(x) != len(y) {
		return false
	}
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	nx, ny := sum(x), sum(y)
	for e, k := range x {
		if k*ny != y[e]*nx {
			return false
		}
	}
	return true
}

// besideWords names the known phases of a composition that went through a
// relaxation with what a search gave.
func besideWords(formula string, relaxed done, h history) string {
	var names []string
	for _, p := range knownPhases(formula, h) {
		if relaxed.names("structure_ids", p.id) {
			names = append(names, quoted(p.name))
		}
	}
	switch names = distinct(names); len(names) {
	case 0:
		return ""
	case 1:
		return " (the listed known phase " + names[0] + " among them)"
	default:
		return " (the listed known phases " + strings.Join(names, ", ") + " among them)"
	}
}
