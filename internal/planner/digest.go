package planner

import (
	"slices"
	"strings"

	"crystalyse/internal/memory"
)

// A closed discovery is worded once more, for the memory. Where a language model
// writes, the planner picks: the sentences of the record that say most, as they
// stand, within the length that the prompt asks for.

const digestWords = 120

// shares are the words that each part of a record gets, the most telling first.
var shares = []struct {
	part string
	most int
}{{"Asked", 30}, {"Found", 45}, {"Declined", 45}, {"Refuted", 25}, {"Failed", 25}, {"Computed", 30}, {"Charge-balanced", 15}}

// digest answers the prompt of the consolidation; false for any other.
func digest(messages []message) (string, bool) {
	if len(messages) != 2 || messages[0].Role != "system" || messages[0].text() != memory.DigestPrompt {
		return "", false
	}
	lines := strings.Split(strings.Map(plain, messages[1].text()), "\n")
	kept, left := make([]string, len(lines)), digestWords
	take := func(i, most int) {
		if kept[i] == "" {
			kept[i] = begin(lines[i], min(most, left))
			left -= len(strings.Fields(kept[i]))
		}
	}
	for _, s := range shares {
		for i, l := range lines {
			if strings.HasPrefix(l, s.part+": ") {
				take(i, s.most)
			}
		}
	}
	for _, s := range shares { // what is left goes to whoever has more to say
		for i, l := range lines {
			if strings.HasPrefix(l, s.part+": ") {
				most := left + len(strings.Fields(kept[i]))
				left, kept[i] = most, ""
				take(i, most)
			}
		}
	}
	for i := range lines { // what it does not know comes last
		take(i, left)
	}
	return strings.Join(slices.DeleteFunc(kept, func(s string) bool { return s == "" }), " "), true
}

// plain leaves out what is markup to the memory.
func plain(r rune) rune {
	if strings.ContainsRune("{}`*#|", r) {
		return ' '
	}
	return r
}

// begin gives whole pieces of a line, sentences or parts of a list, as long as
// they are together. A value is never cut apart, nor what stands in brackets.
func begin(line string, most int) string {
	out, at := "", 0
	for at < len(line) {
		end := pieceEnd(line, at)
		if len(strings.Fields(line[:end])) > most {
			break
		}
		out, at = line[:end], end
	}
	out = strings.TrimRight(strings.Join(strings.Fields(out), " "), ";:")
	if out != "" && !strings.ContainsRune(".!?", rune(out[len(out)-1])) {
		out += "."
	}
	return out
}

// pieceEnd gives where the piece that begins at ends.
func pieceEnd(line string, at int) int {
	open := 0
	for i := at; i < len(line)-1; i++ {
		switch line[i] {
		case '(', '[':
			open++
		case ')', ']':
			open--
		case '.', ';', '?', '!':
			if open <= 0 && line[i+1] == ' ' {
				return i + 1
			}
		}
	}
	return len(line)
}
