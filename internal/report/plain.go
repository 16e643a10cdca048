package report

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// citationMark stands for a citation in the scanned text.
const citationMark = '\x01'

// plain is a text without its dress: emphasis, code marks, HTML, LaTeX, exotic
// blanks and digits are taken off, so that a number is found however it is
// written. Every byte knows where it came from.
type plain struct {
	s          string
	start, end []int // of each byte of s in the original
	code       []bool
	properties []span // where properties are named
}

type undresser struct {
	in         string
	skip       []span // citations
	out        []byte
	start, end []int
	code       []bool
	inCode     bool
	fence      bool
}

var (
	htmlTag    = regexp.MustCompile(`^</?[a-zA-Z][^<>\n]{0,200}>`)
	htmlEntity = regexp.MustCompile(`^&#?[0-9a-zA-Z]{1,10};`)
	latexWord  = regexp.MustCompile(`^\\([A-Za-z]+)\*?`)
	fenceMark  = regexp.MustCompile("^(?:```+|~~~+)[^\n]*")
)

// latex is what commands with a meaning here stand for; others are blanks.
var latex = map[string]string{
	"AA": "Å", "angstrom": "Å", "mathring": "", "times": "×", "cdot": "·", "pm": "±", "approx": "≈", "sim": "≈", "simeq": "≈", "degree": "°", "circ": "°",
	"mu": "µ", "alpha": "α", "beta": "β", "gamma": "γ", "overline": "-", "bar": "-", "text": "", "mathrm": "", "textbf": "", "mathbf": "", "rm": "", "SI": "", "qty": "", "num": "",
	"mathit": "", "textit": "", "unit": "", "si": "", "ce": "", "left": "", "right": "", "electronvolt": "eV", "giga": "G", "pascal": "Pa", "milli": "m", "per": "/", "eV": "eV",
}

// undress takes the dress off a text; the spans of skip become citation marks.
func undress(text string, skip []span) plain {
	u := &undresser{in: text, skip: skip, out: make([]byte, 0, len(text))}
	for i := 0; i < len(text); {
		if len(u.skip) > 0 && i >= u.skip[0].start {
			i = u.put(i, u.skip[0].end, string(rune(citationMark)))
			u.skip = u.skip[1:]
			continue
		}
		next := u.step(i)
		if len(u.skip) > 0 && next > u.skip[0].start {
			next = u.skip[0].start // markup never swallows a citation
		}
		i = max(next, i+1)
	}
	return plain{s: string(u.out), start: u.start, end: u.end, code: u.code, properties: propertiesOf(string(u.out))}
}

// put writes s for the original bytes from i to end.
func (u *undresser) put(i, end int, s string) int {
	for k := range len(s) {
		u.out = append(u.out, s[k])
		u.start, u.end, u.code = append(u.start, i), append(u.end, end), append(u.code, u.inCode || u.fence)
	}
	return end
}

func (u *undresser) step(i int) int {
	rest := u.in[i:]
	r, n := utf8.DecodeRuneInString(rest)
	lineStart := i == 0 || u.in[i-1] == '\n'
	if lineStart {
		if m := fenceMark.FindString(rest); m != "" {
			u.fence = !u.fence
			return i + len(m)
		}
	}
	switch r {
	case '`':
		u.inCode = !u.inCode && strings.Contains(lineRest(rest[n:]), "`")
		return i + n
	case '\n':
		u.inCode = false
	case '*', '_', '~', '$':
		return u.emphasis(i, r)
	case '{', '}':
		if r == '}' && strings.HasPrefix(rest, "}{") {
			return u.put(i, i+2, " ")
		}
		return i + n
	case '\\':
		return u.backslash(i)
	case '<':
		if m := htmlTag.FindString(rest); m != "" {
			if name := strings.ToLower(strings.Trim(m, "</> ")); strings.HasPrefix(name, "t") || strings.HasPrefix(name, "br") || strings.HasPrefix(name, "li") || name == "p" {
				return u.put(i, i+len(m), " ")
			}
			return i + len(m)
		}
	case '&':
		if m := htmlEntity.FindString(rest); m != "" {
			var s strings.Builder
			for _, c := range html.UnescapeString(m) {
				s.WriteString(ascii(c))
			}
			return u.put(i, i+len(m), s.String())
		}
	case 'A':
		if strings.HasPrefix(rest, "A\u030a") {
			return u.put(i, i+3, "Å")
		}
	}
	if r == utf8.RuneError && n == 1 {
		return u.put(i, i+1, "?")
	}
	return u.put(i, i+n, ascii(r))
}

