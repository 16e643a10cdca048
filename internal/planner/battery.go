package planner

import (
	"regexp"
	"strings"
)

// battery is what a question about electrodes asks for.
type battery struct {
	asked     bool
	ion       string   // working ion
	stated    bool     // the question names the ion
	anode     bool     // the negative electrode
	metals    []string // redox metals named
	framework []string // anions and framework elements named
	exemplar  string   // "the next LiFePO4": a known host to do better than
}

const ionWord = `li|na|k|mg|ca|zn|al|lithium|sodium|potassium|magnesium|calcium|zinc|aluminum`

var (
	batteryCue = regexp.MustCompile(`(?i)\b(?:cathodes?|anodes?|(?:positive|negative|insertion|battery|intercalation) electrodes?|electrodes?|batter(?:y|ies)|(?:de)?intercalat\w*|insertion (?:host|compound|material)s?|(?:rechargeable|secondary|` + ionWord + `|` + ionWord + `[\s-]ion) cells?|(?:` + ionWord + `)[\s-]ion\b|accumulators?)|\b(?:hosts?|stor(?:e|es|ing|age)|tak(?:e|es|ing) up|uptake|accommodat\w*|insert\w*|shuttl\w*)\b[^.?!]{0,30}\b(?:(?:` + ionWord + `)(?:\s?\d?\+|[\s-]ions?))|\b(?:nmc|ncm|nca|lnmo)\d*\b`)
	ionCue     = []*regexp.Regexp{
		regexp.MustCompile(`(?i)\b(` + ionWord + `)[\s-](?:ion|metal|battery|batteries|cells?|storage|insertion|intercalation|host|cathode|anode|electrode)`),
		regexp.MustCompile(`(?i)\b(` + ionWord + `)(?:\d?\+|\+\d?)`),
		regexp.MustCompile(`(?i)\b(?:host|store|stores|insert|intercalat\w*|cycle|shuttle|shuttles|hold|storing|hosting|of)\s+(` + ionWord + `)\b`),
		regexp.MustCompile(`(?i)\b(?:for|in)\s+(?:a\s+|an\s+)?(?:rechargeable\s+)?(` + ionWord + `)\b`),
		regexp.MustCompile(`(?i)\b(` + ionWord + `)\b`),
	}
	anodeCue = regexp.MustCompile(`(?i)\b(?:anodes?|negative electrodes?)\b`)
	// Words that make a compound the measure of what is wanted instead of its subject.
	exemplarCue = regexp.MustCompile(`(?i)(?:\bnext|\bbetter than|\bbeat(?:s|ing)?|\bbeyond|\balternatives? (?:to|for)|\breplac\w+(?: for| of)?|\binstead of|\bsuccessor (?:to|of)|\blike|\bsimilar to|\brival(?:s|ling)?|\boutperform\w*|\bimprov\w+ (?:on|over|upon)|\bsubstitutes? (?:for|to|of)|\banalogs? (?:of|to)|\bcompet\w+ with|\bother than)\s+(?:\w+\s+){0,2}$`)
)

// layeredOxides are abbreviations of lithium hosts.
var layeredOxides = regexp.MustCompile(`(?i)\b(?:nmc|ncm|nca|lnmo)\d*\b`)

var likeAfter = regexp.MustCompile(`(?i)^[\s-](?:like|type|style|based|derived|inspired|replacements?|alternatives?|substitutes?|successors?|competitors?)\b`)

var (
	ionsOf    = []string{"Li", "Na", "K", "Mg", "Ca", "Zn", "Al"}
	redox     = map[string]bool{"Ti": true, "V": true, "Cr": true, "Mn": true, "Fe": true, "Co": true, "Ni": true, "Cu": true, "Nb": true, "Mo": true, "W": true}
	framework = map[string]bool{"O": true, "P": true, "S": true, "Si": true, "F": true, "Se": true, "B": true, "C": true, "N": true, "Cl": true}
)

