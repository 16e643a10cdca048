package terminal

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// widths measures text as terminals draw it; ambiguous characters (the block
// elements of a bar among them) count as one cell whatever the locale says, so
// that a view looks the same everywhere.
var widths = &runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}

func width(s string) int { return widths.StringWidth(s) }

// cut shortens text to a number of cells.
func cut(s string, n int, st Style) string {
	if n <= 0 {
		return ""
	}
	if width(s) <= n {
		return s
	}
	return widths.Truncate(s, n, st.pick("…", "~"))
}

// pad fills text with spaces up to a number of cells.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// wrap breaks text into lines of at most n cells, each after an indent; line
// ends of the text stay, words longer than a line are broken.
func wrap(s string, n int, indent string) []string {
	room := max(10, n-width(indent))
	var lines []string
	for _, paragraph := range strings.Split(strings.TrimRight(s, "\n "), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			for width(word) > room {
				if line != "" {
					lines, line = append(lines, indent+line), ""
				}
				head := widths.Truncate(word, room, "")
				lines, word = append(lines, indent+head), word[len(head):]
			}
			switch {
			case line == "":
				line = word
			case width(line)+1+width(word) <= room:
				line += " " + word
			default:
				lines, line = append(lines, indent+line), word
			}
		}
		lines = append(lines, strings.TrimRight(indent+line, " "))
	}
	return lines
}