// emphasis drops marks of markdown and keeps signs of arithmetic.
func (u *undresser) emphasis(i int, r rune) int {
	j := i
	for j < len(u.in) && u.in[j] == byte(r) {
		j++
	}
	var before, after byte = ' ', ' '
	if i > 0 {
		before = u.in[i-1]
	}
	if j < len(u.in) {
		after = u.in[j]
	}
	keep := false
	switch r {
	case '*':
		power := j-i == 2 && isDigit(before) && (isDigit(after) || after == '-' && j+1 < len(u.in) && isDigit(u.in[j+1]))
		keep = power || j-i == 1 && (isDigit(before) && isDigit(after) || before == ' ' && after == ' ')
	case '_':
		keep = j-i == 1 && isWord(before) && (isWord(after) || after == '{')
	case '~':
		keep = j-i == 1
	}
	if !keep {
		return j
	}
	return u.put(i, j, u.in[i:j])
}

func (u *undresser) backslash(i int) int {
	rest := u.in[i:]
	if m := latexWord.FindStringSubmatch(rest); m != nil {
		s, ok := latex[m[1]]
		if !ok {
			s = " "
		}
		return u.put(i, i+len(m[0]), s)
	}
	if len(rest) > 1 && strings.IndexByte(" ,;:!~", rest[1]) >= 0 {
		return u.put(i, i+2, " ")
	}
	return i + 1 // the character after it stands for itself
}

// ascii gives the plain form of blanks, digits, signs and letters that only
// look different.
func ascii(r rune) string {
	switch {
	case r < 0x80:
		return string(r)
	case r == '\u00ad' || r >= '\u200b' && r <= '\u200f' || r >= '\u2060' && r <= '\u2064' || r == '\ufeff' || r == '\u0304' || r == '\u0305':
		return ""
	case unicode.Is(unicode.Zs, r):
		return " "
	case unicode.IsDigit(r):
		return string('0' + digit(r))
	}
	switch r {
	case '\u2212', '\u2010', '\u2011', '\ufe63', '\uff0d':
		return "-"
	case '\u2014':
		return "–"
	case '\u212b':
		return "Å"
	case '\u212a':
		return "K"
	case '\u2103':
		return "°C"
	case '\uff05', '\ufe6a':
		return "%"
	case '\uff0e', '\u066b', '\u2024':
		return "."
	case '\uff0c', '\u066c':
		return ","
	case '\u03bc':
		return "µ"
	case '\u2215', '\u2044':
		return "/"
	case '\u22c5', '\u2219':
		return "·"
	}
	return string(r)
}

// digit gives the value of a decimal digit of any script.
func digit(r rune) rune {
	if r >= 0x1d7ce && r <= 0x1d7ff { // five styles in a row
		return (r - 0x1d7ce) % 10
	}
	n := rune(0)
	for n < 9 && unicode.IsDigit(r-n-1) {
		n++
	}
	return n
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isLetter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
func isWord(b byte) bool { return isDigit(b) || isLetter(b) }

func lineRest(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i]
	}
	return s
}

// original gives the place of a span of the plain text in the original, widened
// so that it holds the dress whole.
func (p plain) original(text string, s span) span {
	o := span{p.start[s.start], p.end[s.end-1]}
	for strings.Count(text[o.start:o.end], "{") > strings.Count(text[o.start:o.end], "}") && strings.HasPrefix(text[o.end:], "}") {
		o.end++
	}
	for _, mark := range []string{"**", "*", "`", "$", "_"} {
		inside := text[o.start:o.end]
		if mark == "*" {
			inside = strings.ReplaceAll(inside, "**", "")
		}
		odd := strings.Count(inside, mark)%2 == 1
		left, right := strings.HasSuffix(text[:o.start], mark), strings.HasPrefix(text[o.end:], mark)
		whole := (mark == "`" || mark == "$") && left && right // a strike cannot be seen inside these
		if (odd || whole) && left {
			o.start -= len(mark)
		}
		if (odd && !left || whole) && right {
			o.end += len(mark)
		}
	}
	return o
}
