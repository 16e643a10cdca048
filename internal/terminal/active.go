package terminal

import (
	"slices"
	"strconv"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// shownCalls bounds the region; more than a dozen parallel calls are counted.
const shownCalls = 12

const barCells = 16

// active gives the lines of what happens at this moment, each within the width.
func (v *View) active(st Style) []string {
	r, now := v.Run, v.now()
	if r.Status.Closed() {
		return nil
	}
	var out []string
	if v.waitsLong() {
		out = append(out, line(st, markWaiting, waitsForTurn))
	}
	for _, task := range sortedKeys(r.waiting) {
		out = append(out, line(st, markWaiting, "for "+r.waiting[task]))
	}
	for i, c := range r.running {
		if i == shownCalls {
			out = append(out, line(st, markRunning, value.Counted(len(r.running)-i, "more call")))
			break
		}
		out = append(out, v.callLine(c, st))
	}
	if !r.thinking.IsZero() {
		out = append(out, line(st, markThinking, "turn "+strconv.Itoa(r.turn)+"  "+elapsed(now.Sub(r.thinking))))
	}
	if v.lost != "" {
		out = append(out, line(st, markWaiting, v.lost))
	}
	return append(out, v.footer(st))
}

func line(st Style, m mark, text string) string {
	return st.label(m) + " " + cut(st.text(Line(text)), st.cells()-labelCells, st)
}

// callLine shows a running call; what does not fit is left out, least first.
func (v *View) callLine(c discovery.RunningCall, st Style) string {
	known := v.Run.calls[Line(c.CallID)]
	head := join(c.CallID, c.Tool)
	if known != nil {
		head = known.head()
	}
	clock := elapsed(v.now().Sub(c.StartedAt))
	if c.Attempt > 1 {
		clock += " try " + strconv.Itoa(c.Attempt)
	}
	room := st.cells() - labelCells
	forms := [][]string{{clock}}
	if p := c.Progress; p != nil {
		count, detail := counts(p), details(p, st)
		bar := st.bar(p.Progress, p.Total, barCells)
		if p.Total <= 0 {
			bar = ""
		}
		forms = [][]string{{bar, count, detail, clock}, {bar, count, clock}, {count, clock}, {clock}}
		if count == "" && detail == "" {
			forms = [][]string{{st.text(Line(p.Message)), clock}, {clock}}
		}
	}
	for i, parts := range forms {
		text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  ")
		left := room - width(text) - 2
		if left < min(width(head), 24) && i < len(forms)-1 {
			continue
		}
		return st.label(markRunning) + " " + cut(st.text(head), left, st) + "  " + st.paint(faint, text)
	}
	return line(st, markRunning, head)
}

// counts shows progress as done/total.
func counts(p *tool.Progress) string {
	if p.Total <= 0 {
		return ""
	}
	return Style{}.number(p.Progress) + "/" + Style{}.number(p.Total)
}

// details shows what a relaxation reports of itself, with units.
func details(p *tool.Progress, st Style) string {
	var out []string
	if m, ok := p.Details["member"]; ok {
		text := "member " + st.number(m)
		if n, ok := p.Details["members"]; ok {
			text += " of " + st.number(n)
		}
		out = append(out, text)
	}
	if f, ok := p.Details["fmax"]; ok {
		out = append(out, "fmax "+st.number(f)+" "+st.pick("eV/Å", "eV/A"))
	}
	if e, ok := p.Details["energy"]; ok {
		out = append(out, "E "+st.number(e)+" eV/atom")
	}
	return strings.Join(out, "  ")
}

// progressText is progress in words, for a plain line.
func progressText(p *tool.Progress, st Style) string {
	text := join(counts(p), details(p, st))
	if text == "" {
		text = Line(p.Message)
	}
	return text
}

// footer says how the discovery stands, and how to stop it.
func (v *View) footer(st Style) string {
	r := v.Run
	parts := []string{string(r.Status)}
	if !r.started.IsZero() {
		parts[0] += " " + elapsed(v.now().Sub(r.started))
	}
	if r.Usage.ToolCalls > 0 {
		parts = append(parts, value.Counted(r.Usage.ToolCalls, "call"))
	}
	if n := r.Usage.TokensIn + r.Usage.TokensOut; n > 0 {
		parts = append(parts, grouped(n)+" tokens")
	}
	parts = append(parts, "Ctrl-C: stop or leave")
	return st.paint(faint, cut(strings.Join(parts, st.dot()), st.cells()-1, st))
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
