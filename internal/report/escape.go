package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// tidy makes one line of a text and drops what a terminal or a page would obey:
// control characters, marks that turn the direction of writing.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

var inlineEscapes = strings.NewReplacer(`\`, `\\`, "<", "&lt;", "[", `\[`, "]", `\]`, "`", "'", "|", `\|`, "*", `\*`, "_", `\_`, "#", `\#`, "!", `\!`)

// inline makes untrusted text safe in a line or a table cell of markdown.
func inline(s string) string { return inlineEscapes.Replace(tidy(s)) }

func orDash(s string) string {
	if s = inline(s); s == "" {
		return "–"
	}
	return s
}

// code shows text literally, in a table too.
func code(s string) string {
	s = strings.NewReplacer("`", "'", "|", "¦").Replace(tidy(s))
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}

func link(callID string) string { return fmt.Sprintf("[%s](#%s)", inline(callID), anchor(callID)) }

var notAnchor = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

func anchor(callID string) string { return "call-" + notAnchor.ReplaceAllString(callID, "-") }

var (
	anyTag    = regexp.MustCompile(`<([a-zA-Z/!?])`)
	plainTag  = regexp.MustCompile(`^</?(?:sub|sup|br)\s*/?>`)
	badScheme = regexp.MustCompile(`(?i)(\]\(\s*<?|\]:\s*<?)\s*(?:javascript|data|vbscript|file)\s*:`)
)

// harmless keeps the markdown of a model and takes its HTML and its links that
// run something away.
func harmless(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range anyTag.FindAllStringIndex(s, -1) {
		if plainTag.MatchString(s[m[0]:min(len(s), m[0]+12)]) {
			continue
		}
		b.WriteString(s[at:m[0]] + "&lt;")
		at = m[0] + 1
	}
	b.WriteString(s[at:])
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, b.String())
	return badScheme.ReplaceAllString(s, "${1}#")
}

var subscripts = strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄", "5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉")

// Formula writes a formula with subscripts.
func Formula(f string) string {
	return subscripts.Replace(orDash(f))
}

var (
	screwAxis = regexp.MustCompile(`_(\d)`)
	inversion = regexp.MustCompile(`-(\d)`)
)

// SpaceGroupSymbol writes a symbol as it is printed: Fm3̄m, P6₃/mmc.
func SpaceGroupSymbol(s string) string {
	s = screwAxis.ReplaceAllStringFunc(tidy(s), func(m string) string { return subscripts.Replace(m[1:]) })
	return orDash(inversion.ReplaceAllString(s, "$1\u0304"))
}
