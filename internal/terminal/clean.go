package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of unknown origin safe to print: a model or a tool must not
// move the cursor, set the title, hide text or turn its direction around. Line
// ends and tabs stay; everything else that controls is dropped.
func Clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == utf8.RuneError:
			return '\uFFFD'
		case unicode.IsControl(r), hidden(r):
			return -1
		}
		return r
	}, s)
}

// hidden reports whether a rune changes how its neighbors are shown without
// being seen itself: bidirectional controls, zero-width marks, tags, separators.
func hidden(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	case r == 0xFEFF, r == 0x061C, r == 0x00AD, r >= 0xFFF9 && r <= 0xFFFB, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

// Line makes text safe to print and puts it on one line.
func Line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }
