package planner

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// facts are the citations of one material, empty where a call failed.
type facts struct {
	material
	symbol     string // of the space group
	number     string
	group      int // the space group's number; 0 when it is not known
	symprec    string
	cell       []string // name and citation
	volume     string
	perAtom    float64 // the volume, to choose words by; never printed
	density    string
	dense      float64 // in g/cm³, to order by; never printed
	coordinate string
	formation  string
	perUnit    string  // the same for a formula unit
	molar      string  // and for a mole of them
	molarE     float64 // in kJ/mol, to choose words by; never printed
	energy     float64 // of formation, to order rows by; never printed
	hasEnergy  bool
	note       string
	caveats    []string // of energies with its elements
	hull       verdict
}

// gather collects what was found of a material.
func gather(m material, h history) facts {
	f := facts{material: m}
	if sameAmounts(m.asked, m.formula) {
		f.formula = m.asked // NiAl, which the tools write as AlNi
	}
	for _, d := range h.of("analyze_space_group").good() {
		if text(d.result, "structure_id") == m.id {
			f.symbol, f.number, f.symprec = text(d.result, "space_group_symbol"), d.cite("space_group_number"), d.cite("symprec")
			f.group, f.perAtom = int(number(d.result, "space_group_number")), number(d.result, "volume_per_atom")
			f.volume, f.density, f.dense = d.cite("volume_per_atom"), d.cite("density"), number(d.result, "density")
			f.cell = cellOf(d)
		}
	}
	for _, d := range h.of("analyze_coordination").good() {
		if text(d.result, "structure_id") == m.id {
			f.coordinate = coordination(d)
		}
	}
	for _, d := range h.of("calculate_formation_energy").good() {
		for i, item := range d.items() {
			if text(item, "structure_id") != m.id {
				continue
			}
			f.note, f.caveats = text(item, "note"), texts(item["caveats"])
			if e, ok := item["formation_energy_per_atom"].(float64); ok {
				f.formation, f.energy, f.hasEnergy = d.cite("items.%d.formation_energy_per_atom", i), e, item["converged"] == true
			}
			if e, ok := item["formation_energy_molar"].(float64); ok {
				f.molarE = e
				f.perUnit, f.molar = d.cite("items.%d.formation_energy_per_formula_unit", i), d.cite("items.%d.formation_energy_molar", i)
			}
		}
	}
	f.hull = hullOf(m, h)
	return f
}

func gatherAll(best []material, h history) []facts {
	var all []facts
	for _, m := range best {
		all = append(all, gather(m, h))
	}
	return all
}

// cellOf cites the lengths of the conventional cell that differ, and angles
// that are not right or hexagonal.
func cellOf(d done) []string {
	c, _ := d.result["conventional"].(map[string]any)
	num := func(k string) float64 { v, _ := c[k].(float64); return v }
	same := func(x, y float64) bool { return x-y < 5e-4*x && y-x < 5e-4*x }
	a, b, cc := num("lattice_a"), num("lattice_b"), num("lattice_c")
	cite := func(name, key string) string { return name + " = " + d.cite("conventional.%s", key) }
	out := []string{cite("a", "lattice_a")}
	if !same(a, b) {
		out = append(out, cite("b", "lattice_b"))
	}
	if !same(a, cc) {
		out = append(out, cite("c", "lattice_c"))
	}
	for name, key := range map[string]string{"α": "lattice_alpha", "β": "lattice_beta", "γ": "lattice_gamma"} {
		hexagonal := key == "lattice_gamma" && same(a, b) && num(key) > 119.9 && num(key) < 120.1
		if v := num(key); v != 0 && !hexagonal && (v < 89.9 || v > 90.1) {
			out = append(out, cite(name, key))
		}
	}
	sort.Strings(out)
	return out
}

func coordination(d done) string {
	var parts []string
	for i, item := range d.items() {
		n := d.cite("items.%d.coordination_number", i)
		if low, high := number(item, "coordination_min"), number(item, "coordination_max"); low < high {
			n = fmt.Sprintf("%s to %s (mean %s)", d.cite("items.%d.coordination_min", i), d.cite("items.%d.coordination_max", i), n)
		}
		of, _ := item["neighbors"].(map[string]any)
		word := "neighbors"
		if number(item, "coordination_number") == 1 {
			word = "neighbor"
		}
		switch kinds := slices.Sorted(maps.Keys(of)); len(kinds) {
		case 0:
			n += " " + word
		case 1:
			n += " " + kinds[0] + " " + word
		default:
			n += " " + word + " (" + list(kinds) + ")"
		}
		parts = append(parts, fmt.Sprintf("%s: %s at %s", text(item, "element"), n, bondsOf(d, i)))
	}
	return strings.Join(parts, "; ")
}

