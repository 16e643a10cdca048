package planner

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// request is what a question asks, as far as the rules can tell.
type request struct {
	text      string
	formulas  []string
	broken    []string // tokens meant as formulas that are none
	system    []string // elements of a chemical system to search in
	wants     map[want]bool
	missing   []inability // properties asked for that no tool gives
	noTools   bool
	harm      bool
	count     int // how many new materials; 0 when not said
	battery   string
	propose   bool
	compare   bool
	polymorph bool
	rigorous  bool
}

// want is a supported property.
type want int

const (
	wantValidity want = iota
	wantStructure
	wantFormation
	wantCoordination
)

// inability is a property that no tool gives, with the method it would need.
type inability struct{ name, method string }

func cue(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.Join(patterns, "|") + `)`)
}

var wantCues = map[want]*regexp.Regexp{
	wantValidity: cue(`valid`, `validat\w*`, `charge[\s-]*(?:balanc|neutral)\w*`, `balanced?\b`, `neutral\b`, `plausib\w*`, `oxidation (?:state|number)s?`, `valenc\w+`, `mixed[\s-]valen\w*`, `make (?:chemical )?sense`, `chemically (?:sensible|reasonable|possible)`,
		`allowed by (?:charge|valence)`, `smact`, `do the charges`, `charges? (?:add|work|cancel|sum)`, `could (?:these|this|they|it)[\w\s]{0,40}exist`, `(?:sensible|reasonable|legit\w*) (?:composition|formula|stoichiometr)\w*`, `which of (?:these|the following)[\w\s]{0,40}(?:exist|possible|real)`, `electroneutral\w*`),
	wantStructure: cue(`structur\w*`, `crystal\w*`, `lattice`, `space[\s-]?group`, `symmetr\w*`, `unit[\s-]?cell`, `cell (?:parameter|length|edge|constant|dimension|size)\w*`, `polymorph\w*`, `ground[\s-]?state`, `atoms? (?:are |is )?(?:arranged|packed|sit)`,
		`(?:arrangement|packing) of (?:the )?(?:atoms|ions)`, `how (?:does|do|is|are)[\w\s]{1,40}(?:crystalli[sz]e|packed?|arranged)`, `prototype`, `relax\w*`, `geometr\w+`, `densit\w+`, `volume`, `phase\b`, `a-axis|c-axis`),
	wantFormation:    cue(`formation[\s-]?(?:energ|enthalp)\w*`, `(?:energ|enthalp|heat)\w* (?:of|to) form\w*`, `energ\w+ (?:is )?(?:released|gained|needed)[\w\s]{0,20}form\w*`, `form\w* from (?:its |the )?elements`, `stab(?:le|ility|ilit\w+)`, `thermodynamic\w*`, `energetic\w*`, `exothermic\w*`, `\beform\b`, `delta[\s-]?h`, `ΔH`, `e_?f\b`, `h_?f\b`),
	wantCoordination: cue(`coordinat\w+`, `neighbo\w*rs?`, `bond[\s-]?(?:length|distance)\w*`, `octahedr\w*`, `tetrahedr\w*`),
}

