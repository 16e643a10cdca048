package planner

import (
	"fmt"
	"strings"
)

// maxScreened is how many compositions one screening takes: each uses up to four
// calls of the budget.
const (
	maxScreened        = 40
	maxScreenedCheaply = 12
)

// screening takes many compositions through the same stages side by side.
func screening(r request, d done, h history) reply {
	limit := maxScreenedCheaply
	samples := 4
	if r.thorough() {
		limit, samples = maxScreened, rigorousSamples
	}
	var formulas []string
	for _, item := range d.items() {
		if len(formulas) < min(r.count, limit) {
			formulas = append(formulas, text(item, "formula"))
		}
	}
	screened := h.where(func(c done) bool { return c.tool == "evaluate_candidates" && c.covers("compositions", formulas[:1]) })
	if len(screened) == 0 {
		return reply{
			text:  "That are many candidates, so they go through the same stages side by side: a small structure search, relaxation, charge balance, and the distance to the hull of the best.",
			calls: []call{{"evaluate_candidates", map[string]any{"compositions": formulas, "num_samples": samples}}},
		}
	}
	s := screened[len(screened)-1]
	if s.status == "cancelled" && evaluated(s) {
		return reply{text: "The screening was stopped: " + quoted(s.err) + ". What it found until then is kept.\n\n" + screeningAnswer(r, d, s, false)}
	}
	if !s.ok() {
		return reply{text: "The screening did not work: " + quoted(s.err) + ".\n\n" + listing(d, r)}
	}
	return reply{text: screeningAnswer(r, d, s, len(formulas) < r.count)}
}

// evaluated reports whether a screening that was stopped has anything to show.
func evaluated(s done) bool {
	for _, c := range objects(s.result["candidates"]) {
		if len(objects(c["values"])) > 0 {
			return true
		}
	}
	return false
}

func screeningAnswer(r request, d, s done, fewer bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s compositions of %s are charge-balanced; those with the most usual oxidation states were screened. Ordered by energy above the hull of one potential, lowest first:\n\n", d.cite("n_valid"), r.systemName())
	b.WriteString("| compound | energy above hull | formation energy | outcome |\n|---|---|---|---|\n")
	for _, c := range objects(s.result["candidates"]) {
		value := map[string]string{}
		for _, v := range objects(c["values"]) {
			if name := text(v, "name"); value[name] == "" && text(v, "key") != "" {
				value[name] = "{{v:" + text(v, "key") + "}}"
			}
		}
		outcome := strings.ReplaceAll(text(c, "status"), "_", " ")
		for _, f := range objects(c["failed_stages"]) {
			outcome += "; " + strings.ReplaceAll(quoted(text(f, "message")), "|", "/")
			break
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", text(c, "formula"), dash(value["energy_above_hull_per_atom"]), dash(value["formation_energy_per_atom"]), outcome)
	}
	b.WriteString("\nFew structures were tried for each, so an energy here is an upper bound: take the lowest ones up again with a larger search before believing an order. A compound with an unknown hull is not unstable; something that belongs into its hull is missing.")
	b.WriteString(rest(r))
	if fewer {
		b.WriteString("\n\n{{assume:fewer candidates than asked for were screened, to stay within the budget}}")
	}
	return b.String()
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