// bondsOf cites the bonds of an element: their mean alone hides that they differ.
func bondsOf(d done, i int) string {
	mean := d.cite("items.%d.bond_length_mean", i)
	short, long := number(d.items()[i], "bond_length_min"), number(d.items()[i], "bond_length_max")
	if long-short <= sameBond*long {
		return mean
	}
	return fmt.Sprintf("%s to %s (mean %s)", d.cite("items.%d.bond_length_min", i), d.cite("items.%d.bond_length_max", i), mean)
}

// sameBond is the share by which lengths of one bond differ at most.
const sameBond = 0.005

// compoundsAnswer reports one compound in a paragraph, several in a table.
func compoundsAnswer(r request, best []material, h history) reply {
	all := gatherAll(best, h)
	var b strings.Builder
	// What was asked is answered first: a verdict, an order of arrangements.
	b.WriteString(r.swap.sentence(all))
	asked := r.stability || r.wants[wantHull]
	for _, f := range all {
		b.WriteString(r.versus(f) + r.insteadLine(f))
	}
	if asked {
		b.WriteString(verdicts(all))
	}
	for _, f := range all {
		b.WriteString(r.molarLine(f) + r.agreement(f))
	}
	if len(all) == 1 && len(r.formulas) <= 1 {
		single(&b, all[0])
	} else {
		table(&b, all)
		b.WriteString(r.besideTable(all))
	}
	b.WriteString(r.unitsLine())
	if !asked {
		b.WriteString(verdicts(all))
	}
	for _, f := range all {
		b.WriteString(f.knownAbove(h) + extras(f, h) + withoutVoltage(r, f, h))
	}
	// A few arrangements are shown of one or two compounds; all where they are
	// the question.
	rows := 3
	if r.polymorph || r.rigorous || len(r.types) > 0 {
		rows = 8
	}
	for _, f := range all {
		if rows > 3 || len(all) <= 2 {
			polymorphs(&b, f, h, rows)
		}
	}
	method(&b, r, all, h)
	return reply{text: b.String()}
}

func single(b *strings.Builder, f facts) {
	if f.symbol != "" {
		fmt.Fprintf(b, "**%s** comes out in space group **%s** (No. %s), conventional cell %s.", f.formula, f.symbol, f.number, strings.Join(f.cell, ", "))
	} else {
		fmt.Fprintf(b, "**%s**: the best structure of the search is `%s`; its symmetry could not be analyzed.", f.formula, f.id)
	}
	if f.formation != "" {
		fmt.Fprintf(b, " Its formation energy is **%s**.", f.formation)
	}
	b.WriteString("\n\n")
	if f.coordinate != "" {
		fmt.Fprintf(b, "- Coordination: %s.\n", f.coordinate)
	}
	if f.density != "" {
		fmt.Fprintf(b, "- Density %s, volume %s.\n", f.density, f.volume)
	}
	if f.note != "" {
		fmt.Fprintf(b, "- Note on the energy: %s.\n", quoted(f.note))
	}
	b.WriteString("\n")
}

