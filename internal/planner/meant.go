package planner

import (
	"fmt"
	"slices"
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
	if kind := r.kindMeant(); kind != "" {
		s, ok = f.standing(kind)
	} else if r.measured() {
		for _, p := range knownPhases(m.formula, h) {
			m.known = append(m.known, p.name)
		}
		s, ok = f.lowestOf("known", func(item map[string]any) bool {
			return slices.ContainsFunc(knownPhases(m.formula, h), func(p phase) bool { return p.id == text(item, "input_structure_id") })
		})
	}
	if ok && s.item != m.bestItem {
		m.bestItem, m.id, m.instead = s.item, text(m.relaxed.items()[s.item], "structure_id"), s.cite
	}
	return m
}

// kindMeant is the one arrangement that a question names without comparing it;
// names of families (perovskite, layered) mean several.
func (r request) kindMeant() string {
	if r.compare || r.polymorph {
		return ""
	}
	var kinds []string
	for _, t := range distinct(r.types) {
		if structureTypes[t] || crystalSystems[t] || packings[t] > 0 {
			kinds = append(kinds, t)
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

// measured is a question for what is measured of a compound as it is known.
func (r request) measured() bool { return r.wants[wantXRD] || r.wants[wantBulk] }

// insteadLine says that the structure taken is not the lowest one found.
func (r request) insteadLine(f facts) string {
	if kind := r.kindMeant(); kind != "" {
		_, ok := f.standing(kind)
		switch {
		case r.stability && f.instead != "": // where it lies is said already
			return fmt.Sprintf("What follows is of the **%s** structure.\n\n", kind)
		case r.stability:
			return ""
		case !ok:
			return fmt.Sprintf("No structure of the search for %s ended up as %s, so what follows is of the lowest one found.\n\n", f.formula, kind)
		case f.instead != "":
			return fmt.Sprintf("What follows is of the **%s** structure of %s, which the question names. By this potential it lies %s above the lowest one found (%s).\n\n", kind, f.formula, f.instead, quoted(f.bestLabel()))
		}
		return ""
	}
	if f.instead != "" {
		which := "the listed known phase"
		if len(distinct(f.known)) > 1 {
			which = "the lowest of the listed known phases"
		}
		return fmt.Sprintf("What follows is of %s of %s (%s). By this potential it lies %s above the lowest structure found (%s): one of the two orders, of the potential or of experiment at room temperature, is not that of the other.\n\n",
			which, f.formula, quoted(strings.Join(distinct(f.known), ", ")), f.instead, quoted(f.bestLabel()))
	}
	return ""
}
