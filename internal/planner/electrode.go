package planner

import (
	"fmt"
	"slices"
	"strings"
)

// cathode proposes hosts for an ion; what a battery needs beyond structure and
// energy only the battery tools give.
func cathode(r request, h history) reply {
	r.chosen = r.choice()
	if len(r.chosen) > 0 {
		return hosted(r, h)
	}
	return unusualHosts(r, h)
}

// choice is the hosts to compute. A question for something new gets at least one
// that is not listed as known, where the elements asked for leave any: one host
// beside a listed one to measure by, several new ones first of all.
func (r request) choice() []host {
	n := min(r.count, maxProposals)
	if !r.wantsNew() {
		return r.hosts(r.without, n)
	}
	if n <= 1 {
		if pair := r.measureAndNew(r.without); len(pair) > 0 {
			return pair
		}
	}
	if !strictlyNew.MatchString(r.text) {
		return r.hosts(r.without, n)
	}
	return r.newHosts(r.without, n)
}

// strictlyNew asks for what does not exist yet; a proposal may be a known host.
var strictlyNew = cue(`new\b`, `novel\w*`, `undiscovered`, `unreported`, `unexplored`, `unknown`, `unheard`, `invent\w*`, `hypothetical`, `nobody`, `not yet`, `yet to`, `never been`)

// unusualHosts searches among all charge-balanced compositions, where no family
// of hosts that is known here has the elements asked for.
func unusualHosts(r request, h history) reply {
	r.system = r.chemistry(r.without)
	r.propose = true
	if r.count == 0 {
		r.count = 2
	}
	out := proposals(r, h)
	if len(out.calls) > 0 {
		if len(h) == 0 {
			out.text = "A host for " + r.ion + " ions needs a metal that can change its charge, and a framework. No family of hosts that I know has these elements, so I look at all charge-balanced compositions of " + r.systemName() + ". " + out.text
		}
		return out
	}
	if len(r.missing) == 0 && !r.offered["battery_metrics"] {
		out.text += noBattery
	}
	out.text += r.chosenFor()
	return out
}

const noBattery = "\n\nCapacity and voltage are not given: they need the tool `battery_metrics`, which is not available here."

// chosenFor states what a question for an electrode left open.
func (r request) chosenFor() string {
	s := ""
	if !r.stated {
		s += "\n\n{{assume:the question names no working ion, so " + r.ion + " was taken}}"
	}
	if strictlyNew.MatchString(r.text) && len(r.chosen) > 0 && !slices.ContainsFunc(r.chosen, func(x host) bool { return !isKnown(x.formula) }) {
		s += "\n\n{{assume:every simple host of the kind asked for is a known compound, so known ones were computed}}"
	}
	if len(r.metals) == 0 || len(r.framework) == 0 {
		s += "\n\n{{assume:metals and anions that the question left open were chosen from known families of hosts}}"
	}
	return s
}

// ionOf is the ion whose removal is wanted; "" when the question is not about
// batteries, or the compound holds none.
func (r request) ionOf(formula string) string {
	if !r.battery.asked && !r.wants[wantCapacity] && !r.wants[wantVoltage] {
		return ""
	}
	els, _ := elementsOf(formula)
	if r.ion != "" && contains(els, r.ion) {
		return r.ion
	}
	for _, e := range ionsOf {
		if contains(els, e) {
			return e
		}
	}
	return ""
}

// withoutIon turns capacity and voltage of what holds no working ion into
// inabilities.
func (r *request) withoutIon() {
	for _, f := range r.formulas {
		if r.ionOf(f) != "" {
			return
		}
	}
	for _, w := range []want{wantCapacity, wantVoltage} {
		if r.wants[w] && len(r.formulas) > 0 {
			delete(r.wants, w)
			r.missing, r.sure = append(r.missing, inability{supported[w].what.name, "a compound that holds the working ion; write the discharged composition"}), true
		}
	}
}

var partOfIons = cue(`(?:half|parts?|some|thirds?|quarters?|\d+\s?%)(?: of)?(?: (?:the|its|all))* (?:lithium|sodium|potassium|magnesium|calcium|zinc|li|na|k|mg|ca|zn|ions?)\b`,
	`(?:half|part(?:ly|ial|ially)?|\d+\s?%)[\s-](?:(?:de|dis)?charg|(?:de)?(?:lithiat|sodiat|intercalat))\w*`)

// inPart says of a question for a part of the ions that all of them were taken.
func (r *request) inPart(q string) {
	if r.wants[wantVoltage] && len(r.formulas) > 0 && partOfIons.MatchString(q) {
		r.readings = append(r.readings, "all ions that the metals can pay for are taken out of the host, not a part: a part needs an order of the rest, which is not searched for")
	}
}

// electrons is how many electrons a formula unit can give: those of its ions,
// but one at most for each metal that can change its charge.
func electrons(formula, ion string) int {
	amounts := amountsOf(formula)
	n, metals := amounts[ion], 0
	if z := usual[ion]; z > 1 {
		n *= z
	}
	for e, k := range amounts {
		if redox[e] {
			metals += k
		}
	}
	if metals > 0 && metals < n {
		return metals
	}
	return n
}

// capacityOnly is a question for theoretical capacities alone: the formula is
// enough.
func (r request) capacityOnly() bool {
	if !r.wants[wantCapacity] || len(r.formulas) == 0 {
		return false
	}
	for w := range r.wants {
		if w != wantCapacity && w != wantValidity {
			return false
		}
	}
	return true
}

func capacities(r request, h history) reply {
	if calls := r.capacityCalls(h); len(calls) > 0 {
		return reply{text: "The theoretical capacity follows from the formula alone: the charge that the ions carry, over the mass. I let the tool compute it, so that the formula and its inputs are shown.", calls: calls}
	}
	var b strings.Builder
	for _, f := range r.formulas {
		b.WriteString(capacityLine(f, h))
	}
	if b.Len() == 0 {
		return reply{text: "The capacity could not be computed: " + strings.Join(h.failures(), "; ") + ".\n\n{{outcome:declined}}"}
	}
	b.WriteString("\nA theoretical capacity is an upper bound: how much of it can be cycled, no tool here says." + rest(r) + assumed(r))
	return reply{text: b.String() + oneElectron}
}

const oneElectron = "\n\n{{assume:at most one electron for each metal that can change its charge was counted}}"

func (r request) capacityCalls(h history) []call {
	var calls []call
	for _, f := range r.formulas {
		ion := r.ionOf(f)
		if n := electrons(f, ion); ion != "" && n > 0 && len(h.on("battery_metrics", "formula", f)) == 0 {
			calls = append(calls, call{"battery_metrics", map[string]any{"formula": f, "ion": ion, "n": n}})
		}
	}
	return calls
}

func capacityLine(formula string, h history) string {
	for _, d := range h.on("battery_metrics", "formula", formula).good() {
		c, _ := d.result["capacity"].(map[string]any)
		if _, ok := c["gravimetric_capacity"].(float64); ok {
			return fmt.Sprintf("- **%s**: theoretical capacity **%s** (electrons counted in a formula unit: n = %s), molar mass %s, from %s.\n", formula,
				d.cite("capacity.gravimetric_capacity"), d.cite("capacity.n"), d.cite("capacity.molar_mass"), quoted(text(c, "expression")))
		}
	}
	return ""
}
