package planner

import (
	"regexp"
	"sort"
	"strings"
)

// hit is a material found in a question.
type hit struct {
	at, end int
	formula string
	named   bool   // by name, not by formula
	mineral string // the name of a mineral that is a structure type too
	reading string
}

// subject is what a question is about.
type subject struct {
	hits     []hit
	formulas []string // distinct, in order
	named    bool     // all of them were given by name
	broken   []string // tokens meant as formulas that are none
	parts    []string // formulas with fractional amounts
	readings []string // how names were read that could mean something else
	vague    []string // names of several compounds
	types    []string // structure types named
	elements []string // elements named, in order
	system   []string // a chemical system
	without  []string // elements to leave out
	listed   int      // elements of the system that were listed by symbol
	besides  bool     // the compounds named are the known ones of the system
	swap     *swap    // an element that takes the place of another
}

var fractional = regexp.MustCompile(`\b[A-Z][A-Za-z0-9()]*?\d?\.\d+[A-Za-z0-9().]*|\b[A-Z][A-Za-z0-9()]*[0-9]?-[xyδ]\)?[A-Z]\w*|\b[A-Z][a-z]?[xyδ][A-Z]\w*`)

// subjectOf reads what a question is about. pick says that elements named
// together are a system to search in, not materials side by side.
func subjectOf(q string, pick bool) subject {
	var s subject
	s.without = excluded(q)
	for _, f := range fractional.FindAllString(q, -1) {
		if len(symbolPart.FindAllString(f, -1)) > 1 {
			s.parts = append(s.parts, strings.TrimRight(f, ".)"))
			q = strings.Replace(q, f, strings.Repeat(" ", len(f)), 1)
		}
	}
	spans, listed := symbolLists(q)
	tokens, broken := tokenHits(q, func(at int) bool { return (pick || len(listed) > 0) && within(spans, at) })
	s.broken = broken
	minerals, types, vague := mineralHits(q, tokens)
	s.types, s.vague = append(types, bareTypes(q)...), vague
	names, unclear := nameHits(q)
	s.hits = append(tokens, minerals...)
	for _, n := range names {
		if !overlaps(minerals, n) {
			s.hits = append(s.hits, n)
			if n.reading != "" {
				s.readings = append(s.readings, n.reading)
			}
		}
	}
	for _, u := range unclear {
		if _, known := materialNames[strings.ToLower(u)]; !known {
			s.vague = append(s.vague, u)
		}
	}
	s.listed = len(listed)
	s.elements, s.system = elementsNamed(q, listed, s.without)
	if len(s.hits) == 0 && (len(s.system) == 0 || !pick && len(listed) == 0 && besideCue.MatchString(q)) {
		s.hits = elementHit(q, s.without)
	}
	s.settle()
	s.swapped(q)
	s.besides = s.known(q)
	return s
}

// veiled writes formulas as X, so that GaP is not read as a gap.
func (s *subject) veiled(q string) string {
	for _, h := range s.hits {
		if !h.named {
			q = q[:h.at] + strings.Repeat("X", h.end-h.at) + q[h.end:]
		}
	}
	return q
}

// known reports that compounds are named as the ones that exist already: "what
// else besides CaZrO3".
func (s *subject) known(q string) bool {
	for _, h := range s.hits {
		if besidesCue.MatchString(q[:h.at]) {
			return len(s.system) > 1
		}
	}
	return false
}

var besidesCue = regexp.MustCompile(`(?i)\b(?:besides|other than|apart from|except(?: for)?|beyond|aside from|in addition to|not just|different from)\s+$`)

// settle orders the hits and keeps each formula once.
func (s *subject) settle() {
	s.hits = dropMinerals(s.hits)
	sort.SliceStable(s.hits, func(i, j int) bool { return s.hits[i].at < s.hits[j].at })
	seen := map[string]bool{}
	s.named = len(s.hits) > 0
	s.formulas = nil
	for _, h := range s.hits {
		s.named = s.named && h.named
		if !seen[h.formula] {
			seen[h.formula] = true
			s.formulas = append(s.formulas, h.formula)
		}
	}
}

// dropMinerals leaves out pure structure types where a compound is named too:
// "wurtzite or zinc blende for GaN" is about GaN alone.
func dropMinerals(hits []hit) []hit {
	given := false
	for _, h := range hits {
		given = given || !h.named
	}
	if !given {
		return hits
	}
	var out []hit
	for _, h := range hits {
		if h.mineral == "" || h.formula != "ZnS" && h.formula != "NaCl" {
			out = append(out, h)
		}
	}
	return out
}

func overlaps(hits []hit, h hit) bool {
	for _, o := range hits {
		if h.at < o.end && o.at < h.end {
			return true
		}
	}
	return false
}

func bareTypes(q string) []string {
	var out []string
	for _, m := range bareType.FindAllString(cubicUnit.ReplaceAllString(q, ""), -1) {
		out = append(out, strings.ToLower(m))
	}
	return distinct(out)
}

