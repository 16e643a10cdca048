package planner

import (
	"fmt"
	"strings"
)

// hosted computes the hosts chosen: known phases of them, known types with their
// elements on the sites, and a search beside; then both end members.
func hosted(r request, h history) reply {
	r.inventing = true
	for _, x := range r.chosen {
		r.formulas = append(r.formulas, x.formula)
	}
	if !r.finish {
		if next, ok := search(r, h); ok {
			if r.offered[lookup] {
				next.calls = append(next.calls, r.lookups(r.withParents(), h)...)
			}
			next.text = r.whyThese() + " " + next.text
			return next
		}
		if calls := r.parents(h); len(calls) > 0 && r.offered["substitute_elements"] {
			return reply{text: "No cell of these compositions is listed, so I also put their elements on the sites of a known type.", calls: calls}
		}
		if next, ok := stages(r, h); ok {
			return next
		}
	}
	best := found(r.formulas, h)
	if len(best) == 0 {
		return reply{text: nothing(r, h)}
	}
	return reply{text: hostsAnswer(r, best, h)}
}

func (r request) withParents() []string {
	var out []string
	for _, x := range r.chosen {
		out = append(out, x.formula)
		if x.parent != "" {
			out = append(out, x.parent)
		}
	}
	return distinct(out)
}

// whyThese words the choice of hosts as a chemist would justify it.
func (r request) whyThese() string {
	var parts []string
	for _, x := range r.chosen {
		parts = append(parts, fmt.Sprintf("%s (%s, couple %s)", x.formula, x.name, x.couple()))
	}
	return "A host for " + r.ion + " ions must be charge-balanced with the ion and without it, by charges its metal takes, and keeps its polyanions whole. I take " + list(parts) + "."
}

func hostsAnswer(r request, best []material, h history) string {
	all := gatherAll(best, h)
	var b strings.Builder
	fmt.Fprintf(&b, "Hosts for %s ions, computed alike:\n\n| host | kind | couple | electrons a formula unit | capacity | average voltage | volume on charging | above hull |\n|---|---|---|---|---|---|---|---|\n", r.ion)
	for _, f := range all {
		x := r.hostOf(f.formula)
		c := electrodeOf(f.material, h)
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s | %s | %s | %s | %s |\n", f.formula, x.name, x.couple(), dash(c.n), dash(c.capacity), dash(c.voltage), dash(c.volume), dash(f.hull.short()))
	}
	b.WriteString(whichAreNew(r, best, h))
	b.WriteString("\nA theoretical capacity is an upper bound, for the electrons stated; a voltage is an energy difference at zero temperature between the two end members, both relaxed, against the metal by the same potential: an average, without plateaus, kinetics or the order of partly filled states. " + voltageError + "\n\n")
	for _, f := range all {
		c := electrodeOf(f.material, h)
		for _, e := range []string{c.capacityBy, c.voltageBy} {
			if e != "" {
				fmt.Fprintf(&b, "- %s: %s\n", f.formula, quoted(e))
			}
		}
		if c.note != "" {
			fmt.Fprintf(&b, "- No voltage of %s: %s.\n", f.formula, quoted(c.note))
		}
		b.WriteString(withoutVoltage(r, f, h))
	}
	b.WriteString("\n" + verdicts(all))
	for _, f := range all {
		if len(knownPhases(f.formula, h))+len(inKnownCells(f.formula, h)) == 0 {
			fmt.Fprintf(&b, "- %s: no cell of its kind is listed, so its structure comes from the search alone. A search this small seldom finds the ground state of such a compound: take its voltage and its distance to the hull as rough.\n", f.formula)
		}
		if f.symbol != "" {
			fmt.Fprintf(&b, "- %s: lowest structure in %s (No. %s), %s; conventional cell %s.\n", f.formula, f.symbol, f.number, f.cameFrom(), strings.Join(f.cell, ", "))
		}
		b.WriteString(r.hostOf(f.formula).doubts(f.material))
	}
	b.WriteString("\n" + newness(best, h))
	method(&b, r, all, h)
	if !r.offered["battery_metrics"] {
		b.WriteString(noBattery)
	}
	return b.String() + r.chosenFor() + oneElectron
}

// reducing are the metals whose double charge is seldom met beside oxygen.
var reducing = map[string]bool{"V": true, "Cr": true, "Ti": true}

// doubts are what general chemistry holds against a host, whatever its energies.
func (h host) doubts(m material) string {
	s := ""
	if h.from == 2 && reducing[h.metal] {
		s += fmt.Sprintf("- %s: `%s2+` is strongly reducing and seldom met in compounds of oxygen, so that it can be made at all is the open question.\n", m.formula, h.metal)
	}
	if items := m.relaxed.items(); h.ion == "Na" && m.bestItem < len(items) && isKind(items[m.bestItem], "maricite") {
		s += fmt.Sprintf("- %s: in the maricite arrangement sodium has no open path through the crystal; as it is made it is known to cycle little, the olivine form far better (`Moreau et al., Chem. Mater. 22, 4126`). What a theoretical capacity is worth here is for an experiment to say.\n", m.formula)
	}
	return s
}

// whichAreNew tells, where something new was asked for, which of the hosts are
// compounds that are known, whatever their structure, a cell listed here or not.
func whichAreNew(r request, best []material, h history) string {
	if !r.wantsNew() {
		return ""
	}
	var known, fresh []string
	for _, m := range best {
		for _, d := range h.on("novelty", "structure_ids", m.id).good() {
			for _, item := range d.items() {
				switch {
				case text(item, "structure_id") != m.id:
				case item["composition_in_set"] == true || isKnown(m.formula):
					known = append(known, m.formula)
				case item["composition_in_set"] == false:
					fresh = append(fresh, m.formula)
				}
			}
		}
	}
	s := ""
	if len(fresh) > 0 {
		s = list(fresh) + ": in no list of known compounds here, which is no proof that nobody has made it. "
	}
	if len(known) > 0 {
		s += list(known) + ": a known compound, to measure by."
	}
	if s == "" {
		return ""
	}
	return "\n**New or known:** " + strings.TrimSpace(s) + "\n"
}

func (r request) hostOf(formula string) host {
	for _, x := range r.chosen {
		if sameComposition(x.formula, formula) {
			return x
		}
	}
	return host{}
}

// electrodeOf cites the figures of a material as an electrode.
type figures struct{ n, capacity, capacityBy, voltage, voltageBy, volume, note string }

func electrodeOf(m material, h history) figures {
	var f figures
	for _, d := range append(h.on("battery_metrics", "formula", m.asked).good(), h.on("battery_metrics", "discharged_structure_id", m.id).good()...) {
		c, _ := d.result["capacity"].(map[string]any)
		if _, ok := c["gravimetric_capacity"].(float64); ok {
			f.n, f.capacity, f.capacityBy = d.cite("capacity.n"), d.cite("capacity.gravimetric_capacity"), text(c, "expression")
		}
		v, _ := d.result["voltage"].(map[string]any)
		if _, ok := v["average_voltage"].(float64); ok {
			f.voltage, f.volume, f.voltageBy = d.cite("voltage.average_voltage"), d.cite("voltage.volume_change_percent"), text(v, "expression")
		}
		if n := text(v, "note"); n != "" {
			f.note = n
		}
	}
	return f
}

// short is a verdict for a table.
func (v verdict) short() string {
	switch {
	case v.above != "":
		return v.above
	case v.partial != "" && v.partialE > 0:
		return "unknown (at least " + v.partial + " above)"
	case v.partial != "":
		return "unknown (on the incomplete hull)"
	case v.known:
		return "unknown"
	}
	return ""
}
