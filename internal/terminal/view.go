package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
)

// View shows a run. It is used by one goroutine.
type View struct {
	Run *Run

	out    io.Writer
	style  func() Style // asked anew each time: windows change their size
	now    func() time.Time
	live   bool
	region region
	paused bool
	lost   string
	held   []string         // printed while paused, shown after
	noted  map[string]noted // call id -> last progress line of a plain view
	queued bool             // a plain view has told that the discovery waits for its turn
}

// NewView gives a view on out: live, with a region that is redrawn, or plain.
func NewView(out io.Writer, live bool, style func() Style, now func() time.Time) *View {
	return &View{Run: NewRun(), out: out, live: live, style: style, now: now, noted: map[string]noted{}, region: region{out: out}}
}

// Update shows news: events in order, then what runs now.
func (v *View) Update(events []event.Event, running []discovery.RunningCall) {
	st := v.style()
	if v.lost != "" {
		v.lost = ""
		v.print(v.render(block{mark: &markNote, head: "connected again"}, st))
	}
	for _, e := range events {
		for _, b := range v.Run.Apply(e) {
			if !b.start || !v.live {
				v.print(v.render(b, st))
			}
		}
	}
	v.Run.running = running
	if !v.live {
		v.progressLines(st)
	}
	v.Tick()
}

// Lost says that the server does not answer for now.
func (v *View) Lost() {
	if v.lost == "" {
		v.lost = "disconnected; the discovery goes on, catching up when the server is back"
		if !v.live {
			v.print(v.render(block{mark: &markWaiting, head: v.lost}, v.style()))
		}
	}
	v.Tick()
}

// Tick redraws what shows time. A view that is plain stays still, but for a
// discovery that waits for its turn; a paused one says nothing.
func (v *View) Tick() {
	if !v.live && !v.queued && v.waitsLong() {
		v.queued = true
		v.print(v.render(block{mark: &markWaiting, head: waitsForTurn}, v.style()))
	}
	if v.live && !v.paused {
		v.region.draw(v.active(v.style()), v.style().cells())
	}
}

// Note prints a line of the program's own.
func (v *View) Note(text string) {
	v.print(v.render(block{mark: &markNote, head: Line(text)}, v.style()))
	v.Tick()
}

// Pause clears the region for a question; Resume shows what came meanwhile.
func (v *View) Pause() {
	v.region.clear()
	v.paused = true
}

// Resume goes on after Pause.
func (v *View) Resume() {
	v.paused = false
	held := v.held
	v.held = nil
	for _, s := range held {
		v.print(s)
	}
	v.Tick()
}

// Close leaves the page without the region.
func (v *View) Close() {
	if v.paused {
		v.Resume()
	}
	v.region.clear()
	v.live = false
}

// print writes finished text above the region.
func (v *View) print(s string) {
	if v.paused {
		v.held = append(v.held, s)
		return
	}
	v.region.clear()
	// A terminal that went away shows nothing; the discovery goes on without it.
	_, _ = io.WriteString(v.out, s)
}

// render lays a block out.
func (v *View) render(b block, st Style) string {
	var out strings.Builder
	b.head, b.tail, b.text = st.text(b.head), st.text(b.tail), st.text(b.text)
	if b.mark == nil {
		out.WriteString("\n")
		for _, l := range wrap(b.text, min(st.cells(), textCells), "") {
			out.WriteString(l + "\n")
		}
		out.WriteString("\n")
		return out.String()
	}
	indent := strings.Repeat(" ", labelCells)
	text := b.head
	if b.tail != "" {
		text += st.dot() + b.tail
	}
	for i, l := range wrap(text, st.cells(), indent) {
		if i == 0 {
			l = st.label(*b.mark) + " " + strings.TrimPrefix(l, indent)
		}
		out.WriteString(l + "\n")
	}
	for i, m := range b.more {
		bullet := "- "
		if i == 0 {
			bullet = ""
		}
		for _, l := range wrap(bullet+st.text(m), st.cells(), indent) {
			out.WriteString(st.paint(faint, l) + "\n")
		}
	}
	return out.String()
}

// textCells is the longest line of text that reads well.
const textCells = 100

// queuedFor is how long a discovery may be queued before that is worth a line:
// most begin at once.
const queuedFor = 2 * time.Second

// waitsLong reports whether it waits for its turn, and not just for a moment.
func (v *View) waitsLong() bool {
	return v.Run.Status == discovery.StatusQueued && !v.Run.started.IsZero() && v.now().Sub(v.Run.started) >= queuedFor
}

// How often a plain view tells the progress of a call, and of one that waits.
const (
	plainEvery   = 10 * time.Second
	waitingEvery = time.Minute
)

// noted is what a plain view told last of a call.
type noted struct {
	at   time.Time
	text string
}

// progressLines tells of running calls what is new; the same words again are
// not.
func (v *View) progressLines(st Style) {
	now := v.now()
	for _, c := range v.Run.running {
		if c.Progress == nil {
			continue
		}
		last, known := v.noted[c.CallID]
		every, text := plainEvery, progressText(c.Progress, st)
		if _, waits := v.Run.waiting[Line(c.CallID)+".wait"]; waits {
			every = waitingEvery
		}
		if known && (text == last.text || now.Sub(last.at) < every) {
			continue
		}
		v.noted[c.CallID] = noted{now, text}
		if !known {
			continue // the start was just told
		}
		v.print(v.render(block{mark: &markRunning, head: join(c.CallID, c.Tool), tail: fmt.Sprintf("%s %s", text, elapsed(now.Sub(c.StartedAt)))}, st))
	}
}
