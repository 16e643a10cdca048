package planner

import (
	"cmp"
	"fmt"
	"strings"
)

// best are the materials a question is answered about: the lowest structure
// found, or the one that the question means.
func (r request) best(h history) []material {
	out := found(r.formulas, h)
	for i, m := range out {
		out[i] = r.meant(m, h)
	}
	return out
}

// meant takes the arrangement that the question names, and for what is measured
// of a known compound its known phase, where the lowest structure is another.
func (r request) meant(m material, h history) material {
	f := facts{material: m}
	s, ok := standing{}, false
	var is func(item map[string]any) bool
	if kind := r.kindMeant(m.formula); kind != "" {
		s, ok = f.standing(kind)
	} else if r.measured() {
		for _, p := range knownPhases(m.formula, h) {
			m.known = append(m.known, p.name)
		}
		is = madeOfKnown(m, h)
		s, ok = f.lowestOf("known", is)
	}
	if !ok && len(m.known) > 0 {
		return m.knownUnranked(f, is)
	}
	if ok && s.item != m.bestItem {
		m.bestItem, m.id = s.item, text(m.relaxed.items()[s.item], "structure_id")
		m.instead, m.insteadE = s.cite, s.e
	}
	return m
}

// knownUnranked takes the known phase as the first pass of the relaxation left it,
// where it is not among those that were refined and ranked; where that pass did
// not bring it to an end, the lowest structure found stays, and that is said.
func (m material) knownUnranked(f facts, is func(map[string]any) bool) material {
	m.unranked = true
	if i, ok := f.firstPass(is); ok {
		m.bestItem, m.id, m.coarse = i, text(m.relaxed.items()[i], "structure_id"), true
	}
	return m
}

// unrankedLine says why what follows is not, or not as it should be, of the known
// phase of a compound.
func (f facts) unrankedLine() string {
	known := quoted(strings.Join(distinct(f.known), ", "))
	switch {
	case f.coarse:
		return fmt.Sprintf("What follows is of the listed known phase of %s (%s), relaxed to the threshold of the first pass only: it is not among the lowest structures found, which were refined, so no energy difference to them is given. The lowest one found is another (%s).\n\n",
			f.formula, known, quoted(f.bestLabel()))
	case f.unranked:
		return fmt.Sprintf("**What follows is not of the listed known phase of %s (%s)**, which has no converged relaxation here: it is of the lowest structure found (%s). A measurement of %s shows its known phase.\n\n",
			f.formula, known, quoted(f.bestLabel()), f.formula)
	}
	return ""
}

// kindMeant is the one arrangement of a compound that a question names without
// comparing it; names of families (perovskite, layered) mean several. Where
// compounds are compared, each named as a mineral, it is that mineral of each.
func (r request) kindMeant(formula string) string {
	if own := r.mineralsOf(formula); len(r.formulas) > 1 && len(own) == 1 {
		return own[0]
	}
	if r.compare || r.polymorph {
		return ""
	}
	var kinds []string
	for _, t := range r.kindsOf(formula) {
		if structureTypes[t] || crystalSystems[t] || packings[t] > 0 {
			kinds = append(kinds, t)
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

// mineralsOf are the structure types by whose name as a mineral a question means
// this compound.
func (r request) mineralsOf(formula string) []string {
	var out []string
	for _, h := range r.hits {
		if h.mineral != "" && sameComposition(h.formula, formula) {
			out = append(out, h.mineral)
		}
	}
	return distinct(out)
}

// kindsOf are the arrangements named, without the minerals that stand for the
// other compounds of the question: sellaite is not asked about as fluorite.
func (r request) kindsOf(formula string) []string {
	out := distinct(r.types)
	for _, f := range r.formulas {
		if !sameComposition(f, formula) {
			out = minus(out, r.mineralsOf(f))
		}
	}
	return out
}

// notRanked says why a kind of structure has no place among the others.
func (f facts) notRanked(kind string) string {
	if _, ok := f.firstPass(func(item map[string]any) bool { return isKind(item, kind) }); ok {
		return fmt.Sprintf("The %s structure of %s is not among the lowest found, and only those were refined and ranked", kind, f.formula)
	}
	return fmt.Sprintf("No structure of the search for %s ended up as %s", f.formula, kind)
}

// measured is a question for what is measured of a compound as it is known.
func (r request) measured() bool { return r.wants[wantXRD] || r.wants[wantBulk] || r.swap != nil }

// undecided is a difference of polymorphs, in eV/atom, that is well below the errors
// published of such potentials.
const undecided = 0.02

// tooClose says of a small difference to the lowest structure that it is one.
func (f facts) tooClose() string {
	if f.insteadE < undecided {
		return ": so small a difference does not decide between the two"
	}
	return ""
}

// insteadLine says that the structure taken is not the lowest one found.
func (r request) insteadLine(f facts) string {
	if s := f.unrankedLine(); s != "" {
		return s
	}
	if kind := r.kindMeant(f.formula); kind != "" {
		_, ok := f.standing(kind)
		switch {
		case r.stability && f.instead != "": // where it lies is said already
			return fmt.Sprintf("What follows is of the **%s** structure.\n\n", kind)
		case r.stability:
			return ""
		case !ok:
			return fmt.Sprintf("%s, so what follows is of the lowest one found.\n\n", f.notRanked(kind))
		case f.instead != "":
			return fmt.Sprintf("What follows is of the **%s** structure of %s, which the question names. By this potential it lies %s above the lowest one found (%s)%s.\n\n", kind, f.formula, f.instead, quoted(f.bestLabel()), f.tooClose())
		}
		return ""
	}
	if f.instead != "" {
		which := "the listed known phase"
		if len(distinct(f.known)) > 1 {
			which = "the lowest of the listed known phases"
		}
		judged := cmp.Or(f.tooClose(), ": one of the two orders, of the potential or of experiment at room temperature, is not that of the other")
		return fmt.Sprintf("What follows is of %s of %s (%s). By this potential it lies %s above the lowest structure found (%s)%s.\n\n",
			which, f.formula, quoted(strings.Join(distinct(f.known), ", ")), f.instead, quoted(f.bestLabel()), judged)
	}
	return ""
}

// knownAbove says how far the known phase of a composition lies above the lowest
// structure found, where that is another one: what is made is likely the known one.
func (f facts) knownAbove(h history) string {
	s, ok := f.lowestOf("known", madeOfKnown(f.material, h))
	if !ok || s.best || s.item == f.bestItem || f.instead != "" {
		return ""
	}
	var names []string
	for _, p := range knownPhases(f.formula, h) {
		names = append(names, p.name)
	}
	which := "The listed known phase"
	if len(distinct(names)) > 1 {
		which = "The lowest of the listed known phases"
	}
	out := fmt.Sprintf("- %s of %s (%s) lies %s above this structure", which, f.formula, quoted(strings.Join(distinct(names), ", ")), s.cite)
	switch {
	case f.hull.modelErr != "" && s.e < f.hull.errE:
		out += " by this potential. That is less than its published mean error of " + f.hull.modelErr + ", so it does not tell which of the two is the ground state; the known one is what has been made"
	case s.e < undecided:
		out += " by this potential: so small a difference does not decide between the two, and the known one is what has been made"
	default:
		out += " by this potential; it is what has been made"
	}
	return out + ".\n"
}
