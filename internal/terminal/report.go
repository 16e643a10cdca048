package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/report"
	"crystalyse/internal/value"
)

// Extra is what the program adds to a report.
type Extra struct {
	Files string // where the files are, "" when none were written
	Web   string // address of the discovery in a browser
}

// Report prints a report for reading: the answer first, then where each number
// comes from, then whether all of them have a source.
func Report(w io.Writer, r report.Report, x Extra, st Style) error {
	p := &page{st: st}
	p.title(r)
	p.markdown(r.Summary)
	if len(r.Assumptions) > 0 {
		p.heading("Assumptions")
		for _, a := range r.Assumptions {
			p.wrapped("- "+Line(a), "  ")
		}
	}
	p.compositions(r.Compositions)
	p.values(r.Values, r.Summary)
	p.structures(r.Structures)
	p.checks(r.Validation)
	p.footer(r, x)
	_, err := io.WriteString(w, p.b.String())
	return err
}

var statusMarks = map[discovery.Status]mark{
	discovery.StatusCompleted:       markDone,
	discovery.StatusDeclined:        {"–", "-", "declined", amber},
	discovery.StatusCancelled:       markCancelled,
	discovery.StatusBudgetExhausted: {"!", "!", "budget spent", amber},
	discovery.StatusFailed:          markFailed,
}

func (p *page) title(r report.Report) {
	m, ok := statusMarks[r.Status]
	if !ok {
		m = mark{"·", ".", Line(string(r.Status)), plain}
	}
	if r.Status == discovery.StatusCompleted {
		m.word = "completed"
	}
	rule := strings.Repeat(p.st.pick("─", "-"), min(p.st.cells(), textCells))
	p.line("")
	p.line(p.st.paint(faint, rule))
	for _, l := range wrap(p.st.text(Line(r.Query)), min(p.st.cells(), textCells), "") {
		p.line(p.st.paint(strong, l))
	}
	p.line(p.st.paint(m.tone, p.st.pick(m.uni, m.ascii)+" "+m.word))
	if r.Details != "" {
		p.wrapped(Line(r.Details), "")
	}
	p.line("")
}

// markdown prints the little of it that answers use: headings, lists, tables,
// emphasis.
func (p *page) markdown(text string) {
	var table [][]string
	for _, l := range strings.Split(strings.TrimSpace(Clean(text)), "\n") {
		body := strings.TrimSpace(strings.NewReplacer("**", "", "`", "").Replace(l))
		if strings.HasPrefix(body, "|") {
			table = append(table, tableCells(body)...)
			continue
		}
		p.rows(table)
		table = nil
		switch {
		case body == "":
			p.line("")
		case strings.HasPrefix(body, "#"):
			p.line(p.st.paint(strong, p.st.text(strings.TrimSpace(strings.TrimLeft(body, "#")))))
		case strings.HasPrefix(body, "- "), strings.HasPrefix(body, "* "):
			p.wrapped(body, "  ")
		default:
			p.wrapped(body, "")
		}
	}
	p.rows(table)
}

