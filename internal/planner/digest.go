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
}{{"Asked", 30}, {"Found", 45}, {"Refuted", 25}, {"Failed", 25}, {"Computed", 30}, {"Charge-balanced", 15}}

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
// they are together. A value is never cut apart.
func begin(line string, most int) string {
	out, at := "", 0
	for at < len(line) {
		end := len(line)
		for _, stop := range []string{". ", "; ", "? ", "! "} {
			if i := strings.Index(line[at:], stop); i >= 0 {
				end = min(end, at+i+1)
			}
		}
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
