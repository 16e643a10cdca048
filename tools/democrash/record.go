package main

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"strings"
	"sync"
	"time"
)

// longestGap is how long a pause of the recording may be: who watches it need
// not wait for a calculation.
const longestGap = 1500 * time.Millisecond

// style is how a line looks in the terminal and in the picture.
type style struct{ ansi, color string }

var (
	plain = style{"", "#c9d1d9"}
	told  = style{"\x1b[1;36m", "#79c0ff"} // what this program says
	blow  = style{"\x1b[1;31m", "#ff7b72"}
	good  = style{"\x1b[1;32m", "#7ee787"}
)

// line is a line of the recording.
type line struct {
	at   time.Duration
	text string
	style
}

// recorder prints lines and remembers when, so that the run can be shown again.
type recorder struct {
	mu    sync.Mutex
	last  time.Time
	clock time.Duration // of the recording: pauses are shortened
	lines []line
}

func (r *recorder) say(s style, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if !r.last.IsZero() {
		r.clock += min(now.Sub(r.last), longestGap)
	}
	r.last = now
	for _, text := range wrap(fmt.Sprintf(format, args...)) {
		r.lines = append(r.lines, line{r.clock, text, s})
		if s.ansi != "" {
			text = s.ansi + text + "\x1b[0m"
		}
		fmt.Println(text)
	}
}

// wrap breaks a line that is longer than the recording is wide between words.
func wrap(text string) []string {
	var out []string
	for r := []rune(text); ; {
		if len(r) <= columns {
			return append(out, string(r))
		}
		at := columns
		for i := columns; i > columns/2; i-- {
			if r[i] == ' ' {
				at = i
				break
			}
		}
		out = append(out, string(r[:at]))
		r = []rune(strings.TrimLeft(string(r[at:]), " "))
	}
}

const columns, rows = 112, 30

// cast writes the recording in the form of asciinema (version 2).
func (r *recorder) cast(file string) error {
	var b strings.Builder
	head, err := json.Marshal(map[string]any{"version": 2, "width": columns, "height": rows, "title": "make demo-crash"})
	if err != nil {
		return err
	}
	b.Write(append(head, '\n'))
	for _, l := range r.lines {
		text := l.text
		if l.ansi != "" {
			text = l.ansi + text + "\x1b[0m"
		}
		body, err := json.Marshal([]any{l.at.Seconds(), "o", text + "\r\n"})
		if err != nil {
			return err
		}
		b.Write(append(body, '\n'))
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

// Sizes of the picture, in pixels.
const (
	lineHeight = 17
	charTenths = 74 // of a pixel
	margin     = 14
)

// svg draws the recording as a picture that moves by itself, once; who wants no
// motion is shown the end.
func (r *recorder) svg(file string) error {
	var b strings.Builder
	width, height := columns*charTenths/10+2*margin, rows*lineHeight+2*margin
	total := r.clock + longestGap
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="A discovery goes on while its worker, API, Redis and workflow engine are killed">`+"\n", width, height, width, height)
	b.WriteString("<style>text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre}.l{opacity:0;animation:show .01s forwards}@keyframes show{to{opacity:1}}\n")
	fmt.Fprintf(&b, "#all{animation:scroll %.2fs steps(1,end) forwards}@keyframes scroll{", total.Seconds())
	for i, l := range r.lines {
		if i >= rows {
			fmt.Fprintf(&b, "%.2f%%{transform:translateY(%dpx)}", 100*l.at.Seconds()/total.Seconds(), -(i-rows+1)*lineHeight)
		}
	}
	end := -max(0, len(r.lines)-rows) * lineHeight
	fmt.Fprintf(&b, "100%%{transform:translateY(%dpx)}}\n", end)
	fmt.Fprintf(&b, "@media (prefers-reduced-motion:reduce){.l{animation:none;opacity:1}#all{animation:none;transform:translateY(%dpx)}}</style>\n", end)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1117"/><clipPath id="c"><rect x="0" y="%d" width="%d" height="%d"/></clipPath><g clip-path="url(#c)"><g id="all">`+"\n", width, height, margin, width, rows*lineHeight)
	for i, l := range r.lines {
		fmt.Fprintf(&b, `<text class="l" style="animation-delay:%.2fs" x="%d" y="%d" fill="%s">%s</text>`+"\n", l.at.Seconds(), margin, margin+(i+1)*lineHeight-4, l.color, html.EscapeString(l.text))
	}
	b.WriteString("</g></g></svg>\n")
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
