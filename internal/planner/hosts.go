package planner

import (
	"fmt"
	"slices"
	"strings"
)

// family is a kind of electrode host: how many ions, metals and which anions it
// holds, the metal's charge when it is full, and the metals that go up from
// there in hosts of this kind. Polyanions stay whole. A family is general
// chemistry; whether a compound of it exists, or is stable, the tools say.
type family struct {
	name   string
	ions   int
	metals int
	anions string // as it is written behind ion and metal
	charge int    // of all anions, positive
	from   int    // the metal's charge, full; the mean of several metals
	to     int    // the highest charge it reaches
	takes  string // metals
	parent string // a known compound whose cell a new one may take
	of     string // ions that such hosts are made with; all when empty
	blind  bool   // no cell to start from is listed or in the prototypes: a search of random cells is not likely to find it
}

// families in the order in which they are proposed.
var families = []family{
	{name: "phosphate (olivine or maricite type)", ions: 1, metals: 1, anions: "PO4", charge: 3, from: 2, to: 3, takes: "Fe Mn Co Ni V", parent: "NaFePO4"},
	{name: "layered oxide", ions: 1, metals: 1, anions: "O2", charge: 4, from: 3, to: 4, takes: "Fe Mn Cr Co Ni V Ti", parent: "NaFeO2"},
	{name: "spinel oxide", ions: 1, metals: 2, anions: "O4", charge: 8, to: 4, takes: "Mn V Cr Ti Co Ni", of: "Li Mg Zn"},
	{name: "layered sulfide", ions: 1, metals: 1, anions: "S2", charge: 4, from: 3, to: 4, takes: "Ti V Cr", parent: "NaFeO2"},
	{name: "fluorophosphate", ions: 2, metals: 1, anions: "PO4F", charge: 4, from: 2, to: 3, takes: "Fe Mn Co Ni", blind: true},
	{name: "fluorophosphate (tavorite type)", ions: 1, metals: 1, anions: "PO4F", charge: 4, from: 3, to: 4, takes: "V Ti", blind: true},
	{name: "pyrophosphate", ions: 2, metals: 1, anions: "P2O7", charge: 4, from: 2, to: 3, takes: "Fe Mn Co", blind: true},
	{name: "phosphate (NASICON type)", ions: 3, metals: 2, anions: "(PO4)3", charge: 9, from: 3, to: 4, takes: "V Ti Cr Fe", blind: true},
	{name: "silicate", ions: 2, metals: 1, anions: "SiO4", charge: 4, from: 2, to: 3, takes: "Fe Mn Co", blind: true},
	{name: "fluorosulfate", ions: 1, metals: 1, anions: "SO4F", charge: 3, from: 2, to: 3, takes: "Fe Mn Co", blind: true},
	{name: "sulfate", ions: 2, metals: 2, anions: "(SO4)3", charge: 6, from: 2, to: 3, takes: "Fe Mn", blind: true},
	{name: "borate", ions: 1, metals: 1, anions: "BO3", charge: 3, from: 2, to: 3, takes: "Fe Mn Co", blind: true},
	{name: "fluoride", ions: 1, metals: 1, anions: "F3", charge: 3, from: 2, to: 3, takes: "Fe Mn Co Ni V", parent: "NaFeF3"},
}

// host is one proposal: a composition of a family.
type host struct {
	family
	formula, ion, metal string
}

// balances reports whether the charges add up with the ion's in it, with a whole
// or half charge on the metal that it can have, and still do when one electron a
// metal has left.
func (f family) balances(z int) bool {
	left := f.charge - f.ions*z // carried by the metals when full
	if left <= 0 || f.from > 0 && left != f.from*f.metals {
		return false
	}
	full := float64(left) / float64(f.metals)
	given := float64(min(f.ions*z, f.metals)) / float64(f.metals)
	return full >= 2 && full+given <= float64(f.to)
}

// hosts proposes hosts of an ion, of the metals and anions that the question
// names, where it names any. count 0 leaves their number open: two, or what there
// is of the families with a cell to start from.
func (b battery) hosts(without []string, count int) []host {
	out, blind := b.possible(without)
	return among(out, blind, count)
}

// newHosts are those that are not listed as known, then listed ones to fill up
// or to measure by.
func (b battery) newHosts(without []string, count int) []host {
	out, blind := b.possible(without)
	known := func(h host) bool { return isKnown(h.formula) }
	fresh := among(slices.DeleteFunc(slices.Clone(out), known), slices.DeleteFunc(slices.Clone(blind), known), count)
	if len(fresh) == 0 {
		return among(out, blind, count)
	}
	listed := varied(slices.DeleteFunc(out, func(h host) bool { return !known(h) }), max(count, 2))
	if count == 0 && len(listed) > 0 {
		return []host{listed[0], fresh[0]}
	}
	return append(fresh, listed[:min(len(listed), max(0, max(count, 1)-len(fresh)))]...)
}

