package planner

import (
	"fmt"
	"slices"
	"strings"
)

const diagramTool = "get_phase_diagram"

var diagramCue = cue(`phase diagrams?`, `(?:convex )?hull (?:of|for|in)\b`, `(?:which|what) (?:\w+ ){0,3}(?:phases|compounds) (?:\w+ ){0,3}(?:are|lie|sit) (?:\w+ ){0,2}(?:stable|on the (?:convex )?hull)`)

// diagrams is a question for what is stable in a system as it is known, not for
// something new in it.
func (r request) diagrams() bool {
	return r.offered[diagramTool] && r.offered[lookup] && len(r.formulas) == 0 && len(r.system) > 1 && diagramCue.MatchString(r.folded) && !newCue.MatchString(r.text)
}

// diagram gives the hull of the listed known phases of a system: they are looked
// up, a few of them relaxed so that the hull of each part of the system is
// computed, and read together.
func diagram(r request, h history) reply {
	els := slices.Clone(r.system)
	slices.Sort(els)
	named := map[string]any{"elements": els}
	found := lookedUp(els, h)
	if len(found) == 0 {
		return reply{text: "I look up the known phases of " + r.systemName() + " first.", calls: []call{{lookup, named}}}
	}
	if d := found[len(found)-1]; d.ok() && !r.finish {
		if next, ok := placed(r, corners(d), h); ok {
			return next
		}
	}
	asked := h.where(func(d done) bool { return d.tool == diagramTool && d.covers("elements", els) })
	if len(asked) == 0 {
		return reply{text: "I put the phases that are known and computed into one diagram.", calls: []call{{diagramTool, named}}}
	}
	d := asked[len(asked)-1]
	if !d.ok() {
		return reply{text: "The phase diagram of " + r.systemName() + " could not be computed: " + strings.Join(h.failures(), "; ") + ".\n\n{{outcome:declined}}"}
	}
	return reply{text: diagramAnswer(r, d, h)}
}

// corners are phases that hold, between them, every part of the system that a
// listed compound spans: where their hulls are computed, all phases are.
func corners(d done) []any {
	type phase struct {
		id  string
		els []string
	}
	var spans []phase
	for _, item := range d.items() {
		els, _ := elementsOf(text(item, "formula"))
		if p := (phase{text(item, "structure_id"), els}); p.id != "" && len(els) > 1 {
			spans = append(spans, p)
		}
	}
	var ids []any
	var kept [][]string
	slices.SortStableFunc(spans, func(a, b phase) int { return len(b.els) - len(a.els) })
	for _, p := range spans {
		covered := slices.ContainsFunc(kept, func(k []string) bool { return len(minus(p.els, k)) == 0 })
		if !covered && len(ids) < maxCorners {
			ids, kept = append(ids, p.id), append(kept, p.els)
		}
	}
	return ids
}

const maxCorners = 10

// placed relaxes the phases and computes their hulls.
func placed(r request, ids []any, h history) (reply, bool) {
	if len(ids) == 0 {
		return reply{}, false
	}
	first, _ := ids[0].(string)
	relaxed := h.on("relax_structures", "structure_ids", first)
	if len(relaxed) == 0 {
		return reply{text: "A phase of each part of the system is relaxed, so that the hull of that part can be computed.",
			calls: []call{{"relax_structures", map[string]any{"structure_ids": ids, "fmax": fullFmax, "max_steps": fullSteps}}}}, true
	}
	var list []any
	for _, item := range relaxed[len(relaxed)-1].items() {
		if id := text(item, "structure_id"); id != "" && item["converged"] == true && len(h.on("calculate_energy_above_hull", "structure_ids", id)) == 0 {
			list = append(list, id)
		}
	}
	if len(list) == 0 || len(h.of("calculate_energy_above_hull")) > 0 {
		return reply{}, false
	}
	return reply{text: "Now the energies of all listed phases of " + r.systemName() + ", by one potential.",
		calls: []call{{"calculate_energy_above_hull", map[string]any{"structure_ids": list}}}}, true
}

func diagramAnswer(r request, d done, h history) string {
	var b strings.Builder
	var stable []string
	for _, f := range texts(d.result["stable"]) {
		if els, _ := elementsOf(f); len(els) > 1 {
			stable = append(stable, f)
		}
	}
	fmt.Fprintf(&b, "Of the %s listed phases of %s that have an energy here, ", d.cite("entries"), r.systemName())
	if len(stable) == 0 {
		b.WriteString("no compound is on the convex hull, only the elements.")
	} else {
		b.WriteString("these compounds are on the convex hull: **" + list(stable) + "**.")
	}
	if missing := texts(d.result["missing"]); len(missing) > 0 {
		fmt.Fprintf(&b, " **The diagram is incomplete**: known phases have no energy here (%s), so what is on this hull need not be stable, and what is above it can only lie higher.", quoted(shortList(missing)))
	}
	b.WriteString("\n\n| compound | phase | formation energy | above this hull |\n|---|---|---|---|\n")
	for i, p := range objects(d.result["phases"]) {
		if els, _ := elementsOf(text(p, "formula")); len(els) > 1 {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", text(p, "formula"), strings.ReplaceAll(quoted(text(p, "name")), "|", "/"), d.cite("phases.%d.formation_energy_per_atom", i), d.cite("phases.%d.energy_above_hull_per_atom", i))
		}
	}
	fmt.Fprintf(&b, "\n**How:** the listed known phases, relaxed from their experimental cells, all by one potential (`%s`), at zero temperature. Phases that nobody listed are not in it; nothing new was searched for.", text(d.result, "energy_level"))
	b.WriteString(r.diagramErrors(h))
	if f := h.failures(); len(f) > 0 {
		b.WriteString("\n\nNot everything worked: " + strings.Join(f, "; ") + ".")
	}
	return b.String() + rest(r)
}

// diagramErrors are what the hulls of the system tell of their energies: the
// published error of the potential, and caveats.
func (r request) diagramErrors(h history) string {
	published := ""
	var all []facts
	for _, d := range h.of("calculate_energy_above_hull").good() {
		for i, item := range d.items() {
			formula := text(item, "formula")
			if els, _ := elementsOf(formula); len(minus(els, r.system)) > 0 {
				continue
			}
			all = append(all, facts{material: material{formula: formula}, caveats: texts(item["caveats"])})
			if _, ok := item["model_error"].(float64); ok {
				published = " The potential's published mean error is " + d.cite("items.%d.model_error", i) + ": differences below it decide nothing."
			}
		}
	}
	return published + caveats(all)
}

// texts are the strings of a list.
func texts(v any) []string {
	all, _ := v.([]any)
	var out []string
	for _, x := range all {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// shortList joins the first of many names.
func shortList(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and others"
}
