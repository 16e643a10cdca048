package planner

import (
	"regexp"
	"slices"
	"sort"
	"strings"
)

const symbolWord = `[A-Z][a-z]?`

var (
	hyphenList = regexp.MustCompile(`\b` + symbolWord + `(?:\s?[-–—/]\s?` + symbolWord + `)+\b`)
	commaList  = regexp.MustCompile(`\b` + symbolWord + `(?:(?:\s*(?:,|&|\+|;)\s*(?:and\s+|or\s+)?|\s+(?:and|plus|with)\s+)` + symbolWord + `)+\b`)
	spaceList  = regexp.MustCompile(`\b` + symbolWord + `(?:[\s,;]+` + symbolWord + `){2,}\b`)
	spacePair  = regexp.MustCompile(`\b(?:elements?|of|from|in|with|containing|using|contain)\s+(` + symbolWord + `\s+` + symbolWord + `)\b`)
	lone       = regexp.MustCompile(`(?:^|\b(?:[Uu]se|[Tt]ry|[Tt]ake|of|with|from|containing|contains|contain|using|including|include|on|add|adding|for|and|between|in|a|an|new|novel|stable|ternary|binary|quaternary|any|,)\s+)(` + symbolWord + `)\b`)
	bondAfter  = regexp.MustCompile(`(?i)^\s+(?:bond|distance|separation|length|contact)`)
	adjective  = regexp.MustCompile(`\b(` + symbolWord + `)[\s-](?:based|containing|rich|only|bearing|oxides?|nitrides?|sulfides?|fluorides?|chlorides?|bromides?|iodides?|halides?|phosphates?|phosphides?|selenides?|tellurides?|oxynitrides?)\b`)
	freeOf     = regexp.MustCompile(`(?i)\b(` + symbolWord + `|` + strings.Join(keysOf(elementNames), "|") + `)[\s-]free\b|\b(?:without|no|not|avoid(?:s|ing)?|excluding|except|free of|minus|rather than|instead of)\s+(?:any\s+|using\s+|toxic\s+|expensive\s+)?(` + symbolWord + `|` + strings.Join(keysOf(elementNames), "|") + `)\b(?:(?:\s+or|\s+and|\s+nor)\s+(` + symbolWord + `|` + strings.Join(keysOf(elementNames), "|") + `)\b)?`)
)

// classes are words that name the anions of a family of compounds.
var classes = map[string]string{
	"oxide": "O", "sulfide": "S", "selenide": "Se", "telluride": "Te", "nitride": "N", "phosphide": "P", "arsenide": "As", "antimonide": "Sb", "fluoride": "F", "chloride": "Cl", "bromide": "Br",
	"iodide": "I", "hydride": "H", "boride": "B", "carbide": "C", "silicide": "Si", "germanide": "Ge", "oxynitride": "O N", "nitride oxide": "N O", "oxyfluoride": "O F", "oxychloride": "O Cl", "oxyhalide": "O Cl",
	"oxysulfide": "O S", "phosphate": "P O", "fluorophosphate": "P O F", "pyrophosphate": "P O", "silicate": "Si O", "borate": "B O", "carbonate": "C O", "sulfate": "S O", "fluorosulfate": "S O F", "nitrate": "N O", "hydroxide": "O H",
	"titanate": "Ti O", "zirconate": "Zr O", "niobate": "Nb O", "tantalate": "Ta O", "tungstate": "W O", "molybdate": "Mo O", "vanadate": "V O", "stannate": "Sn O", "aluminate": "Al O", "gallate": "Ga O",
	"germanate": "Ge O", "ferrite": "Fe O", "manganate": "Mn O", "manganite": "Mn O", "cobaltate": "Co O", "nickelate": "Ni O", "cuprate": "Cu O", "chromate": "Cr O", "thiophosphate": "P S", "halide": "Cl", "chalcogenide": "S",
	"pnictide": "P",
}

