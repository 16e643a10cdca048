package terminal

import (
	"fmt"
	"io"
	"strings"

	"crystalyse/internal/memory"
	"crystalyse/internal/value"
)

// memoryLines is how much of a memory a list shows.
const memoryLines = 3

// Memories prints memories below each other, each with its beginning. Age words
// when one was made.
func Memories(w io.Writer, hits []memory.Hit, age func(memory.Memory) string, st Style) error {
	p := &page{st: st}
	for i, h := range hits {
		if i > 0 {
			p.line("")
		}
		head := []string{spaced(string(h.Type)), age(h.Memory)}
		if h.Pinned {
			head = append(head, "pinned")
		}
		if h.Similarity > 0 {
			head = append(head, fmt.Sprintf("similarity %.2f", h.Similarity))
		}
		p.line(p.st.paint(strong, Line(h.ID)))
		p.line("  " + p.st.paint(faint, cut(strings.Join(head, p.st.dot()), p.st.cells()-2, p.st)))
		lines := wrap(p.st.text(Line(h.Content)), min(p.st.cells(), textCells), "  ")
		for j, l := range lines[:min(len(lines), memoryLines)] {
			if j == memoryLines-1 && len(lines) > memoryLines {
				l = cut(l+" "+p.st.pick("…", "..."), min(p.st.cells(), textCells), p.st)
			}
			p.line(l)
		}
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// Memory prints one whole: its text first, then what it is about and where it
// comes from.
func Memory(w io.Writer, m memory.Memory, age string, st Style) error {
	p := &page{st: st}
	for _, l := range strings.Split(Clean(m.Content), "\n") {
		p.wrapped(l, "")
	}
	p.line("")
	kind := spaced(string(m.Type)) + ", " + age
	if m.Pinned {
		kind += ", pinned"
	}
	const indent = "            "
	for _, row := range [][2]string{
		{"memory", m.ID}, {"kind", kind}, {"used", value.Counted(m.Uses, "time")}, {"formulas", strings.Join(m.Context.Formulas, ", ")},
		{"potentials", strings.Join(m.Context.Potentials, ", ")}, {"values", strings.Join(m.Context.Values, " ")},
		{"discovery", m.DiscoveryID}, {"session", m.SessionID},
	} {
		if row[1] == "" {
			continue
		}
		for i, l := range wrap(p.st.text(Line(row[1])), p.st.cells(), indent) {
			if i == 0 {
				l = p.st.paint(faint, pad(row[0], len(indent))) + strings.TrimPrefix(l, indent)
			}
			p.line(l)
		}
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func spaced(word string) string { return strings.ReplaceAll(word, "_", " ") }