// tokenHits finds what is written as a formula. Bare symbols count as materials
// unless they stand in a list of elements.
func tokenHits(q string, listed func(at int) bool) (hits []hit, broken []string) {
	for _, m := range formulaToken.FindAllStringIndex(q, -1) {
		token := strings.TrimRight(q[m[0]:m[1]], "([")
		if m[0] > 0 && (isWordByte(q[m[0]-1]) || q[m[0]-1] == '-') || m[1] < len(q) && q[m[1]] == '-' && !tailAfter(q[m[1]:]) {
			continue // part of a longer word, or of Na-ion, K-Y-Zr-O, Fm-3m
		}
		token = balance(token)
		h := hit{at: m[0], end: m[0] + len(token), formula: token}
		switch {
		case isFormula(token) && !isCharged(q, h):
			hits = append(hits, h)
		case looksLikeFormula(token):
			broken = append(broken, token)
		case symbols[token] && !wordsLikeElements[token] && !listed(m[0]) && singleElement(q, m[0], m[1]):
			hits = append(hits, h)
		}
	}
	return append(hits, lowerHits(q)...), broken
}

var tail = regexp.MustCompile(`(?i)^-(?:based|type|like|structured?|free)\b`)

// tailAfter is a hyphen that belongs to the sentence: "GaN-based".
func tailAfter(rest string) bool { return tail.MatchString(rest) || !isWordByte((rest + "  ")[1]) }

var chargeAfter = regexp.MustCompile(`^\s?[+⁺]`)

// isCharged is an ion such as Mg2+ or Fe3+, which is no compound.
func isCharged(q string, h hit) bool {
	els, _ := elementsOf(h.formula)
	return len(els) == 1 && chargeAfter.MatchString(q[h.end:])
}

var (
	lowerToken = regexp.MustCompile(`\b(?:[a-z]+\d+)+[a-z]*\b`)
	lowerPlain = regexp.MustCompile(`\b(?:nacl|kcl|licl|licoo|mgo|zno|cao|gaas|gan|aln|tin|lif|naf|zns|cds|cdte|sic|hfn|zrn|sro|bao|feo|nio|batio|mgs)\b`)
	rare       = map[string]bool{"He": true, "Ne": true, "Ar": true, "Kr": true, "Xe": true, "Rn": true, "Fr": true, "Ra": true, "Ac": true, "At": true, "Po": true, "Pa": true, "Np": true, "Tc": true, "Pm": true}
	plainWords = map[string]bool{"tin": true, "gan": true}
)

// lowerHits finds formulas written without capitals: tio2, batio3, nacl.
func lowerHits(q string) []hit {
	var hits []hit
	for _, m := range append(lowerToken.FindAllStringIndex(q, -1), lowerPlain.FindAllStringIndex(q, -1)...) {
		word := q[m[0]:m[1]]
		if m[0] > 0 && strings.IndexByte("-./@_", q[m[0]-1]) >= 0 || plainWords[word] || materialNames[word] != "" {
			continue
		}
		if f := capitals(word); f != "" {
			hits = append(hits, hit{at: m[0], end: m[1], formula: f})
		}
	}
	return hits
}

// capitals writes a formula as it should be, with the fewest symbols; "" when
// the word is none.
func capitals(word string) string {
	best := ""
	var walk func(rest, done string, n int)
	fewest := 99
	walk = func(rest, done string, n int) {
		if rest == "" {
			if els, ok := elementsOf(done); ok && len(els) > 1 && n < fewest {
				best, fewest = done, n
			}
			return
		}
		i := 0
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		if i > 0 {
			walk(rest[i:], done+rest[:i], n)
			return
		}
		for l := 1; l <= 2 && l <= len(rest); l++ {
			if s := strings.ToUpper(rest[:1]) + rest[1:l]; symbols[s] && !rare[s] {
				walk(rest[l:], done+s, n+1)
			}
		}
	}
	if len(word) > 1 && len(word) <= 20 && (word[0] < '0' || word[0] > '9') {
		walk(word, "", 0)
	}
	return best
}

// elementHit is a single element by name: "silicon".
func elementHit(q string, without []string) []hit {
	lower := strings.ToLower(q)
	var hits []hit
	for _, name := range keysOf(elementNames) {
		if i := wordIndex(lower, name); i >= 0 && !ionAfter(lower[i+len(name):]) && !contains(without, elementNames[name]) {
			hits = append(hits, hit{at: i, end: i + len(name), formula: elementNames[name], named: true})
		}
	}
	return hits
}

func ionAfter(rest string) bool {
	return strings.HasPrefix(rest, "-ion") || strings.HasPrefix(rest, " ion")
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

var beforeElement = regexp.MustCompile(`(?i)(?:\bof|\bfor|\bis|\bdoes|\bof pure|\belemental|\bpure|\bmetal|\bcrystalline|\bbulk|,|\band|\bvs\.?|\bversus|\bor|\bcompare|\brank)\s+$`)

// singleElement reports whether a bare symbol stands where a material would.
func singleElement(q string, start, end int) bool {
	after := strings.ToLower(q[end:min(len(q), end+10)])
	first := strings.TrimSpace(q[:start]) == "" && strings.TrimSpace(after) != ""
	return (first || beforeElement.MatchString(q[:start])) && !ionAfter(after)
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
