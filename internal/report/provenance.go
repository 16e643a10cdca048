package report

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// citationMark stands for a citation in the scanned text.
const citationMark = '\x01'

type span struct{ start, end int }

// unit is a physical unit after a number, in the spellings people use.
const unit = `(?:(?:m|k)?eV(?:\s*(?:/|per)\s*(?:atom|f\.?u\.?|cell|Å|A|angstrom))?|(?:k|M)?J(?:\s*/\s*(?:mol|kg|g))?|kcal(?:\s*/\s*mol)?|` +
	`Å(?:\^?[23]|[²³])?|[aå]ngstr[oö]ms?|nm|pm|(?:M|G|k)?Pa|k?bar|mAh(?:\s*/\s*g)?|m?Ah|Wh(?:\s*/\s*(?:kg|L))?|m?V(?:olts?)?|volts?|K|kelvin|°\s*C?|degrees?(?:\s*C(?:elsius)?)?|` +
	`g\s*/\s*cm(?:\^?3|³)|g\s*/\s*mol|S\s*/\s*c?m|m?W\s*/\s*\(?m(?:\s*·?\s*K\)?)?|cm(?:\^?-1|⁻¹)|THz|GHz|µ?B|μB|%|percent|atoms?\s*/\s*cell)`

// literal is a number with its sign, decimals in either spelling, range and
// power of ten.
const literal = `[-+−–±~≈]?\s?(?:\d{1,3}(?:[, \x{2009}]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s*(?:[×x*]\s*10\s*\^?\s*[-−]?\s*\d+|[eE][-+]?\d+))?`

var (
	numberPattern = regexp.MustCompile(literal)
	unitAfter     = regexp.MustCompile(`^\s*-?\s*(?:±\s*[\d.]+\s*|\(\d+\)\s*|(?:-|–|to)\s*[\d.]+\s*)?` + unit + `(?:[^A-Za-z0-9]|$)`)
	inCode        = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	wordNumber    = regexp.MustCompile(`(?i)\b(?:(?:minus|about|nearly)\s+)?(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand)` +
		`(?:[\s-]+(?:point|and|zero|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|hundred|thousand|tenths|hundredths))*` +
		`[\s-]+(?:eV|electron[\s-]?volts?|meV|milli[\s-]?electron[\s-]?volts?|[aå]ngstr[oö]ms?|gigapascals?|GPa|volts?|kelvin|degrees|milliamp[\w-]*|mAh|kilojoules?|percent)\b`)
	property = regexp.MustCompile(`(?i)\b(?:band\s?gap|gap|energ(?:y|ies)|enthalp\w+|lattice|parameter|volume|density|modulus|moduli|capacity|voltage|conductivit\w+|` +
		`space\s?group|coordination|bond|distance|length|angle|hull|formation|temperature|melting|stress|pressure|force|mobility|dielectric|refractive|ZT|hardness|magnet\w+|moment|` +
		`a|b|c|α|β|γ|alpha|beta|gamma|Eg|Ef|E_?f|E_?hull|No\.?|number)\s*(?:\([^)]*\)\s*)?(?:is|are|of|was|=|≈|~|:|about|around|at|near|#|\||-)*\s*$`)
	// What holds digits but is a name: formulas, space groups, charges, versions,
	// steps, Miller indices.
	nameToken  = regexp.MustCompile(`^[(\["'*_]*(?:(?:[A-Z][a-z]?\d*(?:\.\d+)?|\((?:[A-Z][a-z]?\d*)+\)\d*)+(?:\(?\d*[+-]\)?)?|[PIFRCAB]-?\d?[\d_/a-zA-Z-]*|\d+(?:\.\d+){2,}|v\d[\w.]*|t\d+\.\w+|disc-\w+|st_\w+|\{?[hkl0-9-]{3}\}?|#\d+)[)\]"'*_.,;:!?]*$`)
	listNumber = regexp.MustCompile(`(?m)^\s*\d{1,3}[.)]\s`)
	year       = regexp.MustCompile(`^(?:19|20)\d\d$`)
)

// scan finds property-like numbers that were typed rather than cited.
func scan(text, query string) []span {
	free := exempt(text)
	allowed := map[string]bool{}
	for _, n := range numberPattern.FindAllString(query, -1) {
		allowed[bare(n)] = true
	}
	var out []span
	for _, m := range numberPattern.FindAllStringIndex(text, -1) {
		s := trimmed(text, span{m[0], m[1]})
		if free.covers(s) || isName(text, s) || allowed[bare(text[s.start:s.end])] {
			continue
		}
		if propertyLike(text, s) {
			out = append(out, withUnit(text, s))
		}
	}
	for _, m := range wordNumber.FindAllStringIndex(text, -1) {
		if s := (span{m[0], m[1]}); !free.covers(s) {
			out = append(out, s)
		}
	}
	return disjoint(out)
}

