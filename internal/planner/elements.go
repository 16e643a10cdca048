package planner

import (
	"regexp"
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

// elementNames are those people write out.
var elementNames = map[string]string{
	"hydrogen": "H", "lithium": "Li", "beryllium": "Be", "boron": "B", "carbon": "C", "nitrogen": "N", "oxygen": "O", "fluorine": "F", "sodium": "Na",
	"magnesium": "Mg", "aluminum": "Al", "aluminium": "Al", "silicon": "Si", "phosphorus": "P", "sulfur": "S", "sulphur": "S", "chlorine": "Cl",
	"potassium": "K", "calcium": "Ca", "scandium": "Sc", "titanium": "Ti", "vanadium": "V", "chromium": "Cr", "manganese": "Mn", "iron": "Fe",
	"cobalt": "Co", "nickel": "Ni", "copper": "Cu", "zinc": "Zn", "gallium": "Ga", "germanium": "Ge", "arsenic": "As", "selenium": "Se", "bromine": "Br",
	"rubidium": "Rb", "strontium": "Sr", "yttrium": "Y", "zirconium": "Zr", "niobium": "Nb", "molybdenum": "Mo", "ruthenium": "Ru", "rhodium": "Rh",
	"palladium": "Pd", "silver": "Ag", "cadmium": "Cd", "indium": "In", "tin": "Sn", "antimony": "Sb", "tellurium": "Te", "iodine": "I", "cesium": "Cs",
	"caesium": "Cs", "barium": "Ba", "lanthanum": "La", "cerium": "Ce", "hafnium": "Hf", "tantalum": "Ta", "tungsten": "W", "platinum": "Pt",
	"gold": "Au", "lead": "Pb", "bismuth": "Bi",
}

// materialNames are compounds and minerals by their common names.
var materialNames = map[string]string{
	"rock salt": "NaCl", "rocksalt": "NaCl", "table salt": "NaCl", "halite": "NaCl", "sodium chloride": "NaCl", "common salt": "NaCl", "kitchen salt": "NaCl",
	"potassium chloride": "KCl", "sylvite": "KCl", "lithium fluoride": "LiF", "cesium chloride": "CsCl", "caesium chloride": "CsCl",
	"magnesium oxide": "MgO", "magnesia": "MgO", "periclase": "MgO", "calcium oxide": "CaO", "quicklime": "CaO", "zinc oxide": "ZnO", "zincite": "ZnO",
	"quartz": "SiO2", "silica": "SiO2", "silicon dioxide": "SiO2", "rutile": "TiO2", "anatase": "TiO2", "titania": "TiO2", "titanium dioxide": "TiO2",
	"fluorite": "CaF2", "fluorspar": "CaF2", "calcium fluoride": "CaF2", "calcium titanate": "CaTiO3", "strontium titanate": "SrTiO3",
	"barium titanate": "BaTiO3", "spinel": "MgAl2O4", "corundum": "Al2O3", "alumina": "Al2O3", "sapphire": "Al2O3", "aluminum oxide": "Al2O3",
	"aluminium oxide": "Al2O3", "magnetite": "Fe3O4", "hematite": "Fe2O3", "wustite": "FeO", "zinc sulfide": "ZnS", "zinc sulphide": "ZnS", "sphalerite": "ZnS", "zincblende": "ZnS",
	"gallium arsenide": "GaAs", "gallium nitride": "GaN", "silicon carbide": "SiC", "boron nitride": "BN", "aluminum nitride": "AlN", "aluminium nitride": "AlN",
	"zirconia": "ZrO2", "ceria": "CeO2", "galena": "PbS", "pyrite": "FeS2", "lithium iron phosphate": "LiFePO4", "lithium cobalt oxide": "LiCoO2",
	"lithium cobaltate": "LiCoO2", "diamond": "C", "graphite": "C", "water ice": "H2O",
}

// capsFormulas are the formulas in capitals without digits; other words in
// capitals (CSP, CIF, HOW) are acronyms.
var capsFormulas = map[string]bool{"BN": true, "BP": true, "KF": true, "KI": true, "KH": true, "UN": true, "UC": true, "WC": true, "WN": true, "VN": true, "VC": true, "YN": true, "HF": true, "KOH": true, "HCN": true, "KCN": true}

// wordsLikeElements are single symbols that are also words.
var wordsLikeElements = map[string]bool{"I": true, "In": true, "As": true, "At": true, "He": true, "Be": true, "No": true, "Am": true, "Os": true, "Es": true}

var (
	subscripts   = strings.NewReplacer("₀", "0", "₁", "1", "₂", "2", "₃", "3", "₄", "4", "₅", "5", "₆", "6", "₇", "7", "₈", "8", "₉", "9")
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
