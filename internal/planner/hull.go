package planner

import (
	"fmt"
	"strings"
)

// verdict is where one material stands relative to its hull.
type verdict struct {
	words    string // the tool's own
	above    string // citation
	partial  string
	products []string
	bound    string // citation of the threshold used
	modelErr string // citation of the potential's published error
	missing  []string
	far      bool // beyond what may be metastable
	known    bool
}

// hullOf reads the newest hull of a material.
func hullOf(m material, h history) verdict {
	var v verdict
	for _, d := range h.on("calculate_energy_above_hull", "structure_ids", m.id).good() {
		bounds, _ := d.result["thresholds"].(map[string]any)
		for i, item := range d.items() {
			if text(item, "structure_id") != m.id {
				continue
			}
			v = verdict{words: text(item, "verdict"), known: true}
			if e, ok := item["energy_above_hull_per_atom"].(float64); ok {
				v.above = d.cite("items.%d.energy_above_hull_per_atom", i)
				limit := number(bounds, "metastable")
				v.far = limit > 0 && e > limit
			} else if _, ok := item["energy_above_partial_hull_per_atom"].(float64); ok {
				v.partial = d.cite("items.%d.energy_above_partial_hull_per_atom", i)
			}
			if _, ok := item["threshold"].(float64); ok {
				v.bound = d.cite("items.%d.threshold", i)
			}
			if _, ok := item["model_error"].(float64); ok {
				v.modelErr = d.cite("items.%d.model_error", i)
			}
			for _, p := range objects(item["decomposition"]) {
				if f := text(p, "formula"); f != "" {
					v.products = append(v.products, f)
				}
			}
			hull, _ := item["hull"].(map[string]any)
			list, _ := hull["missing"].([]any)
			for _, x := range list {
				if s, ok := x.(string); ok {
					v.missing = append(v.missing, s)
				}
			}
		}
	}
	return v
}

// sentence words a verdict.
func (v verdict) sentence(formula string) string {
	switch {
	case !v.known:
		return ""
	case v.above != "":
		s := fmt.Sprintf("%s: %s, %s above it", formula, quoted(v.words), v.above)
		if v.bound != "" {
			s += ", judged by a threshold of " + v.bound
		}
		if len(v.products) > 0 && strings.Join(v.products, "") != formula {
			s += "; it would decompose into " + list(v.products)
		}
		if v.modelErr != "" {
			s += ". The published mean error of this potential is " + v.modelErr
		}
		return s + "."
	case v.partial != "":
		return fmt.Sprintf("Whether %s is stable stays unknown: %s; over the phases that are there it lies at least %s above the hull.", formula, quoted(v.words), v.partial)
	}
	s := fmt.Sprintf("Whether %s is stable stays unknown: %s", formula, quoted(v.words))
	if len(v.missing) > 0 {
		s += " (missing: " + quoted(strings.Join(v.missing, ", ")) + ")"
	}
	return s + "."
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
	return "**Stability**, on the hull of one potential at zero temperature:\n" + b.String() + "\n"
}

func noHull(all []facts) bool {
	for _, f := range all {
		if f.hull.known {
			return false
		}
	}
	return true
}
