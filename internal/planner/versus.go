package planner

import (
	"fmt"
	"strings"
)

// versus answers a question between arrangements of one composition: rutile or
// anatase, cubic or orthorhombic.
func (r request) versus(f facts) string {
	types := r.kindsOf(f.formula)
	if len(r.formulas) > 1 && r.kindMeant(f.formula) != "" && !r.stability {
		return "" // compounds are compared, each as the mineral that names it
	}
	if len(types) == 0 || !(r.compare || r.polymorph || r.stability || len(types) > 1) {
		return ""
	}
	var lines []string
	var seen []standing
	for _, t := range types {
		s, ok := f.standing(t)
		if !ok {
			lines = append(lines, f.notRanked(t)+", so where it lies is not known.")
			continue
		}
		seen = append(seen, s)
	}
	if s := between(f, seen); s != "" {
		lines = append([]string{s}, lines...)
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, " ") + "\n\n"
}

// standing is where the lowest structure of a kind lies.
type standing struct {
	kind  string
	label string
	e     float64
	cite  string
	item  int // of the relaxation
	best  bool
}

// standing finds the lowest ranked structure of a type: by the name it came
// with, or by its crystal system once relaxed. A structure that relaxed into
// another one counts as that.
func (f facts) standing(kind string) (standing, bool) {
	return f.lowestOf(kind, func(item map[string]any) bool { return isKind(item, kind) })
}

func (f facts) lowestOf(kind string, is func(item map[string]any) bool) (standing, bool) {
	items := f.relaxed.items()
	at := map[string]int{}
	for i, item := range items {
		if item["rank"] != nil {
			at[text(item, "structure_id")] = i
		}
	}
	out, found := standing{kind: kind}, false
	for i, item := range items {
		if !is(item) {
			continue
		}
		j, ok := at[text(item, "duplicate_of")]
		if text(item, "duplicate_of") == "" {
			j, ok = i, item["rank"] != nil
		}
		if !ok {
			continue
		}
		if e, number := items[j]["energy_above_best"].(float64); number && (!found || e < out.e) {
			out.e, out.cite, out.label, found = e, f.relaxed.cite("items.%d.energy_above_best", j), text(items[j], "label"), true
			out.item = j
			out.best = e == 0
		}
	}
	return out, found
}

func isKind(item map[string]any, kind string) bool {
	group := int(number(item, "space_group_number"))
	if system := crystalSystem(group); system != "" && crystalSystems[kind] {
		return system == kind || kind == "rhombohedral" && rhombohedral[group]
	}
	if els, _ := elementsOf(text(item, "formula")); group > 0 && len(els) == 1 && packings[kind] > 0 {
		return packings[kind] == group
	}
	label := strings.ToLower(text(item, "label"))
	for _, name := range append([]string{kind}, sameKind[kind]...) {
		if strings.Contains(label, name) {
			return true
		}
	}
	return false
}

var crystalSystems = map[string]bool{"cubic": true, "tetragonal": true, "hexagonal": true, "orthorhombic": true, "monoclinic": true, "rhombohedral": true, "triclinic": true, "trigonal": true}

// packings are the space groups of the simple lattices of elements.
var packings = map[string]int{"fcc": 225, "bcc": 229, "hcp": 194}

// rhombohedral are the trigonal space groups with a rhombohedral lattice: R3, R-3,
// R32, R3m, R3c, R-3m, R-3c. Quartz is trigonal and not among them.
var rhombohedral = map[int]bool{146: true, 148: true, 155: true, 160: true, 161: true, 166: true, 167: true}

// sameKind are other names of a structure type in the libraries of prototypes
// and of known phases.
var sameKind = map[string][]string{
	"rock salt": {"rocksalt", "halite"}, "rocksalt": {"halite", "rock salt"}, "halite": {"rocksalt"}, "zinc blende": {"zincblende", "sphalerite"}, "zincblende": {"sphalerite", "zinc blende"},
	"zinc-blende": {"zincblende", "sphalerite"}, "sphalerite": {"zincblende"}, "nickeline": {"nias"}, "triphylite": {"olivine"}, "olivine": {"triphylite"}, "layered": {"nafeo2", "caswellsilverite", "delafossite"},
}

// crystalSystem of a space group number; "" for none.
func crystalSystem(n int) string {
	for _, s := range []struct {
		last int
		name string
	}{{0, ""}, {2, "triclinic"}, {15, "monoclinic"}, {74, "orthorhombic"}, {142, "tetragonal"}, {167, "trigonal"}, {194, "hexagonal"}, {230, "cubic"}} {
		if n <= s.last {
			return s.name
		}
	}
	return ""
}

// between words the order of what was found of the kinds asked about.
func between(f facts, seen []standing) string {
	if len(seen) == 0 {
		return ""
	}
	low := seen[0]
	for _, s := range seen {
		if s.e < low.e {
			low = s
		}
	}
	var b strings.Builder
	if len(seen) == 1 {
		if low.best {
			fmt.Fprintf(&b, "**Of the structures tried for %s, the %s one is the lowest in energy.**", f.formula, low.kind)
		} else {
			fmt.Fprintf(&b, "**The %s structure of %s lies %s above the lowest one found** (%s).", low.kind, f.formula, low.cite, quoted(f.bestLabel()))
		}
		return b.String()
	}
	fmt.Fprintf(&b, "**By this potential, %s is lower in energy than %s for %s**", low.kind, list(others(seen, low)), f.formula)
	var parts []string
	for _, s := range seen {
		if s.kind == low.kind {
			continue
		}
		if s.e == low.e {
			return fmt.Sprintf("**%s and %s relaxed into the same structure of %s**, so there is no difference to give.", capital(low.kind), s.kind, f.formula)
		}
		parts = append(parts, s.kind+" lies "+s.cite+" above the lowest structure found")
	}
	if !low.best {
		parts = append(parts, low.kind+" lies "+low.cite+" above it; the lowest is "+quoted(f.bestLabel()))
	}
	b.WriteString(": " + strings.Join(parts, ", ") + ".")
	b.WriteString(f.withinError(seen, low))
	return b.String()
}

// withinError says when a difference is too small for the potential to decide.
func (f facts) withinError(seen []standing, low standing) string {
	if f.hull.modelErr == "" {
		return " Small differences between polymorphs are beyond what such a potential, and the density functional behind it, can be trusted to order."
	}
	for _, s := range seen {
		if s.kind != low.kind && s.e-low.e < f.hull.errE {
			return " That is less than the potential's published mean error of " + f.hull.modelErr + ", so it does not decide the question: the functional behind the potential, and heat, can turn such an order round."
		}
	}
	return ""
}

func (f facts) bestLabel() string {
	for _, item := range f.relaxed.items() {
		if l := text(item, "label"); number(item, "rank") == 1 && l != "" {
			return l
		}
	}
	return "random cell"
}

// cameFrom is bestLabel as a sentence goes on with it.
func (f facts) cameFrom() string {
	l := f.bestLabel()
	if cell, ok := strings.CutPrefix(l, "in the cell of "); ok {
		return "in the cell of " + quoted(cell)
	}
	if group, ok := strings.CutPrefix(l, "random in space group "); ok {
		return "from a random cell in space group " + quoted(group)
	}
	return "from " + quoted(l)
}

func others(seen []standing, low standing) []string {
	var out []string
	for _, s := range seen {
		if s.kind != low.kind {
			out = append(out, s.kind)
		}
	}
	return out
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