var (
	energyCue  = cue(`energ\w+`)
	compareCue = cue(`compar\w*`, `versus`, `vs\.?`, `rank\w*`, `which (?:one |of )?[\w\s]{0,40}(?:most|more|best|better|lowest|highest|lower|higher|favou?rable)`, `side by side`, `differences? between`, `order (?:them|these)`, `contrast`, `table of`)
	proposeCue = cue(`propos\w*`, `suggest\w*`, `novel`, `new\b`, `discover\w*`, `design\w*`, `come up with`, `invent\w*`, `explor\w*`, `search (?:for|the|in)`, `screen\w*`, `candidates?`, `find (?:me |us )?(?:a|an|some|two|three|four|five|six|seven|eight|nine|ten|\d+|new|stable|possible)`, `enumerat\w*`, `hypothetical`, `what (?:compounds|materials|compositions|phases)`, `which (?:compounds|compositions|phases)`, `list (?:\w+ )?(?:possible|plausible|charge)`, `generate`, `look for`, `ideas? for`, `quaternar\w+`, `ternar\w+`)
	polyCue    = cue(`polymorph\w*`, `lowest[\s-]energy (?:structure|phase|polymorph|form|arrangement)`, `ground[\s-]?state`, `most stable (?:structure|phase|polymorph|form|arrangement|crystal)`, `structure search`, `cubic (?:and|or|vs)`, `distorted`, `predict\w* (?:the )?(?:crystal )?structure`, `preferred (?:structure|phase|form)`, `competing (?:structures|polymorphs|phases)`)
	noToolsCue = regexp.MustCompile(`(?i)\b(?:without|no|not|don'?t|do not|never|skip)\b[^.?!]{0,30}\b(?:tools?|calculat\w*|comput\w*|running|simulat\w*)|\bfrom (?:memory|your (?:own )?knowledge|the top of your head)\b|\boff the top of your head\b|\bjust (?:guess|tell me from memory)\b`)
	harmCue    = regexp.MustCompile(`(?i)\b(?:poison\w*|kill\w*|weapon\w*|bomb\w*|explosive device|nerve agent|chemical warfare|harm (?:a |my |some|people|someone)|hurt (?:people|someone)|terror\w*|murder\w*|dirty bomb|attack (?:on )?(?:people|a crowd))\b`)
	batteryCue = regexp.MustCompile(`(?i)\b(cathode|anode|electrode|battery|intercalat\w*|(?:li|na|k|mg|ca|zn|al|lithium|sodium|potassium|magnesium|calcium|zinc)[\s-]?ion)\b`)
	ionCue     = regexp.MustCompile(`(?i)\b(li|na|k|mg|ca|zn|al|lithium|sodium|potassium|magnesium|calcium|zinc|aluminum)[\s-]?ion\b`)
	rigorCue   = regexp.MustCompile(`(?m)^# Mode: rigorous\b`)
)

// inabilities are what people ask for and no tool here gives.
var inabilities = []struct {
	cue  *regexp.Regexp
	what inability
}{
	{cue(`band[\s-]?gaps?`, `\bgap\b`, `\beg\b`, `semiconduct\w*`, `insulat\w+`), inability{"band gap", "an electronic-structure calculation (hybrid functional or GW)"}},
	{cue(`(?:ionic|electronic|electrical|thermal|ion)?[\s-]?conductiv\w*`, `resistivit\w*`, `diffus\w+`, `mobilit\w+`), inability{"conductivity", "molecular dynamics or a transport calculation"}},
	{cue(`thermoelectric\w*`, `\bzt\b`, `seebeck`, `figure of merit`), inability{"thermoelectric figure of merit", "electron and phonon transport calculations"}},
	{cue(`phonon\w*`, `vibration\w*`, `raman`, `infrared`, `heat capacity`, `debye`), inability{"phonon properties", "lattice dynamics"}},
	{cue(`magneti\w+`, `magnetic moment`, `spin\b`, `curie`, `n[eé]el`), inability{"magnetic properties", "spin-polarized electronic-structure calculations"}},
	{cue(`melt\w*`, `boil\w*`, `decomposition temperature`), inability{"melting and boiling points", "free-energy or coexistence simulations"}},
	{cue(`toxic\w*`, `safe to (?:touch|handle|eat)`, `carcinogen\w*`, `health`), inability{"toxicity", "a safety data sheet or toxicological data"}},
	{cue(`price\w*`, `cost\w*`, `cheap\w*`, `abundan\w*`, `supply`), inability{"price and abundance", "market and geological data"}},
	{cue(`bulk modul\w*`, `elastic\w*`, `young'?s`, `shear`, `hardness`, `stiff\w*`, `poisson`, `equation of state`), inability{"elastic properties", "an equation-of-state or elastic-tensor calculation, which comes with a later release"}},
	{cue(`dielectric\w*`, `permittivity`, `refractive`, `optical`, `absor\w+`, `colou?r\b`, `photovolt\w*`, `solar`, `luminesc\w*`), inability{"optical and dielectric properties", "a response calculation with an electronic-structure method"}},
	{cue(`superconduct\w*`, `critical temperature`, `\btc\b`), inability{"superconductivity", "electron-phonon calculations"}},
	{cue(`voltage\w*`, `potential vs`), inability{"voltage", "energies of the charged and discharged end members with the ion's metal, a tool that comes with a later release"}},
	{cue(`capacit(?:y|ies)\b`, `mah`), inability{"capacity", "the battery tool that comes with a later release"}},
	{cue(`above (?:the )?(?:convex )?hull`, `convex hull`, `\bhull\b`, `e_?hull`, `decompos\w+`), inability{"energy above hull", "a convex hull over the competing phases, which comes with a later release"}},
	{cue(`solub\w+`, `dissolv\w*`), inability{"solubility", "solvation free energies or measurements"}},
	{cue(`work function`, `surface energ\w*`, `cataly\w*`, `adsorption`), inability{"surface and catalytic properties", "slab calculations"}},
	{cue(`x-?ray`, `xrd`, `diffraction`), inability{"diffraction patterns", "a diffraction simulation, which comes with a later release"}},
	{cue(`synthes\w+`, `how (?:do|can|to) (?:i|we|one)?\s*(?:make|grow|prepare)`, `recipe`), inability{"synthesis routes", "the experimental literature"}},
}