// propertyLike judges a literal by its unit, its decimals and the words before.
func propertyLike(text string, s span) bool {
	n := bare(text[s.start:s.end])
	if unitAfter.MatchString(text[s.end:min(len(text), s.end+40)]) {
		return true
	}
	if strings.ContainsAny(n, ".,eE×") {
		return true // measured things have decimals; counts do not
	}
	before := text[max(0, s.start-60):s.start]
	if property.MatchString(strings.TrimRight(before, " -+−–~≈*_(")) || property.MatchString(before) {
		return !year.MatchString(n)
	}
	return inTable(text, s) && !year.MatchString(n) && !leadingCell(text, s)
}

// exempt gives the parts of a text where digits are not claims.
func exempt(text string) spans {
	var out spans
	for _, p := range []*regexp.Regexp{inCode, listNumber} {
		for _, m := range p.FindAllStringIndex(text, -1) {
			// Code is no hiding place for a measured number with its unit.
			if p == inCode && codeClaims(text[m[0]:m[1]]) {
				continue
			}
			out = append(out, span{m[0], m[1]})
		}
	}
	return out
}

func codeClaims(code string) bool {
	for _, m := range numberPattern.FindAllStringIndex(code, -1) {
		if unitAfter.MatchString(code[m[1]:]) {
			return true
		}
	}
	return false
}

type spans []span

func (ss spans) covers(s span) bool {
	for _, t := range ss {
		if s.start >= t.start && s.end <= t.end {
			return true
		}
	}
	return false
}

// trimmed drops leading blanks and a sign that belongs to a word before it.
func trimmed(text string, s span) span {
	for s.start < s.end && strings.ContainsRune(" \u2009", rune(text[s.start])) {
		s.start++
	}
	return s
}

// isName reports whether the number is part of a name such as CaTiO3 or Fm-3m.
func isName(text string, s span) bool {
	start, end := s.start, s.end
	for start > 0 && !strings.ContainsRune(" \t\n|,;\x01", rune(text[start-1])) {
		start--
	}
	for end < len(text) && !strings.ContainsRune(" \t\n|,;\x01", rune(text[end])) {
		end++
	}
	token := text[start:end]
	letter := regexp.MustCompile(`[A-Za-z]`).FindStringIndex(token)
	if letter == nil && !regexp.MustCompile(`^\D?\(?\d{1,3}(\.\d+){2,}|#\d`).MatchString(token) {
		return false
	}
	// "5.64Å" and "3eV" begin with the number: a value with its unit, not a name.
	if s.start == start && unitAfter.MatchString(text[s.end:min(len(text), s.end+40)]) {
		return false
	}
	return nameToken.MatchString(token)
}

// inTable reports whether the literal stands in a row of a markdown table.
func inTable(text string, s span) bool {
	line := lineOf(text, s)
	return strings.HasPrefix(strings.TrimSpace(line), "|")
}

// leadingCell reports whether it is in the first column, where rows are numbered.
func leadingCell(text string, s span) bool {
	start := strings.LastIndexByte(text[:s.start], '\n') + 1
	return strings.Count(text[start:s.start], "|") <= 1
}

func lineOf(text string, s span) string {
	start := strings.LastIndexByte(text[:s.start], '\n') + 1
	end := strings.IndexByte(text[s.end:], '\n')
	if end < 0 {
		return text[start:]
	}
	return text[start : s.end+end]
}

// withUnit extends a flagged literal over its unit, so that both are struck.
func withUnit(text string, s span) span {
	if m := unitAfter.FindStringIndex(text[s.end:min(len(text), s.end+40)]); m != nil {
		end := s.end + m[1]
		for end > s.end && strings.ContainsRune(" .,;:)|\n\x01*_~", rune(text[end-1])) {
			end--
		}
		s.end = end
	}
	return s
}

// bare is a literal without sign and blanks.
func bare(n string) string {
	n = strings.Trim(n, "-+−–±~≈ \u2009")
	if f, err := strconv.ParseFloat(n, 64); err == nil {
		return strconv.FormatFloat(f, 'f', -1, 64) + decimalMark(n)
	}
	return n
}

// decimalMark keeps "5.0" apart from "5": the first is a measurement.
func decimalMark(n string) string {
	if strings.ContainsAny(n, ".,") {
		return "."
	}
	return ""
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
