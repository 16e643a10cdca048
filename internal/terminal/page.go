package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// How many rows a table shows; the report object has every one. Of the structures
// of a search most are of no use to a reader of text.
const (
	rowsShown       = 24
	structuresShown = 8
)

// page collects lines.
type page struct {
	st Style
	b  strings.Builder
}

func (p *page) line(s string) { p.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// wrapped prints text; the lines after the first hang by the indent.
func (p *page) wrapped(s, hang string) {
	for i, l := range wrap(p.st.text(s), min(p.st.cells(), textCells), hang) {
		if i == 0 {
			l = strings.TrimPrefix(l, hang)
		}
		p.line(l)
	}
}

func (p *page) heading(s string) {
	p.line("")
	p.line(p.st.paint(strong, p.st.text(s)))
}

// table prints rows, as many as a reader looks through.
func (p *page) table(rows [][]string, most int) {
	p.rows(rows[:min(len(rows), most)])
	if more := len(rows) - most; more > 0 {
		p.line("  " + p.st.text(fmt.Sprintf("… and %d more in the report object", more)))
	}
}

// rows lines up columns; when a row does not fit the width all are wrapped
// instead.
func (p *page) rows(rows [][]string) {
	cells := map[int]int{}
	for _, row := range rows {
		for i := range row {
			row[i] = p.st.text(Line(row[i]))
			cells[i] = max(cells[i], width(row[i]))
		}
	}
	total := 0
	for _, n := range cells {
		total += n + 2
	}
	for _, row := range rows {
		if total > p.st.cells() {
			p.wrapped(strings.Join(slices.DeleteFunc(row, func(c string) bool { return c == "" }), p.st.dot()), "  ")
			continue
		}
		var b strings.Builder
		for i, c := range row {
			if cells[i] > 0 {
				b.WriteString("  " + pad(c, cells[i]))
			}
		}
		p.line(b.String())
	}
}

// lastCells is the narrowest that the last column of a table may be: below that
// it goes under the others.
const lastCells = 24

// Table prints rows in columns; the last one takes what is left of the width.
func Table(w io.Writer, rows [][]string, st Style) error {
	if len(rows) == 0 {
		return nil
	}
	last := len(rows[0]) - 1
	cells := make([]int, last)
	left := st.cells()
	for i := range last {
		for _, row := range rows {
			cells[i] = max(cells[i], width(st.text(Line(row[i]))))
		}
		left -= cells[i] + 2
	}
	p := &page{st: st}
	for _, row := range rows {
		var b strings.Builder
		for i := range last {
			b.WriteString(pad(st.text(Line(row[i])), cells[i]) + "  ")
		}
		text := st.text(Line(row[last]))
		if left < lastCells {
			p.line(b.String())
			p.line("  " + cut(text, st.cells()-2, st))
			continue
		}
		p.line(b.String() + cut(text, left, st))
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}
