package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"crystalyse/internal/memory"
)

// words are texts that are taken out of others, in every way they may be written.
type words struct {
	forms []string // the longest way of writing a text comes first
	hints []string // what each way of writing has in common, to look for it
}

// plainRun is what no encoding escapes, and no check of numbers strikes out.
var plainRun = regexp.MustCompile(`[A-Za-z ,.()-]+`)

// add takes a text as it is, and as JSON quotes it: whoever encoded it may have
// escaped what HTML gives a meaning, or all that is not ASCII.
func (w *words) add(text string) {
	hint := ""
	for _, run := range plainRun.FindAllString(opening(text), -1) {
		if len(run) > len(hint) {
			hint = run
		}
	}
	w.hints = append(w.hints, hint) // "" is in every text
	whole, _ := json.Marshal(text)  // a string is always encoded
	html := string(whole[1 : len(whole)-1])
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // as above
	bare := strings.TrimSuffix(b.String(), "\n")
	bare = bare[1 : len(bare)-1]
	for _, form := range []string{ascii(html), ascii(bare), html, bare, text} {
		if len(w.forms) == 0 || w.forms[len(w.forms)-1] != form {
			w.forms = append(w.forms, form)
		}
	}
}

// ascii escapes what is not, as JSON does.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		}
	}
	return b.String()
}

// without puts a tombstone in the place of each form, whole or shortened.
func (w words) without(text string) string {
	for _, form := range w.forms {
		text = shortened(strings.ReplaceAll(text, form, memory.Tombstone), form)
	}
	if strings.Contains(text, "~~") {
		text = w.withoutStruck(text)
	}
	return text
}

// struck is what a report puts around a number that no tool gave.
var struck = regexp.MustCompile(`~~ ⚠ unsourced|~~`)

// withoutStruck finds what was said with numbers that are struck out by now.
func (w words) withoutStruck(text string) string {
	var bare strings.Builder
	var was []int // where each byte of bare stands in text
	at := 0
	for _, m := range append(struck.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		for ; at < m[0]; at++ {
			bare.WriteByte(text[at])
			was = append(was, at)
		}
		at = m[1]
	}
	for _, form := range w.forms {
		i := strings.Index(bare.String(), form)
		if i < 0 || strings.Contains(memory.Tombstone, form) {
			continue
		}
		end := was[i+len(form)-1] + 1
		if m := struck.FindStringIndex(text[end:]); m != nil && m[0] == 0 {
			end += m[1] // it ends with such a number
		}
		return w.withoutStruck(text[:was[i]] + memory.Tombstone + text[end:])
	}
	return text
}

// shortened takes out the beginnings of a form that end in an ellipsis.
func shortened(text, form string) string {
	begin := opening(form)
	for from := 0; begin != ""; {
		i := strings.Index(text[from:], begin)
		if i < 0 {
			break
		}
		start := from + i
		from = start + common(text[start:], form)
		for _, end := range []string{"…", "...", `\u2026`} {
			if strings.HasPrefix(text[from:], end) {
				text = text[:start] + memory.Tombstone + text[from+len(end):]
				from = start + len(memory.Tombstone)
				break
			}
		}
	}
	return text
}

// opening is as much of a text as a shortened one has at least.
func opening(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 2*memory.Telltale)], "")
}

// common is the length of what two texts begin with alike.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// withoutInJSON does the same in the strings of a document.
func (w words) withoutInJSON(doc string) string {
	left, changed := w.inDocument(doc)
	if !changed {
		return doc
	}
	return left
}

func (w words) inDocument(doc string) (left string, changed bool) {
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber() // numbers are not ours to round
	var v any
	if d.Decode(&v) != nil || d.More() {
		return doc, false
	}
	if v, changed = w.inValue(v); !changed {
		return doc, false
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return doc, false // what was decoded is encoded
	}
	return strings.TrimSuffix(b.String(), "\n"), true
}

func (w words) inValue(v any) (left any, changed bool) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") { // arguments, and what a tool answered
			if left, changed := w.inDocument(v); changed {
				return left, true
			}
		}
		left := w.without(v)
		return left, left != v
	case []any:
		for i := range v {
			x, c := w.inValue(v[i])
			v[i], changed = x, changed || c
		}
	case map[string]any:
		for k := range v {
			x, c := w.inValue(v[k])
			v[k], changed = x, changed || c
		}
	}
	return v, changed
}
