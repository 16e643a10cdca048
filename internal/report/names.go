package report

import (
	"regexp"
	"strings"
)

var elements = func() map[string]bool {
	m := map[string]bool{}
	for _, e := range strings.Fields(`H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
		Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr D`) {
		m[e] = true
	}
	return m
}()

var formulaUnit = regexp.MustCompile(`^(?:[A-Z][a-z]?(?:\d+(?:\.\d+)?|[xyzδn])?(?:[-+]|\d[-+]|\^?\{?\d?[-+]\}?)?|[()\[\]·.:/-]|\d+(?:\.\d+)?)+$`)
var symbol = regexp.MustCompile(`[A-Z][a-z]?`)

// isFormula reports whether a token is a chemical formula: only elements, their
// counts, charges and brackets.
func isFormula(token string) bool {
	token = strings.Trim(token, `.,;:!?"'`)
	if !formulaUnit.MatchString(token) {
		return false
	}
	found := symbol.FindAllString(token, -1)
	for _, e := range found {
		// "Ox" is oxygen with a count of x; the element decides when there is one.
		if !elements[e] && !(len(e) == 2 && elements[e[:1]] && strings.Contains("xyzn", e[1:])) {
			return false
		}
	}
	return len(found) > 0
}

// Parts of a text whose digits are names whatever follows them.
var hardNames = []*regexp.Regexp{
	regexp.MustCompile(`(?:https?://|www\.)[^\s)>\]]+|\b10\.\d{4,9}/\S+|(?i:arxiv)[: ]\s?\d{4}\.\d{4,5}(?:v\d+)?|\S+@\S+\.\w+`),
	regexp.MustCompile(`\b(?:disc-|st_|rep_)[\w-]+|\b(?:c\d+\.)*t\d+\.(?:tool\d+|llm)\b(?:\.[\w%-]+)*|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{12,64}\b|\b(?:mp|mvc|oqmd|agm|jvasp|aflow|JVASP|OQMD)-\d+\b`),
	regexp.MustCompile(`\b(?:ICSD|COD|PDF|CCDC|JCPDS|OQMD)[- #]*(?:(?i:entry|no\.?|number|card|code)\s*)?#?\d[\d-]*|\b\d{2,7}-\d\d-\d\b`),
	regexp.MustCompile(`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.]*Z?)?|\b\d{1,2}:\d\d(?::\d\d)?\b|(?i)\b\d{1,2}(?:st|nd|rd|th)?\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?(?:\s\d{4})?\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s\d{1,2}(?:,\s?\d{4})?\b`),
	regexp.MustCompile(`\b[PIFRC](?:\s(?:-?[1-6](?:_?[1-5])?(?:/[mnabcde])?|[mnabcde])){2,3}\b`), // spaced: F m -3 m
}

// more is the rest of a list of references: "Figs. 2, 3 and 5".
const more = `(?:\s*(?:,|and|or|to|–|-|&|/)\s*\d+(?:\.\d+)*[a-z]?\b)*`

// Parts whose digits are names unless a unit follows them.
var softNames = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:\b(?:sections?|sec\.|chapters?|chap\.|figures?|figs?\.|tables?|tab\.|equations?|eqs?\.|appendix|steps?|version|release)|§)\s*#?\(?\d+(?:\.\d+)*[a-z]?\)?` + more),
	regexp.MustCompile(`(?i)\b(?:refs?\.|references?|items?|pages?|pp?\.|issue|vol\.|notes?|rules?|candidates?|samples?|structures?|options?|questions?|tasks?|calls?|turns?|attempts?|members?|entry|entries|rows?|columns?|runs?|phases?|parts?|points?|levels?|cases?|examples?|trials?|ranks?|ranked|groups?|tests?|batch(?:es)?|stages?|rounds?|iterations?|cycles?|seeds?|models?)\s*#?\(?\d+[a-z]?\b\)?` + more),
	regexp.MustCompile(`\b[vV]?\d+(?:\.\d+){2,}\w*|(?i)\b(?:v|ver\.?|CHGNet|MACE|SevenNet|SMACT|pymatgen|spglib|python|chemeleon|pyxtal|matcalc|ase|torch|pytorch|numpy|M3GNet|VASP|GPT|gemma|llama|claude|qwen)[\s-]v?\d+(?:\.\d+)*`),
	regexp.MustCompile(`(?m)^[ \t>]*(?:[-*+•][ \t]+)?\(?\d{1,3}[.)](?:[ \t]|$)`),
	regexp.MustCompile(`\b\d{1,2}\s?[x×]\s?\d{1,2}(?:\s?[x×]\s?\d{1,2})?\b`),
	regexp.MustCompile(`\b(?:x|y|z|δ)\s?(?:=|≈|<|>|≤|≥)\s?[01]?\.\d+`),
	regexp.MustCompile(`\b(?:n|N|Z)\s?=\s?\d{1,3}\b`),
	regexp.MustCompile(`\b(?:19|20)\d\d(?:s\b|\b)`),
	regexp.MustCompile(`\b\d+\s?:\s?\d+(?:\s?:\s?\d+)*\b`),   // 1:1:3
	regexp.MustCompile(`\[\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]`), // [12]
	regexp.MustCompile(`[(\[<⟨]-?\d\s?-?\d\s?-?\d(?:\s?-?\d)?[)\]>⟩]`),
	regexp.MustCompile(`\b\d[-+](?:\s|[.,;:)/|\]]|$)`), // 2+
	regexp.MustCompile(`(?i)\b(?:\d+(?:\.\d+)?[-\s]?(?:st|nd|rd|th)|[123]-?D|\d-?[spdf])\b`),
}

// Space-group symbols, and the ways to say that a number is one.
var (
	sgShape  = regexp.MustCompile(`^[PIFRCA](?:-?[1-6](?:_?[1-5])?|[mnabcde])(?:[/_-]*(?:-?[1-6](?:_?[1-5])?|[mnabcde]))*(?::[12HR])?$`)
	sgNumber = regexp.MustCompile(`(?:(?i:space[\s_-]?group|\bSG|symmetry|international)\s*|([A-Z]\S*)\s*,?)\s*[(\[,#]*\s*(?i:no\.?|nr\.?|number|sg|#|space group|int\.? no\.?)*\s*[:=#]?\s*$`)
	plainNo  = regexp.MustCompile(`(?:^|[^\pL])N(?:o|r)\.?\s*$`)
	notSG    = regexp.MustCompile(`(?i)(?:sample|entry|icsd|cas|patent|grant|card|figure|table|contract|batch|run|step|item|candidate|catalog\w*)\s*N(?:o|r)\.?\s*$`)
)

// isSpaceGroup reports whether a token is a symbol such as Fm-3m or P6_3/mmc.
func isSpaceGroup(token string) bool {
	token = strings.Trim(token, `.,;:()[]"'`)
	if len(token) < 2 || !sgShape.MatchString(token) {
		return false
	}
	if isFormula(token) && !strings.ContainsAny(token, "_/-") {
		return false
	}
	return strings.ContainsAny(token, "0123456789") || len(token) >= 4
}

// numbersSpaceGroup reports whether the words before a literal make it the
// number of a space group: a claim like any other.
func numbersSpaceGroup(before string) bool {
	if before = before[max(0, len(before)-40):]; !strings.ContainsAny(before, "ABCDEFGHIJKLMNOPQRSTUVWXYZpty") {
		return false
	}
	if m := sgNumber.FindStringSubmatch(before); m != nil && (m[1] == "" || isSpaceGroup(m[1])) {
		return true
	}
	return plainNo.MatchString(before) && !notSG.MatchString(before)
}
