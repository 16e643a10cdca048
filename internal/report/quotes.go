package report

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
)

const (
	minQuote  = 12      // bytes: shorter ones would be found by chance
	maxQuotes = 1 << 20 // bytes of tool words looked at
)

// toolWords collects what tools said in words: error messages, and notes in
// results. An answer may quote them in code marks, numbers and all.
func toolWords(calls []discovery.Call) string {
	var b strings.Builder
	for _, c := range calls {
		if c.Error != nil {
			addWords(&b, c.Error.Message)
			for _, s := range c.Error.Suggestions {
				addWords(&b, s)
			}
		}
		var result any
		if json.Unmarshal(c.Result, &result) == nil {
			walkWords(&b, result)
		}
	}
	return b.String()
}

func walkWords(b *strings.Builder, v any) {
	switch t := v.(type) {
	case string:
		addWords(b, t)
	case []any:
		for _, e := range t {
			walkWords(b, e)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(t)) {
			walkWords(b, t[k])
		}
	}
}

func addWords(b *strings.Builder, s string) {
	if len(s) < minQuote || b.Len()+len(s) > maxQuotes || !strings.ContainsAny(s, "0123456789") {
		return
	}
	b.WriteString("\n" + blanks(undress(s, nil).s) + "\n")
}

func blanks(s string) string { return strings.Join(strings.Fields(s), " ") }

// quotes reports whether a literal stands in a code span that repeats a tool's
// words; a quotation may be cut at its end.
func (p plain) quotes(l literal, words string) bool {
	if words == "" || !p.code[l.digits] {
		return false
	}
	from, to := l.digits, l.digits
	for from > 0 && p.code[from-1] {
		from--
	}
	for to < len(p.s) && p.code[to] {
		to++
	}
	said := strings.TrimSuffix(blanks(p.s[from:to]), "…")
	return len(said) >= minQuote && strings.Contains(words, said)
}