// possible are all hosts that the question allows; blind those of families
// without a cell to start from.
func (b battery) possible(without []string) (out, blind []host) {
	z := max(1, usual[b.ion])
	metals := b.metals
	if len(metals) == 0 {
		metals = strings.Fields("Fe Mn V Cr Co Ni")
		if b.anode {
			metals = []string{"Ti", "V"}
		}
	}
	for _, f := range families {
		if f.of != "" && !contains(strings.Fields(f.of), b.ion) || len(b.framework) == 0 && f.anions == "S2" {
			continue
		}
		if !f.balances(z) || !f.fits(b.framework) || b.anode && f.anions != "O2" && len(b.framework) == 0 {
			continue
		}
		for _, m := range metals {
			h := f.host(b.ion, m)
			els, _ := elementsOf(h.formula)
			if m == b.ion || !contains(strings.Fields(f.takes), m) || slices.ContainsFunc(els, func(e string) bool { return contains(without, e) }) || sameComposition(h.formula, b.exemplar) {
				continue
			}
			if f.blind {
				blind = append(blind, h)
			} else {
				out = append(out, h)
			}
		}
	}
	return out, blind
}

// among takes a number of hosts, blind ones only where there are no others.
func among(out, blind []host, count int) []host {
	wanted := count
	if count == 0 {
		wanted = 2
	}
	out = varied(out, wanted)
	if missing := max(count, 1) - len(out); missing > 0 {
		out = append(out, varied(blind, missing)...)
	}
	return out
}

func (f family) host(ion, metal string) host {
	return host{family: f, formula: written(ion, f.ions) + written(metal, f.metals) + f.anions, ion: ion, metal: metal}
}

// fits reports whether a family has the anions asked for and no others.
func (f family) fits(framework []string) bool {
	if len(framework) == 0 {
		return true
	}
	els, _ := elementsOf(f.anions)
	for _, e := range els {
		if !contains(framework, e) {
			return false
		}
	}
	return len(els) == len(distinct(framework))
}

// varied takes hosts of different families in turn, each with its first metal
// first: two proposals that differ in both say more than two that do not.
func varied(all []host, count int) []host {
	var out []host
	for turn := 0; len(out) < count && len(out) < len(all); turn++ {
		seen := map[string]int{}
		for _, h := range all {
			if seen[h.name] == turn && len(out) < count {
				out = append(out, h)
			}
			seen[h.name]++
		}
	}
	return out
}

func written(element string, n int) string {
	if n == 1 {
		return element
	}
	return fmt.Sprintf("%s%d", element, n)
}

// couple words how the metal's charge changes.
func (h host) couple() string {
	if h.from == 0 {
		return fmt.Sprintf("`%s, up to %d+`", h.metal, h.to)
	}
	return fmt.Sprintf("`%s%d+/%s%d+`", h.metal, h.from, h.metal, h.from+1)
}

// parents asks, for each host that has no known phase, for those of the compound
// whose cell it may take, then for their cells with the host's elements on them.
func (r request) parents(h history) []call {
	var calls []call
	for _, x := range r.chosen {
		if x.parent == "" || len(knownPhases(x.formula, h)) > 0 {
			continue
		}
		calls = append(calls, r.lookups([]string{x.parent}, h)...)
		swap := x.swap()
		for _, p := range knownPhases(x.parent, h) {
			if len(h.on("substitute_elements", "structure_id", p.id).where(func(d done) bool { return sameSwap(d.args["replacements"], swap) })) == 0 {
				calls = append(calls, call{"substitute_elements", map[string]any{"structure_id": p.id, "replacements": swap}})
			}
		}
	}
	return calls
}

// swap is what makes the host out of its parent.
func (h host) swap() map[string]string {
	els, _ := elementsOf(h.parent)
	out := map[string]string{}
	if els[0] != h.ion {
		out[els[0]] = h.ion
	}
	if els[1] != h.metal {
		out[els[1]] = h.metal
	}
	return out
}

func sameSwap(given any, swap map[string]string) bool {
	m, _ := given.(map[string]any)
	if len(m) != len(swap) {
		return false
	}
	for k, v := range swap {
		if m[k] != v {
			return false
		}
	}
	return true
}

// inKnownCells are the structures of a composition made on the sites of a known one.
func inKnownCells(formula string, h history) []string {
	var out []string
	for _, d := range h.of("substitute_elements").good() {
		for _, s := range objects(d.result["structures"]) {
			if sameComposition(text(s, "formula"), formula) {
				out = append(out, text(s, "structure_id"))
			}
		}
	}
	return out
}
