package planner

import (
	"regexp"
	"strconv"
	"strings"
)

const symbolList = "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu"

var symbols = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields(symbolList) {
		m[s] = true
	}
	return m
}()

// elementNames are the names that people write out.
var elementNames = map[string]string{
	"hydrogen": "H", "lithium": "Li", "beryllium": "Be", "boron": "B", "carbon": "C", "nitrogen": "N", "oxygen": "O", "fluorine": "F", "sodium": "Na",
	"magnesium": "Mg", "aluminum": "Al", "aluminium": "Al", "silicon": "Si", "phosphorus": "P", "sulfur": "S", "sulphur": "S", "chlorine": "Cl",
	"potassium": "K", "calcium": "Ca", "scandium": "Sc", "titanium": "Ti", "vanadium": "V", "chromium": "Cr", "manganese": "Mn", "iron": "Fe",
	"cobalt": "Co", "nickel": "Ni", "copper": "Cu", "zinc": "Zn", "gallium": "Ga", "germanium": "Ge", "arsenic": "As", "selenium": "Se", "bromine": "Br",
	"rubidium": "Rb", "strontium": "Sr", "yttrium": "Y", "zirconium": "Zr", "niobium": "Nb", "molybdenum": "Mo", "ruthenium": "Ru", "rhodium": "Rh",
	"palladium": "Pd", "silver": "Ag", "cadmium": "Cd", "indium": "In", "tin": "Sn", "antimony": "Sb", "tellurium": "Te", "iodine": "I", "cesium": "Cs",
	"caesium": "Cs", "barium": "Ba", "lanthanum": "La", "cerium": "Ce", "hafnium": "Hf", "tantalum": "Ta", "tungsten": "W", "platinum": "Pt",
	"gold": "Au", "lead": "Pb", "bismuth": "Bi", "praseodymium": "Pr", "neodymium": "Nd", "samarium": "Sm", "europium": "Eu", "gadolinium": "Gd", "terbium": "Tb",
	"dysprosium": "Dy", "holmium": "Ho", "erbium": "Er", "ytterbium": "Yb", "lutetium": "Lu", "rhenium": "Re", "osmium": "Os", "iridium": "Ir", "mercury": "Hg", "thallium": "Tl",
	"thorium": "Th", "uranium": "U", "technetium": "Tc", "natrium": "Na", "kalium": "K",
}

// capsFormulas are the formulas in capitals without digits; other words in
// capitals (CSP, CIF, HOW) are acronyms.
var capsFormulas = map[string]bool{"BN": true, "BP": true, "KF": true, "KI": true, "KH": true, "UN": true, "UC": true, "WC": true, "WN": true, "VN": true, "VC": true, "YN": true, "HF": true, "KOH": true, "HCN": true, "KCN": true}

// wordsLikeElements are single symbols that are also words.
var wordsLikeElements = map[string]bool{"I": true, "In": true, "As": true, "At": true, "He": true, "Be": true, "No": true, "Am": true, "Os": true, "Es": true}

var (
	formulaToken = regexp.MustCompile(`[A-Z][A-Za-z0-9()\[\]]*`)
	formulaPart  = regexp.MustCompile(`^(?:[A-Z][a-z]?\d{0,3}|[(\[](?:[A-Z][a-z]?\d{0,3})+[)\]]\d{0,3})+$`)
	symbolPart   = regexp.MustCompile(`[A-Z][a-z]?`)
	digit        = regexp.MustCompile(`\d`)
)

// elementsOf gives the distinct symbols of a formula-shaped token; ok is false
// when one is no element.
func elementsOf(token string) (els []string, ok bool) {
	seen := map[string]bool{}
	ok = true
	for _, s := range symbolPart.FindAllString(token, -1) {
		if !symbols[s] {
			ok = false
		}
		if !seen[s] {
			seen[s] = true
			els = append(els, s)
		}
	}
	return els, ok && len(els) > 0
}

// isFormula decides whether a token of a sentence is a formula.
func isFormula(token string) bool {
	if !formulaPart.MatchString(token) {
		return false
	}
	els, ok := elementsOf(token)
	if !ok {
		return false
	}
	if !digit.MatchString(token) && strings.ToUpper(token) == token {
		return len(token) > 1 && capsFormulas[token]
	}
	return len(els) > 1 || digit.MatchString(token)
}

// looksLikeFormula is a token that was meant as a formula but has an unknown
// element, such as Xx2O.
func looksLikeFormula(token string) bool {
	_, ok := elementsOf(token)
	return !ok && formulaPart.MatchString(token) && digit.MatchString(token) && len(token) > 2
}

// amountsOf counts the atoms of a formula, groups in brackets included.
func amountsOf(formula string) map[string]int {
	total := map[string]int{}
	rest := groups.ReplaceAllStringFunc(formula, func(g string) string {
		m := groups.FindStringSubmatch(g)
		for e, n := range amountsOf(m[1]) {
			total[e] += n * amount(m[2])
		}
		return " "
	})
	for _, m := range oneElement.FindAllStringSubmatch(rest, -1) {
		total[m[1]] += amount(m[2])
	}
	return total
}

var (
	groups     = regexp.MustCompile(`[(\[]([A-Za-z0-9]+)[)\]](\d*)`)
	oneElement = regexp.MustCompile(`([A-Z][a-z]?)(\d*)`)
)

func amount(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1 // none is written
	}
	return n
}