// batteryOf reads a question about electrodes.
func batteryOf(q string, s *subject) battery {
	b := battery{asked: batteryCue.MatchString(q)}
	b.exemplar = takeExemplar(q, s)
	if !b.asked && b.exemplar != "" {
		b.asked = isHost(b.exemplar)
	}
	if !b.asked {
		return b
	}
	dropElements(s)
	b.anode = anodeCue.MatchString(q)
	b.ion, b.stated = workingIon(q, s, b.exemplar)
	for _, e := range s.elements {
		switch {
		case e == b.ion:
		case redox[e]:
			b.metals = append(b.metals, e)
		case framework[e]:
			b.framework = append(b.framework, e)
		}
	}
	lower := strings.ToLower(q)
	for _, class := range keysOf(classes) {
		if len(b.framework) == 0 && (wordIndex(lower, class) >= 0 || wordIndex(lower, class+"s") >= 0) {
			b.framework = strings.Fields(classes[class])
		}
	}
	if len(b.framework) == 0 && strings.Contains(lower, "polyanion") {
		b.framework = []string{"P", "O"}
	}
	if contains(b.framework, "P") && !contains(b.framework, "O") && !contains(b.framework, "S") {
		b.framework = append(b.framework, "O")
	}
	if contains(b.framework, "Si") && !contains(b.framework, "O") {
		b.framework = append(b.framework, "O")
	}
	return b
}

// dropElements leaves out single elements: in a question about electrodes they
// are ions and metals, not materials.
func dropElements(s *subject) {
	var kept []hit
	for _, h := range s.hits {
		if els, _ := elementsOf(h.formula); len(els) > 1 {
			kept = append(kept, h)
		}
	}
	s.hits = kept
	s.settle()
}

// takeExemplar takes the compound that the wanted one is measured by out of the
// subject: "better than KVPO4F", "the next LiFePO4".
func takeExemplar(q string, s *subject) string {
	if len(s.formulas) != 1 {
		return ""
	}
	measured := exemplarCue.MatchString(q[:s.hits[0].at]) || likeAfter.MatchString(q[s.hits[0].end:])
	if !measured && s.hits[0].mineral == "" {
		return ""
	}
	f := s.formulas[0]
	if s.hits[0].mineral != "" && batteryCue.MatchString(q) && len(s.hits) == 1 {
		s.hits = nil // a spinel framework: a kind of structure
		s.settle()
		return ""
	}
	if measured && (batteryCue.MatchString(q) || isHost(f)) {
		s.hits = nil
		s.settle()
		return f
	}
	return ""
}

// isHost reports whether a compound can be a host for ions: a working ion, a
// metal that changes its charge, and anions.
func isHost(formula string) bool {
	els, _ := elementsOf(formula)
	ion, metal, anions := false, false, false
	for _, e := range els {
		ion, metal, anions = ion || contains(ionsOf[:3], e), metal || redox[e], anions || framework[e]
	}
	return ion && metal && anions
}

func workingIon(q string, s *subject, exemplar string) (ion string, stated bool) {
	for _, p := range ionCue {
		for _, m := range p.FindAllStringSubmatch(q, -1) {
			if sym := ionSymbol(m[1]); sym != "" && !contains(s.without, sym) {
				return sym, true
			}
		}
	}
	for _, f := range append([]string{exemplar}, s.formulas...) {
		els, _ := elementsOf(f)
		for _, e := range ionsOf {
			if contains(els, e) {
				return e, true
			}
		}
	}
	if layeredOxides.MatchString(q) {
		return "Li", true
	}
	return "Na", false
}

func ionSymbol(word string) string {
	if sym, ok := elementNames[strings.ToLower(word)]; ok {
		return sym
	}
	if len(word) == 1 && word != "K" || len(word) == 2 && (word[0] < 'A' || word[0] > 'Z') && !strings.Contains("li na mg", strings.ToLower(word)) {
		return "" // "al", "ca" and "k" are words when written small
	}
	sym := strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
	if !symbols[sym] {
		return ""
	}
	return sym
}

// chemistry gives the elements to search in, with what was assumed.
func (b battery) chemistry(without []string) []string {
	metals, anions := b.metals, b.framework
	if len(metals) == 0 && b.exemplar != "" {
		els, _ := elementsOf(b.exemplar)
		for _, e := range els {
			switch {
			case framework[e] && len(b.framework) == 0:
				anions = append(anions, e)
			}
		}
	}
	if len(metals) == 0 {
		choices := []string{"Fe", "Mn", "V", "Ti"}
		if b.anode {
			choices = []string{"Ti", "Nb", "V", "Fe"}
		}
		for _, c := range choices {
			if !contains(without, c) && len(metals) == 0 {
				metals = []string{c}
			}
		}
	}
	if len(anions) == 0 {
		anions = []string{"P", "O"}
		if b.anode {
			anions = []string{"O"}
		}
	}
	var out []string
	for _, e := range distinct(append(append([]string{b.ion}, metals...), anions...)) {
		if !contains(without, e) && len(out) < maxSystemElements {
			out = append(out, e)
		}
	}
	return out
}
