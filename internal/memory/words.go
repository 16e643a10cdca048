package memory

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A memory reads as sentences of a person: tables, code and the arguments of
// tools stay where they were made and can be looked up by their call.

var (
	fence  = regexp.MustCompile("(?s)```.*?(?:```|$)")
	link   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	inline = regexp.MustCompile("\\*\\*|__|`+|\\{\\{[^{}]*\\}\\}")
	aside  = regexp.MustCompile(`^(?:#{1,6} |\||-{3,}$|\*{3,}$|={3,}$)`)
	bullet = regexp.MustCompile(`^(?:[-*+]|\d+[.)]) +`)
	ends   = regexp.MustCompile(`[.!?]["')\]]* `)
	short  = regexp.MustCompile(`(?i)(?:^|[ (])(?:no|nos|fig|eq|cf|vs|approx|ca|e\.g|i\.e)\.$`)
	speaks = regexp.MustCompile(`[\pL\pN]`)
)

// Sentences gives the prose of a markdown text: no table, heading or code, no
// markup and no line that quotes another memory, one sentence an entry.
func Sentences(markdown string) []string {
	var out []string
	var paragraph strings.Builder
	flush := func() {
		for _, s := range split(strings.Join(strings.Fields(paragraph.String()), " ")) {
			if speaks.MatchString(s) {
				out = append(out, s)
			}
		}
		paragraph.Reset()
	}
	for line := range strings.SplitSeq(fence.ReplaceAllString(markdown, "\n|\n"), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || aside.MatchString(line) || mark.MatchString(line):
			flush()
			if n := len(out); n > 0 && line != "" && !strings.HasPrefix(line, "#") && strings.HasSuffix(out[n-1], ":") {
				out = out[:n-1] // it led to what is left out
			}
			continue
		case bullet.MatchString(line):
			flush()
			line = bullet.ReplaceAllString(line, "")
		}
		paragraph.WriteString(" " + inline.ReplaceAllString(link.ReplaceAllString(line, "$1"), ""))
	}
	flush()
	return out
}

// split cuts a paragraph after its sentences, and not after "No. 225" or "e.g.".
func split(text string) []string {
	var out []string
	at := 0
	for _, m := range ends.FindAllStringIndex(text, -1) {
		if end := m[1] - 1; !short.MatchString(text[at:end]) {
			out, at = append(out, text[at:end]), m[1]
		}
	}
	return append(out, text[at:])
}

// Prose gives as many of the first sentences as fit; a first one that does not
// is cut.
func Prose(markdown string, most int) string {
	return fit(Sentences(markdown), most)
}

func fit(sentences []string, most int) string {
	text := ""
	for _, s := range sentences {
		if text == "" {
			text = clipTo(s, most)
			continue
		}
		between := " "
		if !strings.ContainsRune(".!?:;…", lastRune(text)) {
			between = "; " // entries of a list
		}
		if len(text)+len(between)+len(s) > most {
			break
		}
		text += between + s
	}
	return text
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, `"')]`))
	return r
}

// spoken gives a tool's name as words.
func spoken(name string) string { return strings.ReplaceAll(name, "_", " ") }

// about gives the arguments of a call as a person would say them: what it was
// about, and the settings that are plain words or numbers.
func about(args json.RawMessage) string {
	var m map[string]any
	if json.Unmarshal(args, &m) != nil {
		return ""
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var subject, settings []string
	for _, k := range keys {
		switch v := m[k].(type) {
		case string:
			if k == "formula" || k == "composition" || k == "system" {
				subject = append(subject, clipTo(v, 60))
			} else if v != "" && !strings.HasSuffix(k, "_id") && len(v) <= 40 {
				settings = append(settings, spoken(k)+" "+v)
			}
		case []any:
			subject = append(subject, listed(k, v)...)
		case float64, bool:
			settings = append(settings, fmt.Sprintf("%s %v", spoken(k), v))
		}
	}
	text := ""
	if len(subject) > 0 {
		text = " of " + strings.Join(subject, ", ")
	}
	if len(settings) > 0 {
		text += " (" + strings.Join(settings[:min(len(settings), 4)], ", ") + ")"
	}
	return text
}

// listed names the entries of an argument: formulas by name, structures by their
// number.
func listed(key string, list []any) []string {
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok && len(s) <= 40 && !strings.HasSuffix(key, "_ids") {
			out = append(out, s)
		}
	}
	if len(out) == 0 && len(list) > 0 {
		return []string{fmt.Sprintf("%d %s", len(list), strings.TrimSuffix(strings.TrimSuffix(spoken(key), " ids"), "s")+"s")}
	}
	if len(out) > 8 {
		return append(out[:8], fmt.Sprintf("and %d more", len(out)-8))
	}
	return out
}
