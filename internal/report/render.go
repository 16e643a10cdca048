package report

import (
	"fmt"
	"regexp"
	"strings"

	"crystalyse/internal/value"
)

var (
	outcomeDirective = regexp.MustCompile(`(?i)\{\{\s*outcome\s*:\s*([^{}]*?)\s*\}\}`)
	assumeDirective  = regexp.MustCompile(`(?i)\{\{\s*assume\s*:\s*((?:[^{}]|\{\{[^{}]*\}\})*?)\s*\}\}`)
	blankLines       = regexp.MustCompile(`\n{3,}`)
)

// Answer is the model's final text taken apart.
type Answer struct {
	Text        string // with citations, without directives
	Declined    bool
	Assumptions []string
}

// ParseAnswer takes the directives {{outcome:...}} and {{assume:...}} out of a
// final text.
func ParseAnswer(text string) Answer {
	a := Answer{Assumptions: []string{}}
	for _, m := range outcomeDirective.FindAllStringSubmatch(text, -1) {
		a.Declined = strings.EqualFold(m[1], "declined")
	}
	for _, m := range assumeDirective.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			a.Assumptions = append(a.Assumptions, m[1])
		}
	}
	text = outcomeDirective.ReplaceAllString(text, "")
	text = assumeDirective.ReplaceAllString(text, "")
	a.Text = strings.TrimSpace(blankLines.ReplaceAllString(text, "\n\n"))
	return a
}

// Check is what rendering found.
type Check struct {
	Total     int      // citations
	Resolved  int      // citations that name a value
	Unsourced []string // citations that name none, and property-like numbers the model typed
	Cited     []string // keys of the values shown, in order, once each
}

func (c *Check) add(d Check) {
	c.Total += d.Total
	c.Resolved += d.Resolved
	c.Unsourced = append(c.Unsourced, d.Unsourced...)
	c.Cited = append(c.Cited, d.Cited...)
}

// Render replaces citations by numbers with units, and strikes every
// property-like number that the model typed itself: only a citation counts as a
// source, however right the number may be. Numbers that the query itself gave
// may be repeated.
func Render(text, query string, values map[string]value.Value) (string, Check) {
	return render(text, query, "", values, value.Format)
}

// keepCitation shows a value as its citation again, for a reader that links it.
func keepCitation(v value.Value) string { return "{{v:" + v.Key + "}}" }

// render is Render for an answer that may also quote toolWords in code marks; a
// value is shown by show.
func render(text, query, toolWords string, values map[string]value.Value, show func(value.Value) string) (string, Check) {
	c := Check{Unsourced: []string{}, Cited: []string{}}
	var b strings.Builder
	seen := map[string]bool{}
	refs := value.FindRefs(text)
	cited := make([]span, len(refs))
	for i, r := range refs {
		cited[i] = span{r.Start, r.End}
	}
	p := undress(text, cited)
	var flagged []span
	for _, f := range p.scan(quoted(query), toolWords) {
		flagged = append(flagged, p.original(text, f))
	}
	flagged = disjoint(flagged)
	at, next := 0, 0
	plainTo := func(end int) {
		for ; next < len(flagged) && flagged[next].start < end; next++ {
			f := flagged[next]
			f.start, f.end = max(f.start, at), min(f.end, end)
			if f.start >= f.end {
				continue
			}
			b.WriteString(text[at:f.start])
			fmt.Fprintf(&b, "~~%s~~ ⚠ unsourced", text[f.start:f.end])
			c.Unsourced = append(c.Unsourced, text[f.start:f.end])
			at = f.end
		}
		b.WriteString(text[at:end])
		at = end
	}
	for _, r := range refs {
		plainTo(r.Start)
		c.Total++
		v, ok := values[r.Key]
		if other := misattributed(text, r.Start, v); ok && other != "" {
			// It is a value, but of something else: said so, and not counted as sourced.
			fmt.Fprintf(&b, "%s ⚠ a value of %s, not of %s", show(v), inline(v.Formula), inline(other))
			c.Unsourced = append(c.Unsourced, r.Key+" (of "+v.Formula+", not "+other+")")
			at = r.End
			continue
		}
		if ok {
			c.Resolved++
			b.WriteString(show(v))
			if !seen[r.Key] {
				seen[r.Key] = true
				c.Cited = append(c.Cited, r.Key)
			}
		} else {
			fmt.Fprintf(&b, "⟨unresolved: %s⟩", keyText(r.Key))
			c.Unsourced = append(c.Unsourced, r.Key)
		}
		at = r.End
	}
	plainTo(len(text))
	return b.String(), c
}

// keyText shows what a model gave as a key: its own spelling, without what would
// be markup.
func keyText(key string) string {
	if key = strings.NewReplacer("<", "‹", ">", "›", "`", "'", "[", "(", "]", ")").Replace(tidy(key)); key == "" {
		return "no key"
	}
	return key
}
