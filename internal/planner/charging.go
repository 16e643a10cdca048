package planner

import (
	"fmt"
	"strings"
)

// endMembers asks for what a voltage needs: the hosts without their ions,
// relaxed, and then the battery's figures.
func endMembers(r request, best []material, h history) (reply, bool) {
	if calls := r.removals(best, h); len(calls) > 0 {
		calls = append(r.looks(best, h), calls...)
		return reply{text: structuresKnown + analysisWords(calls), calls: calls}, true
	}
	return charged(r, best, h)
}

// removals asks for the hosts without their ions: all of them, or one set of
// sites where the metals could not give so many electrons.
func (r request) removals(best []material, h history) []call {
	var calls []call
	for _, m := range best {
		ion := r.ionOf(m.formula)
		if ion == "" || !r.offered["remove_ion"] || !r.offered["battery_metrics"] || len(h.on("remove_ion", "structure_id", m.id)) > 0 {
			continue
		}
		args := map[string]any{"structure_id": m.id, "element": ion}
		if !fullyCharged(m.formula, ion) {
			args["sites"] = "each_set"
		}
		calls = append(calls, call{"remove_ion", args})
	}
	return calls
}

// fullyCharged reports whether the metals can give an electron for each charge
// that the ions carry.
func fullyCharged(formula, ion string) bool {
	return electrons(formula, ion) >= max(1, usual[ion])*amountsOf(formula)[ion]
}

// chargedIDs are the structures of a removal that have given up as many
// electrons as are counted, and no more.
func chargedIDs(m material, ion string, d done) []string {
	left := amountsOf(m.formula)
	left[ion] -= electrons(m.formula, ion) / max(1, usual[ion])
	if left[ion] <= 0 {
		delete(left, ion)
	}
	var ids []string
	for _, s := range objects(d.result["structures"]) {
		if f := text(s, "formula"); f == "" || sameRatio(amountsOf(f), left) {
			ids = append(ids, text(s, "structure_id"))
		}
	}
	return ids[:min(len(ids), maxCharged)]
}

// maxCharged is how many ways to take the ions out are computed.
const maxCharged = 4

// charged relaxes the hosts without their ions, then asks for the battery's
// figures from both end members.
func charged(r request, best []material, h history) (reply, bool) {
	var calls []call
	text1, text2 := "", ""
	for _, m := range best {
		ion := r.ionOf(m.formula)
		for _, d := range h.on("remove_ion", "structure_id", m.id).good() {
			ids := chargedIDs(m, ion, d)
			if len(ids) == 0 {
				continue
			}
			empty, asked := relaxedHost(ids, h)
			switch {
			case !asked:
				text1 = "Next, the charged hosts, without the ions, are relaxed."
				calls = append(calls, r.relaxHost(ids))
			case empty != "" && len(h.on("battery_metrics", "discharged_structure_id", m.id)) == 0:
				text2 = "Both end members are relaxed: the voltage is their energy difference against the metal by the same potential."
				calls = append(calls, call{"battery_metrics", map[string]any{"ion": ion, "discharged_structure_id": m.id, "charged_structure_id": empty}})
			}
		}
	}
	return reply{text: strings.TrimSpace(text1 + " " + text2), calls: calls}, len(calls) > 0
}

// relaxHost relaxes what is left of a host; of several ways to leave it the
// lowest in energy counts. With little time the threshold is that of a batch's
// first pass, well below what the voltage is refused at.
func (r request) relaxHost(ids []string) call {
	if len(ids) == 1 {
		args := map[string]any{"structure_id": ids[0]}
		if r.wallS > 0 && r.wallS < shortWall {
			args["fmax"] = 0.05
		}
		return call{"relax_structure", args}
	}
	return call{"relax_structures", map[string]any{"structure_ids": anyList(ids), "keep_best": 1}}
}

// shortWall is a wall time, in seconds, in which a voltage must hurry.
const shortWall = 1800

// relaxedHost gives the relaxed charged host, and whether it was asked for.
func relaxedHost(ids []string, h history) (id string, asked bool) {
	for _, d := range append(h.on("relax_structure", "structure_id", ids[0]), h.on("relax_structures", "structure_ids", ids[0])...) {
		asked = true
		if d.ok() && id == "" {
			if id = text(d.result, "structure_id"); id == "" {
				id = text(d.result, "best_structure_id")
			}
		}
	}
	return id, asked
}

// withoutVoltage says why a material has no voltage, where there was no charged
// host to compute.
func withoutVoltage(r request, f facts, h history) string {
	if why := noEndMember(f.material, r.ionOf(f.formula), h); why != "" {
		return fmt.Sprintf("- No voltage of %s: %s.\n", f.formula, why)
	}
	return ""
}

// noEndMember says why there is no charged host to compute.
func noEndMember(m material, ion string, h history) string {
	for _, d := range h.on("remove_ion", "structure_id", m.id).good() {
		if ion != "" && len(chargedIDs(m, ion, d)) == 0 {
			return "the ions sit on sites that symmetry makes equal, so that the part which the metals can pay for cannot be taken out without choosing an order of them"
		}
	}
	return ""
}

// voltageErrors says how sure a voltage and a volume change are.
func (m material) voltageErrors() string {
	s := voltageError
	if items := m.relaxed.items(); m.bestItem < len(items) && isKind(items[m.bestItem], "layered") {
		s += " Least sure is the volume: dispersion, which holds the layers of the empty host together, is not in the potential's training data."
	}
	return s
}

// changes words the sign of a change of volume.
func changes(percent float64) string {
	if percent < 0 {
		return "shrinks: its volume changes"
	}
	return "grows: its volume changes"
}

const voltageError = "The errors of both energies enter it for all atoms of a formula unit at once: take it as good to some tenths of a volt, not better."

// batteryLines words capacity, voltage and volume change of a material.
func batteryLines(m material, h history) string {
	var b strings.Builder
	for _, d := range h.on("battery_metrics", "discharged_structure_id", m.id).good() {
		c, _ := d.result["capacity"].(map[string]any)
		if _, ok := c["gravimetric_capacity"].(float64); ok {
			fmt.Fprintf(&b, "- **%s** as an electrode: theoretical capacity **%s** (electrons counted in a formula unit: n = %s), from %s.\n",
				m.formula, d.cite("capacity.gravimetric_capacity"), d.cite("capacity.n"), quoted(text(c, "expression")))
		}
		v, _ := d.result["voltage"].(map[string]any)
		switch _, ok := v["average_voltage"].(float64); {
		case ok:
			fmt.Fprintf(&b, "- Its average voltage against the metal is **%s**, from %s; the host %s by %s on charging. It is an energy difference at zero temperature by one potential: no plateaus, no kinetics. %s\n",
				d.cite("voltage.average_voltage"), quoted(text(v, "expression")), changes(number(v, "volume_change_percent")), d.cite("voltage.volume_change_percent"), m.voltageErrors())
		case text(v, "note") != "":
			b.WriteString("- No voltage: " + quoted(text(v, "note")) + ".\n")
		}
	}
	if b.Len() == 0 {
		b.WriteString(capacityLine(m.asked, h))
	}
	return b.String()
}
