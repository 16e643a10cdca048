package planner

import (
	"fmt"
	"regexp"
	"strings"
)

const elementWord = symbolWord + `|[a-z]{3,12}`

// swapCues read "Sr for Ca in CaTiO3" and its like: the compound with one
// element in the place of another. from and to say which group is which.
var swapCues = []struct {
	cue      *regexp.Regexp
	from, to int
}{
	{regexp.MustCompile(`\b[Ss]ubstitut\w*\s+(` + elementWord + `)\s+for\s+(?:the\s+)?(` + elementWord + `)\s+in\s+`), 2, 1},
	{regexp.MustCompile(`\b(?:[Rr]eplac|[Ss]wap|[Ee]xchang|[Ss]ubstitut)\w*\s+(?:the\s+)?(` + elementWord + `)\s+(?:by|with)\s+(` + elementWord + `)\s+in\s+`), 1, 2},
	{regexp.MustCompile(`\b(?:[Rr]eplac|[Ss]wap|[Ee]xchang|[Ss]ubstitut)\w*\s+(?:the\s+)?(` + elementWord + `)\s+in\s+[A-Z][\w()]*\s+(?:by|with|for)\s+(` + elementWord + `)\b`), 1, 2},
}

// swap is one element in the place of another, in all of a compound.
type swap struct{ out, in, before, after string }

// sentence tells what the swap does to the cell. Conventional cells of different
// space groups do not compare; the volume for each atom does.
func (s *swap) sentence(all []facts) string {
	if s == nil {
		return ""
	}
	at := func(formula string) (facts, bool) {
		for _, f := range all {
			if sameComposition(f.formula, formula) && f.volume != "" {
				return f, true
			}
		}
		return facts{}, false
	}
	before, ok := at(s.before)
	after, also := at(s.after)
	if !ok || !also {
		return ""
	}
	way := "grows"
	if after.perAtom < before.perAtom {
		way = "shrinks"
	}
	out := fmt.Sprintf("**With %s in the place of %s the cell %s**: its volume is %s in %s (%s) and %s in %s (%s).", s.in, s.out, way, before.volume, before.formula, before.symbol, after.volume, after.formula, after.symbol)
	if before.group != after.group {
		out += " The two have different space groups, so the lengths of their conventional cells do not compare one by one."
	}
	return out + "\n\n"
}

// swapped adds the compound that a question makes by replacing one element of
// another: the two are then computed side by side.
func (s *subject) swapped(q string) {
	for _, c := range swapCues {
		m := c.cue.FindStringSubmatchIndex(q)
		if m == nil {
			continue
		}
		from, into := symbolOf(q[m[2*c.from]:m[2*c.from+1]]), symbolOf(q[m[2*c.to]:m[2*c.to+1]])
		for _, h := range s.hits {
			els, _ := elementsOf(h.formula)
			if from == "" || into == "" || len(els) < 2 || !contains(els, from) || contains(els, into) {
				continue
			}
			made := hit{at: h.end, end: h.end, formula: inPlaceOf(h.formula, from, into)}
			s.hits = []hit{h, made}
			s.vague, s.system, s.listed = nil, nil, 0
			s.swap = &swap{out: from, in: into, before: h.formula, after: made.formula}
			s.readings = append(s.readings, "all of the "+from+" was replaced, so "+made.formula+" was computed beside "+h.formula+"; a partial substitution needs an order of the two on the sites")
			s.settle()
			return
		}
	}
}

// inPlaceOf writes a formula with one element for another.
func inPlaceOf(formula, from, into string) string {
	return oneElement.ReplaceAllStringFunc(formula, func(part string) string {
		if m := oneElement.FindStringSubmatch(part); m[1] == from {
			return into + strings.TrimPrefix(part, from)
		}
		return part
	})
}
