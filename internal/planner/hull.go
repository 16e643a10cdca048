package planner

import (
	"slices"
	"strings"
)

// verdict is where one material stands relative to its hull. Numbers are kept to
// choose words by; what is printed are citations.
type verdict struct {
	known     bool
	words     string // the tool's own
	potential string
	entries   string // citation: phases in the hull
	above     string // citation; "" where the verdict is unknown
	e         float64
	partial   string // citation: over the phases that are there
	partialE  float64
	below     string // citation: how far under the competing phases
	bound     string // citation of the threshold used
	onHull    bool
	far       bool // beyond what may be metastable
	modelErr  string
	errE      float64
	products  []string
	proposed  []string // products that are candidates themselves
	missing   []string
	twin      string // a known phase of the same composition that is lower, and on the hull
}

// hullOf reads the newest hull of a material.
func hullOf(m material, h history) verdict {
	var v verdict
	for _, d := range h.on("calculate_energy_above_hull", "structure_ids", m.id).good() {
		for i, item := range d.items() {
			if text(item, "structure_id") == m.id {
				v = readVerdict(d, i, item, m.formula)
			}
		}
	}
	return v
}

func readVerdict(d done, i int, item map[string]any, formula string) verdict {
	v := verdict{known: true, words: text(item, "verdict")}
	p, _ := d.result["potential"].(map[string]any)
	v.potential = text(p, "name")
	bounds, _ := d.result["thresholds"].(map[string]any)
	cited := func(key string) (string, float64) {
		if e, ok := item[key].(float64); ok {
			return d.cite("items.%d."+key, i), e
		}
		return "", 0
	}
	v.above, v.e = cited("energy_above_hull_per_atom")
	v.partial, v.partialE = cited("energy_above_partial_hull_per_atom")
	below, by := cited("energy_below_competing_per_atom")
	if by > number(bounds, "on_hull") { // else the hull has the same phase among the known ones
		v.below = below
	}
	v.bound, _ = cited("threshold")
	v.modelErr, v.errE = cited("model_error")
	limit := number(bounds, "metastable")
	// Over an incomplete hull it is at least so far above the whole one.
	v.far = limit > 0 && (v.above != "" && v.e > limit || v.partial != "" && v.partialE > limit)
	v.onHull = v.above != "" && v.e <= number(bounds, "on_hull")
	hull, _ := item["hull"].(map[string]any)
	for _, p := range objects(item["decomposition"]) {
		if f := text(p, "formula"); f != "" {
			v.products = append(v.products, f)
			if isCandidate(objects(hull["competing"]), text(p, "structure_id")) && !sameComposition(f, formula) {
				v.proposed = append(v.proposed, f)
			}
		}
	}
	if _, ok := hull["entries"].(float64); ok {
		v.entries = d.cite("items.%d.hull.entries", i)
	}
	v.missing = phasesMissing(hull["missing"])
	if len(v.products) == 1 && sameComposition(v.products[0], formula) && v.above != "" && !v.onHull {
		v.readTwin(objects(hull["competing"]), formula)
	}
	return v
}

func isCandidate(competing []map[string]any, id string) bool {
	return slices.ContainsFunc(competing, func(c map[string]any) bool {
		return id != "" && text(c, "structure_id") == id && text(c, "kind") == "candidate"
	})
}

// decomposes reports that the hull below a compound is of other phases than it.
func (v verdict) decomposes(formula string) bool {
	return len(v.products) > 1 || len(v.products) == 1 && !sameComposition(v.products[0], formula)
}

// into names what a compound would decompose into, and which of that is no known
// phase either.
func (v verdict) into() string {
	s := list(v.products)
	if len(v.proposed) > 0 {
		s += " (of these " + list(v.proposed) + " a candidate of this search itself, not a known phase)"
	}
	return s
}