// tableCells gives the cells of a row of a markdown table; the rule below the
// head has none.
func tableCells(row string) [][]string {
	if strings.Trim(row, "|-: ") == "" {
		return nil
	}
	cells := strings.Split(strings.Trim(row, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return [][]string{cells}
}

func (p *page) compositions(cs []report.Composition) {
	if len(cs) == 0 {
		return
	}
	p.heading("Compositions")
	rows := make([][]string, 0, len(cs))
	for _, c := range cs {
		verdict := "not applicable"
		if c.Valid != nil {
			verdict = map[bool]string{true: p.st.pick("✓", "+") + " valid", false: p.st.pick("✗", "x") + " not valid"}[*c.Valid]
		}
		why := c.Assignment
		if why == "" {
			why = c.Reason
		}
		if c.MixedValence {
			why += " (mixed valence)"
		}
		rows = append(rows, []string{c.Formula, verdict, why, ref(c.CallID)})
	}
	p.table(rows, rowsShown)
}

// values prints those that the answer names first: a batch has many others.
func (p *page) values(vs []report.Number, answer string) {
	var named, rows [][]string
	for _, n := range vs {
		if n.Name == "composition_valid" {
			continue // the compositions above say it
		}
		v := n.Value
		switch x := n.V.(type) {
		case float64:
			v.Number = &x
		case bool:
			v.Bool = &x
		}
		by := ""
		if n.Potential != nil {
			by = join(n.Potential.Name, n.Potential.Version)
		}
		if n.Converged != nil && !*n.Converged {
			by += " (not converged)"
		}
		row := []string{strings.ReplaceAll(n.Name, "_", " "), value.Format(v), n.Formula, by, ref(n.CallID)}
		if strings.Contains(answer, row[1]) {
			named = append(named, row)
		} else {
			rows = append(rows, row)
		}
	}
	if rows = append(named, rows...); len(rows) == 0 {
		return
	}
	p.heading("Numbers")
	p.table(rows, rowsShown)
}

// structures prints what was relaxed before what it was relaxed from.
func (p *page) structures(ss []report.Structure) {
	if len(ss) == 0 {
		return
	}
	ss = slices.Clone(ss)
	slices.SortStableFunc(ss, func(a, b report.Structure) int { return rank(a) - rank(b) })
	p.heading("Structures")
	rows := make([][]string, 0, len(ss))
	for _, s := range ss {
		group, cell := "", s.Lattice
		if s.SpaceGroup != nil {
			group = fmt.Sprintf("%s (%d)", s.SpaceGroup.Symbol, s.SpaceGroup.Number)
		}
		if s.Conventional != nil {
			cell = s.Conventional.Lattice
		}
		rows = append(rows, []string{s.Formula, group, "a " + value.Format(value.Value{Number: &cell.A, Unit: "angstrom"}), join(s.Origin, s.Label), s.ID})
	}
	p.table(rows, structuresShown)
}

func rank(s report.Structure) int {
	if s.Origin == "relaxed" {
		return 0
	}
	return 1
}

func ref(callID string) string {
	if callID == "" {
		return ""
	}
	return "[" + callID + "]"
}

func (p *page) checks(v report.Validation) {
	p.line("")
	switch {
	case v.ValuesTotal == 0 && len(v.Unsourced) == 0:
		p.line("the answer gives no numbers")
	case len(v.Unsourced) == 0:
		p.line(p.st.paint(green, fmt.Sprintf("%s %d of %d numbers sourced", p.st.pick("✓", "+"), v.ValuesResolved, v.ValuesTotal)))
	default:
		p.line(p.st.paint(amber, fmt.Sprintf("! %d of %d cited numbers sourced, %d not sourced", v.ValuesResolved, v.ValuesTotal, len(v.Unsourced))))
		p.wrapped("do not rely on: "+Line(strings.Join(v.Unsourced, ", ")), "  ")
	}
}

func (p *page) footer(r report.Report, x Extra) {
	u := r.Usage
	usage := []string{value.Counted(u.ToolCalls, "tool call"), grouped(u.TokensIn+u.TokensOut) + " tokens", seconds(u.WallS)}
	if u.Cost != nil {
		usage = append(usage, fmt.Sprintf("cost %.4f", *u.Cost))
	}
	const indent = "           "
	for _, row := range [][2]string{{"usage", strings.Join(usage, p.st.dot())}, {"agent", join(r.Agent.Name, r.Agent.Model, r.Agent.Provider)}} {
		for i, l := range wrap(p.st.text(row[1]), p.st.cells(), indent) {
			if row[1] == "" {
				continue
			}
			if i == 0 {
				l = p.st.paint(faint, pad(row[0], len(indent))) + strings.TrimPrefix(l, indent)
			}
			p.line(l)
		}
	}
	// Never wrapped: these are copied.
	for _, row := range [][2]string{{"discovery", r.DiscoveryID}, {"files", x.Files}, {"web", x.Web}} {
		if row[1] != "" {
			p.line(p.st.paint(faint, pad(row[0], len(indent))) + Line(row[1]))
		}
	}
}