func table(b *strings.Builder, all []facts) {
	sort.SliceStable(all, func(i, j int) bool {
		return all[i].hasEnergy && (!all[j].hasEnergy || all[i].energy < all[j].energy)
	})
	hulls := !noHull(all)
	b.WriteString("Ordered by formation energy, lowest first:\n\n| compound | space group | cell | formation energy |")
	if hulls {
		b.WriteString(" above hull |\n|---")
	} else {
		b.WriteString("\n")
	}
	b.WriteString("|---|---|---|---|\n")
	for _, f := range all {
		group, energy := "–", "–"
		if f.symbol != "" {
			group = f.symbol + " (" + f.number + ")"
		}
		if f.formation != "" {
			energy = f.formation
			if !f.hasEnergy {
				energy += " (not converged, not ranked)"
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |", f.formula, group, strings.Join(f.cell, ", "), energy)
		if hulls {
			b.WriteString(" " + dash(f.hull.short()) + " |")
		}
		b.WriteString("\n")
	}
	row := "the lowest-energy structure found for that composition"
	if chosen(all) {
		row += ", or the one said above"
	}
	b.WriteString("\nEach row is " + row + "; all were computed with the same settings.\n\n")
}

// method says how it was computed and what it does not show.
func method(b *strings.Builder, r request, all []facts, h history) {
	b.WriteString("\n**How:** ")
	b.WriteString(courses(all, h) + potentialOf(all))
	if r.pressed() {
		less := "fewer samples and smaller cells"
		if r.samples() >= r.wantedSamples() {
			less = "smaller cells and a shorter first pass"
		}
		fmt.Fprintf(b, " The wall time allows %s here than a search without a limit would have: more time may find lower structures.", less)
	}
	if all[0].symprec != "" {
		fmt.Fprintf(b, " Symmetry at a tolerance of %s.", all[0].symprec)
	}
	b.WriteString(settingOf(all))
	b.WriteString("\n\n**Mind:** " + groundState(all) + " ")
	b.WriteString("Energies are at zero temperature, from a machine-learned potential.")
	if noHull(all) {
		b.WriteString(" A negative formation energy is relative to the elements only: it does not show stability against other compounds. No hull was computed.")
	} else {
		b.WriteString(" A hull knows only the phases it is made of, and neither heat nor what forms quickly.")
	}
	b.WriteString(positive(all) + caveats(all))
	if f := h.failures(); len(f) > 0 {
		b.WriteString("\n\nNot everything worked: " + strings.Join(f, "; ") + ".")
	}
	for _, d := range h.of("validate_composition").good() {
		for _, item := range d.items() {
			if item["valid"] == false {
				fmt.Fprintf(b, "\n\n%s is not charge-balanced with the usual oxidation states, so treat its result with care.", text(item, "formula"))
			}
		}
	}
	b.WriteString(rest(r))
	b.WriteString(assumed(r))
}

// positive says of compounds above their elements what that means.
func positive(all []facts) string {
	var names []string
	for _, f := range all {
		if f.hasEnergy && f.energy > 0 {
			names = append(names, f.formula)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " The formation energy of " + list(distinct(names)) + " is positive: by this potential the elements are lower in energy than this structure, which a small value does not decide (its errors are in `bench/science/RESULTS.md`)."
}

// settingOf says that a, b and c are not in the order of the symbol: the standard
// cell of an orthorhombic crystal has its axes by length, so that Pnma stands over
// the lengths of Pbnm.
func settingOf(all []facts) string {
	if slices.ContainsFunc(all, func(f facts) bool { return crystalSystem(f.group) == "orthorhombic" }) {
		return " The axes of an orthorhombic cell are named by length where its lattice leaves that open, so they need not be those of the setting in the space group's symbol."
	}
	return ""
}

// chosen reports whether a structure was taken that is not the lowest found.
func chosen(all []facts) bool {
	return slices.ContainsFunc(all, func(f facts) bool { return f.instead != "" || f.coarse })
}

// groundState says what a search does not show of the structures answered about.
func groundState(all []facts) string {
	if chosen(all) {
		return "a lower structure than the lowest found here may exist."
	}
	return "the structure is the lowest in energy of those tried, which need not be the ground state."
}

// caveats are what the tools say of energies with these elements: magnetism, the
// +U treatment, f electrons.
func caveats(all []facts) string {
	of := map[string][]string{}
	var order []string
	for _, f := range all {
		for _, c := range f.caveats {
			if len(of[c]) == 0 {
				order = append(order, c)
			}
			of[c] = append(of[c], f.formula)
		}
	}
	s := ""
	for _, c := range order {
		s += " Of " + list(distinct(of[c])) + ": " + quoted(c) + "."
	}
	return s
}

// leftOut counts what the time did not allow.
func leftOut(relaxed done) string {
	s := ""
	if number(relaxed.result, "n_cut") > 0 {
		s += ", left out when the time for the search was spent " + relaxed.cite("n_cut")
	}
	if number(relaxed.result, "n_unrefined") > 0 {
		s += ", of the best not relaxed to the tight threshold for lack of time " + relaxed.cite("n_unrefined")
	}
	return s
}

func potentialOf(all []facts) string {
	p, _ := all[0].relaxed.result["potential"].(map[string]any)
	if name := text(p, "name"); name != "" {
		return "Energies and relaxation by " + name + "; elements and compounds with the same potential."
	}
	return ""
}

// assumed states what the question left open.
func assumed(r request) string {
	var out []string
	if len(r.wants) == 0 && !r.polymorph && !r.compare && !r.inventing && !r.stability {
		out = append(out, "the question named no property, so structure and formation energy were computed")
	}
	if r.stability && !r.offered["calculate_energy_above_hull"] {
		out = append(out, "stability was asked; only the formation energy relative to the elements could be computed")
	}
	out = append(out, r.readings...)
	if r.open != "" {
		out = append(out, r.open)
	}
	s := ""
	for _, a := range out {
		s += "\n\n{{assume:" + a + "}}"
	}
	return s
}