var numberWords = map[string]int{"one": 1, "a couple of": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "a dozen": 12, "several": 3, "a few": 3, "some": 3}

// understand reads a question.
func understand(query, systemText string) request {
	q := subscripts.Replace(query)
	r := request{text: query, wants: map[want]bool{}, rigorous: rigorCue.MatchString(systemText)}
	r.formulas, r.broken = formulas(q)
	r.system = chemicalSystem(q)
	for w, c := range wantCues {
		if c.MatchString(q) {
			r.wants[w] = true
		}
	}
	for _, i := range inabilities {
		if i.cue.MatchString(q) {
			r.missing = append(r.missing, i.what)
		}
	}
	r.noTools, r.harm = noToolsCue.MatchString(q), harmCue.MatchString(q)
	r.compare, r.propose, r.polymorph = compareCue.MatchString(q), proposeCue.MatchString(q), polyCue.MatchString(q)
	if batteryCue.MatchString(q) && len(r.formulas) == 0 {
		r.battery = "Na"
		if m := ionCue.FindStringSubmatch(q); m != nil {
			r.battery = ion(m[1])
		} else if strings.Contains(strings.ToLower(q), "lithium") {
			r.battery = "Li"
		}
	}
	if energyCue.MatchString(q) && len(r.formulas) > 0 && !r.wants[wantFormation] {
		r.wants[wantFormation] = true
	}
	r.count = countOf(q)
	return r
}

