package report

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

type span struct{ start, end int }

// A number with decimals in either spelling, thousands, an uncertainty and a
// power of ten.
const literalPattern = `(?:\d*[¼½¾⅓⅔⅕⅛]|\d{1,3}(?:[, ']\d{3})+(?:\.\d+)?|\d+[.,]\d+|\d+|\.\d+)(?:\(\d{1,3}\))?` +
	`(?:\s?[×x*·]\s?10(?:\s?(?:\^|\*\*)\s?\(?[-+]?\d{1,3}\)?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|[eE][-+]?\d{1,3}\b|(?:\^|\*\*)\(?[-+]?\d{1,3}\)?|[⁻⁺][⁰¹²³⁴⁵⁶⁷⁸⁹]+)?`

var (
	numberPattern = regexp.MustCompile(literalPattern)
	digitList     = regexp.MustCompile(`\b\d{1,3}(?:,\d{1,3}){2,}\b`)
	wordNumber    = regexp.MustCompile(`(?i)\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|dozen)` +
		`(?:[\s-]+(?:point|and|a|zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|an|tenths?|hundredths?))*\b`)
	wordSigns = regexp.MustCompile(`(?i)\b(?:minus|negative|plus)\s+$`)
	connector = regexp.MustCompile(`^ $|^\s*(?:\pL{0,3}\s*)?(?:,|;|/|and|or|to|through|×|x|·|\*|–|-|~|±|\+/-|\.{2,3}|…|&|vs\.?|versus|by|until|\|)(?:\s*(?:and|or|~|≈|about|\+|-|±))*\s*$`)
)

// literal is a number the model typed, in the plain text.
type literal struct {
	span
	digits   int    // where it starts without its sign
	text     string // as written, without sign
	unitEnd  int    // end of the unit after it, 0 without
	decimal  bool
	exempt   bool // a name, a reference, a year
	claim    bool
	wordlike bool
}

// scan finds property-like numbers that were typed rather than cited. What it
// gives are spans of the plain text, units included.
func (p plain) scan(allowed map[string]bool, toolWords string) []span {
	var out []span
	for _, l := range p.claims() {
		if allowed[l.key(p.s)] || l.unitEnd == 0 && allowed[l.number()] || p.quotes(l, toolWords) {
			continue
		}
		s := l.span
		if l.unitEnd > 0 {
			s.end = l.unitEnd
		}
		out = append(out, s)
	}
	return disjoint(out)
}

// quoted gives the claims of a query, which an answer may repeat: with their
// unit, or bare.
func quoted(query string) map[string]bool {
	p := undress(query, nil)
	out := map[string]bool{}
	for _, l := range p.claims() {
		out[l.key(p.s)] = true
		out[l.number()] = true
	}
	return out
}

// claims gives the literals that say something of a material.
func (p plain) claims() []literal {
	ls := p.literals()
	for i := range ls {
		ls[i].claim = !ls[i].exempt && p.isClaim(ls[i])
	}
	// The members of a list or range share unit and meaning: "5 and 6 GPa".
	joined := func(i int) bool {
		between := p.s[ls[i].end:ls[i+1].start]
		if strings.Contains(between, "|") {
			if c := p.tableCell(ls[i]); c != nil && c.header != "" {
				return false // each column has a meaning of its own
			}
		}
		return !ls[i].exempt && !ls[i+1].exempt && ls[i].unitEnd <= ls[i+1].start && !strings.Contains(between, "\n") && connector.MatchString(between)
	}
	for i := len(ls) - 2; i >= 0; i-- {
		if ls[i+1].claim && joined(i) {
			ls[i].claim = true
		}
	}
	for i := 0; i+1 < len(ls); i++ {
		if ls[i].claim && joined(i) && !nounAfter.MatchString(p.s[ls[i+1].end:]) {
			ls[i+1].claim = true
		}
	}
	var out []literal
	for _, l := range ls {
		if l.claim {
			out = append(out, l)
		}
	}
	return out
}

// literals gives the numbers of the text in order, with what is known of them.
func (p plain) literals() []literal {
	hard := sorted(spansOf(p.s, hardNames...))
	var unitless []span
	for _, s := range append(spansOf(p.s, softNames...), spansOf(p.s, digitList)...) {
		if unitAt(p.s, s.end, false) == 0 { // "10 × 12 × 14 Å" is no mesh
			unitless = append(unitless, s)
		}
	}
	soft := sorted(unitless)
	var out []literal
	for _, m := range numberPattern.FindAllStringIndex(p.s, -1) {
		l := literal{span: span{m[0], m[1]}, digits: m[0], text: p.s[m[0]:m[1]]}
		l.decimal = strings.ContainsAny(l.text, ".eE×^⁻⁰¹²³⁴⁵⁶⁷⁸⁹") || isDecimalComma(l.text)
		if n := unitAt(p.s, l.end, l.decimal); n > 0 {
			l.unitEnd = l.end + n
		}
		l.exempt = hard.covers(l.span) || l.unitEnd == 0 && soft.covers(l.span) && !p.groupNumber(l) || p.isName(l)
		if p.code[l.start] && l.unitEnd == 0 {
			l.exempt = true
		}
		l.start = p.withSign(l.start)
		out = append(out, l)
	}
	for _, m := range wordNumber.FindAllStringIndex(p.s, -1) {
		l := literal{span: span{m[0], m[1]}, digits: m[0], text: strings.ToLower(p.s[m[0]:m[1]]), wordlike: true}
		if n := unitAt(p.s, l.end, false); n > 0 {
			l.unitEnd = l.end + n
		}
		l.decimal = strings.Contains(l.text, "point")
		if sign := wordSigns.FindStringIndex(p.s[max(0, l.start-12):l.start]); sign != nil {
			l.start += sign[0] - min(12, l.start)
		}
		out = append(out, l)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start < out[j].start })
	return out
}

