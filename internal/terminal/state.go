package terminal

import (
	"io"
	"strconv"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/value"
)

// State prints where a discovery stands: what it does, what it waits for, what
// it spent.
func State(w io.Writer, discoveryID string, s discovery.RunState, st Style) error {
	p := &page{st: st}
	head := discoveryID + ": " + strings.ReplaceAll(string(s.Status), "_", " ")
	if s.Turn > 0 && !s.Status.Closed() {
		head += ", in turn " + strconv.Itoa(s.Turn)
	}
	p.line(p.st.paint(strong, p.st.text(Line(head))))
	rows := [][2]string{}
	add := func(name, text string) {
		if text = Line(text); text != "" {
			rows = append(rows, [2]string{name, text})
		}
	}
	if s.Details != string(s.Status) {
		add("about", s.Details)
	}
	add("calls at work", strings.Join(s.Running, ", "))
	if s.Steering > 0 {
		add("told to it", value.Counted(s.Steering, "instruction")+" that the model reads before its next turn")
	}
	add("spent", spent(s.Usage, s.Budget, st))
	if s.Deadline != nil {
		add("time ends", s.Deadline.Local().Format("2 Jan 15:04:05"))
	}
	const indent = "                 "
	for _, row := range rows {
		for i, l := range wrap(p.st.text(row[1]), p.st.cells(), indent) {
			if i == 0 {
				l = "  " + p.st.paint(faint, pad(row[0], len(indent)-2)) + strings.TrimPrefix(l, indent)
			}
			p.line(l)
		}
	}
	for _, x := range s.Pending {
		p.pending(discoveryID, x)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// spent sets what was spent beside its limits; a limit of 0 is none.
func spent(u discovery.Usage, b discovery.Budget, st Style) string {
	of := func(used int64, limit int64, noun string) string {
		if limit > 0 {
			return grouped(used) + " of " + grouped(limit) + " " + noun
		}
		return grouped(used) + " " + noun
	}
	calls := "tool calls"
	if b.ToolCalls == 1 || b.ToolCalls == 0 && u.ToolCalls == 1 {
		calls = "tool call"
	}
	wall := seconds(u.WallS)
	if b.WallS > 0 {
		wall += " of " + seconds(b.WallS)
	}
	return strings.Join([]string{of(int64(u.ToolCalls), int64(b.ToolCalls), calls), of(u.TokensIn+u.TokensOut, b.Tokens, "tokens"), wall}, st.dot())
}

// pending prints what waits for the user, and the commands that decide it.
func (p *page) pending(discoveryID string, x discovery.Pending) {
	p.line("")
	head := "it waits for you: " + join(x.Kind, x.ID, x.Text)
	if x.Until != nil {
		head += " (until " + x.Until.Local().Format("2 Jan 15:04") + ")"
	}
	p.wrapped(head, "  ")
	ways := map[string][]string{
		"approval": {"approve " + discoveryID + " " + x.ID, "approve --deny " + discoveryID + " " + x.ID},
		"question": {"answer --question " + x.ID + " " + discoveryID + " <words>"},
	}[x.Kind]
	for _, o := range x.Options {
		if way := map[string]string{"retry_step": "retry", "skip_step": "skip", "finish_now": "finish"}[o]; way != "" {
			ways = append(ways, way+" "+discoveryID)
		}
	}
	if x.Kind == "question" && len(x.Options) > 0 {
		p.wrapped("  answers offered: "+strings.Join(lines(x.Options), ", "), "  ")
	}
	for _, way := range ways {
		p.line("  " + p.st.paint(teal, "crystalyse "+Line(way)))
	}
}