func ion(s string) string {
	s = strings.ToLower(s)
	if sym, ok := elementNames[s]; ok {
		return sym
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// formulas finds formulas and common names, in order, once each; broken are
// tokens that were meant as formulas.
func formulas(q string) (found, broken []string) {
	type hit struct {
		at int
		f  string
	}
	var hits []hit
	for _, m := range formulaToken.FindAllStringIndex(q, -1) {
		token := strings.TrimRight(q[m[0]:m[1]], "([")
		if m[0] > 0 && (isWordByte(q[m[0]-1]) || q[m[0]-1] == '-') || m[1] < len(q) && q[m[1]] == '-' {
			continue // part of a longer word, or of Na-ion, K-Y-Zr-O, Fm-3m
		}
		token = balance(token)
		switch {
		case isFormula(token):
			hits = append(hits, hit{m[0], token})
		case looksLikeFormula(token):
			broken = append(broken, token)
		case symbols[token] && !wordsLikeElements[token] && singleElement(q, m[0], m[1]):
			hits = append(hits, hit{m[0], token})
		}
	}
	lower := strings.ToLower(q)
	for name, f := range materialNames {
		if i := wordIndex(lower, name); i >= 0 {
			hits = append(hits, hit{i, f})
		}
	}
	if len(hits) == 0 {
		for name, sym := range elementNames {
			if i := wordIndex(lower, name); i >= 0 && !strings.HasPrefix(lower[i+len(name):], "-ion") && !strings.HasPrefix(lower[i+len(name):], " ion") {
				hits = append(hits, hit{i, sym})
			}
		}
		if len(hits) > 1 {
			hits = nil // several elements by name are a chemical system
		}
	}
	sort.Slice(hits, func(i, j int) bool { return hits[i].at < hits[j].at })
	seen := map[string]bool{}
	for _, h := range hits {
		if !seen[h.f] {
			seen[h.f] = true
			found = append(found, h.f)
		}
	}
	return found, broken
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_'
}

// balance drops a closing bracket that belongs to the sentence.
func balance(t string) string {
	for strings.Count(t, ")") > strings.Count(t, "(") {
		i := strings.LastIndexByte(t, ')')
		t = t[:i] + t[i+1:]
	}
	return t
}

var beforeElement = regexp.MustCompile(`(?i)(?:\bof|\bfor|\bis|\bdoes|\bof pure|\belemental|\bpure|\bmetal|\bcrystalline|\bbulk|,|\band)\s+$`)

// singleElement reports whether a bare symbol stands where a material would.
func singleElement(q string, start, end int) bool {
	after := strings.ToLower(q[end:min(len(q), end+10)])
	return beforeElement.MatchString(q[:start]) && !strings.HasPrefix(after, "-ion") && !strings.HasPrefix(after, " ion")
}

func wordIndex(text, word string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if (i == 0 || !isWordByte(text[i-1])) && (end == len(text) || !isWordByte(text[end])) {
			return i
		}
		from = i + 1
	}
}

var (
	hyphenSystem = regexp.MustCompile(`\b[A-Z][a-z]?(?:\s?[-–—/]\s?[A-Z][a-z]?)+\b`)
	listSystem   = regexp.MustCompile(`\b[A-Z][a-z]?(?:\s*(?:,|&|\+|\band\b|, and)\s*[A-Z][a-z]?)+\b`)
)

// chemicalSystem finds two or more elements named together: K-Y-Zr-O,
// "Li, Fe, P and O", "lithium, iron and oxygen".
func chemicalSystem(q string) []string {
	for _, p := range []*regexp.Regexp{hyphenSystem, listSystem} {
		for _, m := range p.FindAllString(q, -1) {
			var els []string
			ok := true
			for _, s := range regexp.MustCompile(`[A-Z][a-z]?`).FindAllString(m, -1) {
				ok = ok && symbols[s]
				els = append(els, s)
			}
			if els = distinct(els); ok && len(els) > 1 {
				return els
			}
		}
	}
	lower := strings.ToLower(q)
	type hit struct {
		at  int
		sym string
	}
	var hits []hit
	for name, sym := range elementNames {
		if i := wordIndex(lower, name); i >= 0 {
			hits = append(hits, hit{i, sym})
		}
	}
	for suffix, sym := range map[string]string{"oxide": "O", "oxides": "O", "fluoride": "F", "chloride": "Cl", "sulfide": "S", "sulfides": "S", "nitride": "N", "nitrides": "N", "phosphate": "P O", "phosphates": "P O"} {
		if i := wordIndex(lower, suffix); i >= 0 && len(hits) > 0 {
			for _, s := range strings.Fields(sym) {
				hits = append(hits, hit{i, s})
			}
		}
	}
	if len(hits) < 2 {
		return nil
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].at < hits[j].at })
	var els []string
	for _, h := range hits {
		els = append(els, h.sym)
	}
	if els = distinct(els); len(els) > 1 {
		return els
	}
	return nil
}

func distinct(in []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

var countPattern = regexp.MustCompile(`(?i)\b(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|a couple of|a dozen|several|a few|some)\s+(?:\w+[\s-]+){0,4}?(?:quaternar|ternar|binar|compound|material|composition|candidate|phase|oxide|new|novel|stable|possib|plausib|formula|charge)`)

func countOf(q string) int {
	m := countPattern.FindStringSubmatch(q)
	if m == nil {
		return 0
	}
	w := strings.ToLower(m[1])
	if n, ok := numberWords[w]; ok {
		return n
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		return 0
	}
	return n
}
