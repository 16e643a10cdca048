package planner

import (
	"fmt"
	"regexp"
	"strings"

	"crystalyse/internal/memory"
)

// The memory holds what this user's earlier discoveries found. The planner looks
// there when asked to, and keeps what it is told to keep.
const (
	memoryNone = iota
	memorySearch
	memorySave
)

var (
	recallCue   = regexp.MustCompile(`(?i)\b(?:did|have|had) (?:we|i|you) (?:\w+ ){0,3}(?:find|found|comput\w*|learn\w*|calculat\w*|conclud\w*|say|said|get|got|look\w*|stud\w*|work\w*|try|tried)\b|\b(?:find|found|comput\w*|know|learn\w*|remember|calculat\w*|conclud\w*|result\w*|said)\b[^.?!]*\b(?:earlier|before|last time|previous\w*|already|yesterday|so far|last week)\b|\b(?:recall|search (?:your|my|the) memor\w+|in (?:your|my) memor\w+|(?:earlier|previous) (?:results?|findings?|discover\w+|work|runs?))\b`)
	rememberCue = regexp.MustCompile(`(?is)^\s*(?:please )?(?:remember|keep in mind|note|memori[sz]e|save|don't forget)(?: that|:| for later)?\s+(.+)$`)
)

// memoryOf reads whether a question is about the memory.
func (r request) memoryOf(q string) int {
	switch {
	case r.offered["memory_save"] && rememberCue.MatchString(q) && (len(r.hits) > 0 || len(r.elements) > 0 || materialsWord.MatchString(q)):
		return memorySave
	case r.offered["memory_search"] && recallCue.MatchString(q) && (len(r.hits) > 0 || len(r.system) > 0 || materialsWord.MatchString(q)):
		return memorySearch
	}
	return memoryNone
}

func recollect(r request, h history) reply {
	if r.memory == memorySave {
		return remember(r, h)
	}
	found := h.of("memory_search")
	if len(found) == 0 {
		args := map[string]any{"query": firstWords(r.text, 480), "limit": 8}
		if len(r.formulas) > 0 {
			args["formulas"] = r.formulas[:min(len(r.formulas), 10)]
		}
		return reply{text: "I search the memory of your earlier discoveries.", calls: []call{{"memory_search", args}}}
	}
	d := found[len(found)-1]
	memories := objects(d.result["memories"])
	if !d.ok() || len(memories) == 0 {
		why := "nothing was found"
		if !d.ok() {
			why = quoted(d.err)
		}
		return reply{text: "The memory has no answer to this: " + why + ". Ask the question itself, and I compute it."}
	}
	var b strings.Builder
	b.WriteString("Your earlier discoveries say, most alike first; these are quotations, and a number in them counts only with its key:\n\n")
	for _, m := range memories {
		fmt.Fprintf(&b, "- `%s`", memory.Mark(text(m, "memory_id"))) // not the words: they go when it is forgotten
		context, _ := m["context"].(map[string]any)
		keys, _ := context["values"].([]any)
		for i, k := range keys {
			if s, ok := k.(string); ok && i < 3 {
				fmt.Fprintf(&b, " {{v:%s}}", s)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\nNothing was computed anew.")
	return reply{text: b.String()}
}

func remember(r request, h history) reply {
	saved := h.of("memory_save")
	if len(saved) == 0 {
		args := map[string]any{"content": firstWords(rememberCue.FindStringSubmatch(r.folded)[1], 1400)}
		if len(r.formulas) > 0 {
			args["formulas"] = r.formulas[:min(len(r.formulas), 20)]
		}
		return reply{text: "I keep this for later discoveries.", calls: []call{{"memory_save", args}}}
	}
	if d := saved[len(saved)-1]; !d.ok() {
		return reply{text: "It could not be kept: " + quoted(d.err) + "."}
	}
	return reply{text: "It is kept, as your words and not as a result: later discoveries are shown it as context."}
}

// firstWords cuts a text at a rune.
func firstWords(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