func isDecimalComma(s string) bool {
	i := strings.IndexByte(s, ',')
	return i >= 0 && strings.Count(s, ",") == 1 && len(s)-i-1 != 3
}

// groupNumber reports whether a literal numbers a space group, which overrides
// that it looks like Miller indices or a citation.
func (p plain) groupNumber(l literal) bool { return numbersSpaceGroup(p.before(l)) }

// isName reports whether the digits belong to a word: a formula, a symbol, a
// version.
func (p plain) isName(l literal) bool {
	left, right := p.s[max(0, l.start-80):l.start], p.s[l.end:min(len(p.s), l.end+80)]
	token := left[strings.LastIndexAny(left, " \t\n|,;=<>\x01\"'")+1:]
	prev, _ := utf8.DecodeLastRuneInString(left)
	glued := len(left) > 0 && (isLetter(left[len(left)-1]) || strings.ContainsRune("_])ₓ", prev))
	hyphen := strings.HasSuffix(left, "-") && len(left) > 1 && (isWord(left[len(left)-2]) || strings.HasSuffix(left, ")-"))
	switch {
	case glued && strings.HasPrefix(l.text, "."):
		return true // the end of a sentence, or a path
	case glued && l.unitEnd == 0:
		return !(l.decimal && strings.ContainsRune("])", prev) && !isFormula(token))
	case glued:
		return isFormula(token) || isSpaceGroup(token)
	case hyphen && l.unitEnd == 0:
		return isLetter(left[len(left)-2]) && !property.MatchString(strings.TrimSuffix(left[max(0, len(left)-20):], "-")) || isFormula(token) && !isDigit(left[len(left)-2])
	}
	if l.unitEnd > 0 || right == "" {
		return false
	}
	// 5H2O, 0.5Li2O, 2H-MoS2
	word := right[:len(right)-len(strings.TrimLeftFunc(right, func(r rune) bool { return r < 0x80 && isWord(byte(r)) || strings.ContainsRune("()[]", r) }))]
	return isFormula(word)
}

// withSign takes a sign in front of a number with it.
func (p plain) withSign(start int) int {
	left := p.s[:start]
	trimmed := strings.TrimSuffix(left, " ")
	r, n := utf8.DecodeLastRuneInString(trimmed)
	if !strings.ContainsRune("-+±~≈<>≤≥", r) || n == 0 || len(trimmed) < len(left) && strings.ContainsRune("-+", r) {
		return start
	}
	if before := trimmed[:len(trimmed)-n]; before != "" && strings.ContainsRune("-+", r) && (isWord(before[len(before)-1]) || strings.HasSuffix(before, string(rune(citationMark)))) {
		return start // a range or a hyphen
	}
	return len(trimmed) - n
}

// before gives the sentence up to a literal, at most 110 bytes of it.
func (p plain) before(l literal) string {
	s := p.s[max(0, l.digits-110):l.digits]
	for _, stop := range []string{". ", "! ", "? ", "\n\n", "\n- ", "\n* ", "\n#", ".\n"} {
		if i := strings.LastIndex(s, stop); i >= 0 && !abbreviated(s[:i+1]) {
			s = s[i+len(stop):]
		}
	}
	return s
}

var abbreviation = regexp.MustCompile(`(?i)\b(?:no|nr|ca|approx|vol|fig|sec|eq|ref|e\.g|i\.e|vs|max|min|avg|cf)\.$`)

func abbreviated(s string) bool { return abbreviation.MatchString(s) }

var unitSpelling = strings.NewReplacer("angstroms", "å", "angstrom", "å", "electronvolts", "ev", "electronvolt", "ev", "per", "/", "³", "3", "²", "2", "kelvin", "k", "volts", "v", "percent", "%")

// key names a literal for comparison with the query.
func (l literal) key(s string) string {
	unit := ""
	if l.unitEnd > 0 {
		unit = strings.ToLower(strings.Trim(s[l.end:l.unitEnd], " \t\n-–()[]"))
		unit = unitSpelling.Replace(strings.NewReplacer(" ", "", "-", "", "^", "").Replace(unit))
	}
	return l.number() + "|" + unit
}

func (l literal) number() string {
	if f, err := strconv.ParseFloat(strings.Replace(l.text, ",", ".", 1), 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return l.text
}

// spans are sorted by start; reach is how far those up to one go.
type spans struct {
	all   []span
	reach []int
}

func spansOf(s string, patterns ...*regexp.Regexp) []span {
	var out []span
	for _, p := range patterns {
		for _, m := range p.FindAllStringIndex(s, -1) {
			out = append(out, span{m[0], m[1]})
		}
	}
	return out
}

func sorted(all []span) spans {
	sort.Slice(all, func(i, j int) bool { return all[i].start < all[j].start })
	ss := spans{all: all, reach: make([]int, len(all))}
	for i, s := range all {
		ss.reach[i] = s.end
		if i > 0 {
			ss.reach[i] = max(s.end, ss.reach[i-1])
		}
	}
	return ss
}

// covers reports whether one of the spans holds s.
func (ss spans) covers(s span) bool {
	i := sort.Search(len(ss.all), func(i int) bool { return ss.all[i].start > s.start })
	return i > 0 && ss.reach[i-1] >= s.end
}

func disjoint(ss []span) []span {
	sort.Slice(ss, func(i, j int) bool { return ss[i].start < ss[j].start })
	out := ss[:0]
	for _, s := range ss {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}
