package planner

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// Systematic names: "zinc sulfide", "lithium nitride", "iron(III) oxide",
// "titanium dioxide", "barium titanate". A name gives a formula only where the
// charges leave one answer; "iron oxide" names several compounds and gives none.

// usual is the charge of elements that have one in their compounds.
var usual = map[string]int{
	"H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Ag": 1, "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Cd": 2, "B": 3, "Al": 3, "Ga": 3, "In": 3, "Sc": 3, "Y": 3,
	"La": 3, "Pr": 3, "Nd": 3, "Sm": 3, "Gd": 3, "Dy": 3, "Ho": 3, "Er": 3, "Lu": 3, "Zr": 4, "Hf": 4, "Si": 4, "Ta": 5,
}

// latin are names that carry their charge.
var latin = map[string]cation{
	"cuprous": {"Cu", 1}, "cupric": {"Cu", 2}, "ferrous": {"Fe", 2}, "ferric": {"Fe", 3}, "stannous": {"Sn", 2}, "stannic": {"Sn", 4}, "plumbous": {"Pb", 2}, "cobaltous": {"Co", 2}, "manganous": {"Mn", 2},
}

type cation struct {
	symbol string
	charge int // 0: more than one is usual
}

// anion is a symbol or group with its charge.
type anion struct {
	symbol string
	charge int
}

var anions = map[string]anion{
	"oxide": {"O", 2}, "sulfide": {"S", 2}, "selenide": {"Se", 2}, "telluride": {"Te", 2}, "nitride": {"N", 3}, "phosphide": {"P", 3}, "arsenide": {"As", 3}, "antimonide": {"Sb", 3},
	"fluoride": {"F", 1}, "chloride": {"Cl", 1}, "bromide": {"Br", 1}, "iodide": {"I", 1}, "hydride": {"H", 1}, "silicide": {"Si", 4}, "hydroxide": {"OH", 1}, "carbonate": {"CO3", 2}, "sulfate": {"SO4", 2},
	"nitrate": {"NO3", 1}, "phosphate": {"PO4", 3}, "peroxide": {"O2", 2}, "superoxide": {"O2", 1}, "titanate": {"TiO3", 2}, "zirconate": {"ZrO3", 2}, "hafnate": {"HfO3", 2}, "stannate": {"SnO3", 2},
	"niobate": {"NbO3", 1}, "tantalate": {"TaO3", 1}, "tungstate": {"WO4", 2}, "molybdate": {"MoO4", 2}, "aluminate": {"AlO2", 1}, "cobaltate": {"CoO2", 1}, "cobaltite": {"CoO2", 1}, "cyanide": {"CN", 1},
	"boride": {"B", 0}, "carbide": {"C", 0},
}

var (
	counts = map[string]int{"mono": 1, "mon": 1, "di": 2, "tri": 3, "tetra": 4, "tetr": 4, "penta": 5, "pent": 5, "hexa": 6, "hepta": 7, "hept": 7}
	romans = map[string]int{"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7}
	// highest is the charge in the oxide that people mean by the plain name.
	highest = map[string]int{"Ti": 4, "Sn": 4, "Ge": 4, "Ce": 4, "Ni": 2, "Cr": 3, "Bi": 3, "Nb": 5, "W": 6, "Mo": 6, "Th": 4}
	// In these compounds a transition metal is divalent.
	divalent = map[string]bool{"Mn": true, "Fe": true, "Co": true, "Ni": true, "Cu": true, "Pb": true}
)

var systematic = regexp.MustCompile(`(?i)\b(?:(di|tri)[\s-]?)?(` + strings.Join(append(keysOf(elementNames), keysOf(latin)...), "|") + `)(?:\s?\((i{1,3}|iv|vi{0,2})\))?[\s-]+` +
	`(?:(mono|mon|di|tri|tetra|tetr|penta|pent|hexa|hepta|hept|sesqui)-?)?(` + strings.Join(keysOf(anions), "|") + `)s?\b`)

// keysOf gives the keys, longest first, so that a pattern prefers the longest.
func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return len(out[i]) > len(out[j]) || len(out[i]) == len(out[j]) && out[i] < out[j] })
	return out
}

// nameHits finds compounds by their systematic names; vague are names of
// several compounds.
func nameHits(q string) (hits []hit, vague []string) {
	for _, m := range systematic.FindAllStringSubmatchIndex(q, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return strings.ToLower(q[m[2*i]:m[2*i+1]])
		}
		if endsInElement(q[:m[0]]) {
			continue // lithium iron phosphate: the first metal belongs to it
		}
		c := elementNames[group(2)]
		if n := highest[c]; n > 0 && group(5) == "oxide" && group(3)+group(4)+group(1) == "" {
			f := compose("", group(2), romanOf(n), "", anions["oxide"])
			hits = append(hits, hit{at: m[0], end: m[1], formula: f, named: true, reading: q[m[0]:m[1]] + " was read as " + f})
		} else if f := compose(group(1), group(2), group(3), group(4), anions[group(5)]); f != "" {
			hits = append(hits, hit{at: m[0], end: m[1], formula: f, named: true})
		} else {
			vague = append(vague, q[m[0]:m[1]])
		}
	}
	return hits, vague
}

var lastWord = regexp.MustCompile(`([A-Za-z]+)[\s-]+$`)

func endsInElement(before string) bool {
	m := lastWord.FindStringSubmatch(before)
	return m != nil && elementNames[strings.ToLower(m[1])] != ""
}

// compose writes the formula of a name; "" when the name leaves it open.
func compose(many, metal, roman, prefix string, a anion) string {
	c, ok := latin[metal]
	if !ok {
		c = cation{elementNames[metal], usual[elementNames[metal]]}
	}
	if roman != "" {
		c.charge = romans[roman]
	}
	n, given := counts[prefix]
	switch {
	case prefix == "sesqui":
		return part(c.symbol, 2) + part(a.symbol, 3)
	case given && many != "":
		return part(c.symbol, counts[many]) + part(a.symbol, n)
	case given && n > 3 && n%2 == 1: // pentoxide, heptoxide: two metal atoms
		return part(c.symbol, 2) + part(a.symbol, n)
	case given && n == 3 && c.charge == 3 && a.charge == 2:
		return part(c.symbol, 2) + part(a.symbol, 3)
	case given:
		return part(c.symbol, 1) + part(a.symbol, n)
	case a.charge == 0:
		return ""
	case a.charge == 4 && c.charge > 2, a.charge == 3 && c.charge > 3: // metallic: charges do not tell
		return ""
	case c.charge == 0 && divalent[c.symbol] && len(a.symbol) > 2:
		c.charge = 2
	case c.charge == 0:
		return ""
	}
	g := gcd(c.charge, a.charge)
	return part(c.symbol, a.charge/g) + part(a.symbol, c.charge/g)
}

func part(symbol string, n int) string {
	switch {
	case n == 1:
		return symbol
	case len(symbolPart.FindAllString(symbol, -1)) > 1 || digit.MatchString(symbol):
		return fmt.Sprintf("(%s)%d", symbol, n)
	}
	return fmt.Sprintf("%s%d", symbol, n)
}

func romanOf(n int) string {
	for s, v := range romans {
		if v == n {
			return s
		}
	}
	return ""
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