// symbolLists finds elements listed by their symbols, with where they stand.
func symbolLists(q string) (spans [][2]int, els []hit) {
	add := func(from, to int) {
		if within(spans, from) {
			return
		}
		var found []hit
		for _, m := range symbolPart.FindAllStringIndex(q[from:to], -1) {
			s := q[from+m[0] : from+m[1]]
			if !symbols[s] {
				return
			}
			found = append(found, hit{at: from + m[0], end: from + m[1], formula: s})
		}
		spans, els = append(spans, [2]int{from, to}), append(els, found...)
	}
	for _, p := range []*regexp.Regexp{hyphenList, commaList, spaceList} {
		for _, m := range p.FindAllStringIndex(q, -1) {
			if !bondAfter.MatchString(q[m[1]:]) {
				add(m[0], m[1])
			}
		}
	}
	for _, m := range spacePair.FindAllStringSubmatchIndex(q, -1) {
		add(m[2], m[3])
	}
	return spans, els
}

func within(spans [][2]int, at int) bool {
	for _, s := range spans {
		if at >= s[0] && at < s[1] {
			return true
		}
	}
	return false
}

// elementsNamed gives the elements a question names in any way, in order; they
// are a system when there are two or more.
func elementsNamed(q string, listed []hit, without []string) (named, system []string) {
	found := append([]hit{}, listed...)
	for _, p := range []*regexp.Regexp{lone, adjective} {
		for _, m := range p.FindAllStringSubmatchIndex(q, -1) {
			if s := q[m[2]:m[3]]; symbols[s] && !wordsLikeElements[s] {
				found = append(found, hit{at: m[2], formula: s})
			}
		}
	}
	lower := strings.ToLower(q)
	for _, name := range keysOf(elementNames) {
		for _, i := range wordIndexes(lower, name) {
			found = append(found, hit{at: i, formula: elementNames[name]})
		}
	}
	if len(found) > 0 {
		for _, class := range keysOf(classes) {
			i := wordIndex(lower, class)
			if i < 0 {
				i = wordIndex(lower, class+"s")
			}
			for _, s := range strings.Fields(classes[class]) {
				if i >= 0 {
					found = append(found, hit{at: i + len(q), formula: s}) // anions last
				}
			}
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].at < found[j].at })
	for _, f := range found {
		if !contains(without, f.formula) {
			named = append(named, f.formula)
		}
	}
	if named = distinct(named); len(named) > 1 {
		system = dropStandIns(q, named, listed)
	}
	return named, system
}

// dropStandIns leaves out the anion that a class word stood in for when the
// anions are named: "halide ... Br Cl" means those two.
func dropStandIns(q string, els []string, listed []hit) []string {
	halogens := 0
	for _, l := range listed {
		if strings.Contains(" F Cl Br I ", " "+l.formula+" ") {
			halogens++
		}
	}
	if halogens == 0 || !strings.Contains(strings.ToLower(q), "halide") {
		return els
	}
	var out []string
	for _, e := range els {
		if e != "Cl" || containsHit(listed, "Cl") {
			out = append(out, e)
		}
	}
	return out
}

func containsHit(hits []hit, f string) bool {
	return slices.ContainsFunc(hits, func(h hit) bool { return h.formula == f })
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// excluded gives the elements a question wants to do without.
func excluded(q string) []string {
	var out []string
	for _, m := range freeOf.FindAllStringSubmatch(q, -1) {
		for _, w := range m[1:] {
			if sym := symbolOf(w); sym != "" {
				out = append(out, sym)
			}
		}
	}
	return distinct(out)
}

// symbolOf reads an element by symbol or name; "" when it is none.
func symbolOf(w string) string {
	if s, ok := elementNames[strings.ToLower(w)]; ok {
		return s
	}
	if symbols[w] && !wordsLikeElements[w] {
		return w
	}
	return ""
}