// readTwin finds the known phase of the composition that the structure would
// turn into.
func (v *verdict) readTwin(competing []map[string]any, formula string) {
	for _, c := range competing {
		if k := text(c, "kind"); (k == "known" || k == "earlier result") && c["on_hull"] == true && sameComposition(text(c, "formula"), formula) {
			v.twin = text(c, "phase")
		}
	}
}

// phasesMissing names what a hull lacks, without the tool's reasons: by formula,
// and where another form of it is there, which one.
func phasesMissing(list any) []string {
	var out []string
	for _, s := range texts(list) {
		name, why, _ := strings.Cut(s, ":")
		form, _, _ := strings.Cut(strings.TrimPrefix(why, " known ("), ":")
		if strings.HasPrefix(form, "its ") || strings.HasSuffix(form, "the ground state") {
			name += " - " + form
		}
		out = append(out, name)
	}
	return out
}

// sentence answers whether a compound is stable, as far as its hull can tell.
func (v verdict) sentence(formula string) string {
	switch {
	case !v.known:
		return ""
	case v.above == "":
		return v.unknown(formula)
	case v.twin != "":
		return "The structure found for **" + formula + "** is not its lowest: the listed phase " + quoted(v.twin) + " has the same composition, is on " + v.hull() + ", and lies " + v.above +
			" lower. The compound is on that hull, this structure is not." + v.error()
	case v.onHull:
		s := "**" + formula + " is on " + v.hull() + "**: no other phase, and no mixture of them, is lower in energy"
		if v.bound != "" {
			s += " by more than " + v.bound + ", which counts as noise here (this structure lies " + v.above + " above the hull)"
		}
		if v.below != "" {
			s += "; without it, the hull would lie " + v.below + " higher"
		}
		return s + "." + v.error()
	}
	s := "**" + formula + " is not on " + v.hull() + "**: it lies " + v.above + " above it"
	if v.decomposes(formula) {
		s += " and would decompose into " + v.into()
	}
	switch {
	case v.far && v.bound != "":
		s += ". That is more than the " + v.bound + " up to which a phase is counted as possibly metastable here"
	case v.modelErr != "" && v.e <= v.errE:
		s += ". That is less than the potential's own error, so it could as well be on it"
	case v.bound != "":
		s += ". That is within " + v.bound + ", where phases are often made all the same (metastable)"
	}
	return s + "." + v.error()
}

// hull names which hull a verdict is relative to.
func (v verdict) hull() string {
	s := "the hull of the phases considered"
	if v.entries != "" {
		s = "the hull of these " + v.entries + " phases"
	}
	if v.potential != "" {
		s += " with " + v.potential
	}
	return s
}

func (v verdict) error() string {
	if v.modelErr == "" {
		return ""
	}
	return " The potential's published mean error is " + v.modelErr + "."
}

func (v verdict) unknown(formula string) string {
	s := "Whether **" + formula + "** is stable is **unknown**: "
	if len(v.missing) == 0 {
		return s + quoted(v.words) + "."
	}
	s += "known phases of its system have no energy here (" + quoted(shortList(v.missing)) + "), and without them no verdict holds"
	switch {
	case v.partial != "" && v.partialE > 0:
		s += ". Over the phases that are there it lies " + v.partial + " above the hull, which can only grow"
		if v.decomposes(formula) {
			s += "; there it would decompose into " + v.into()
		}
	case v.partial != "":
		s += ". Of the phases that are there, none and no mixture of them is lower"
	}
	return s + "." + v.error()
}

// verdicts lists where all stand.
func verdicts(all []facts) string {
	var b strings.Builder
	for _, f := range all {
		if s := f.hull.sentence(f.formula); s != "" {
			b.WriteString("- " + s + "\n")
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "**Stability**, at zero temperature, against the phases listed and no others:\n" + b.String() + "\n"
}

func noHull(all []facts) bool {
	for _, f := range all {
		if f.hull.known {
			return false
		}
	}
	return true
}
