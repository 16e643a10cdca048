// Package terminal shows a discovery in a terminal: what it does, why, how far
// it is, and at the end its report.
//
// A Run folds the events into what is to be shown; a View shows it, either live
// (finished things scroll away above a small region that is redrawn when it
// changes) or as plain lines. Both print the same blocks. Everything that comes
// from a model, a tool or the network passes Clean or Line on its way in.
package terminal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Style is what the terminal can show. Statuses are icon and word and color, so
// that none is needed to understand.
type Style struct {
	Color   bool // false when NO_COLOR is set or the output is no terminal
	Unicode bool // false: ASCII icons and bars
	Width   int  // cells; 0 means 80
}

func (s Style) cells() int {
	if s.Width <= 0 {
		return 80
	}
	return max(20, s.Width)
}

// pick gives the Unicode or the ASCII form.
func (s Style) pick(uni, ascii string) string {
	if s.Unicode {
		return uni
	}
	return ascii
}

// tone is a color with a meaning.
type tone string

const (
	plain  tone = ""
	strong tone = "1"
	faint  tone = "2"
	blue   tone = "34" // runs
	green  tone = "32" // done
	amber  tone = "33" // held
	red    tone = "31" // failed
	gray   tone = "90" // cancelled
	teal   tone = "36" // act here
)

func (s Style) paint(t tone, text string) string {
	if !s.Color || t == plain || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}

// mark is a status as shown.
type mark struct {
	uni, ascii, word string
	tone             tone
}

var (
	markRunning   = mark{"●", "*", "running", blue}
	markThinking  = mark{"●", "*", "thinking", blue}
	markWaiting   = mark{"○", "o", "waiting", amber}
	markDone      = mark{"✓", "+", "done", green}
	markRefused   = mark{"!", "!", "refused", amber}
	markHeld      = mark{"!", "!", "held", amber}
	markFailed    = mark{"✗", "x", "failed", red}
	markCancelled = mark{"–", "-", "cancelled", gray}
	markNote      = mark{"·", ".", "note", faint}
	markAgent     = mark{"·", ".", "agent", faint}
	markValue     = mark{"=", "=", "value", teal}
)

// wordCells is the longest status word, so that what follows lines up.
const wordCells = len("cancelled")

// label gives icon and word in a column of fixed width.
func (s Style) label(m mark) string {
	return s.paint(m.tone, s.pick(m.uni, m.ascii)+" "+pad(m.word, wordCells))
}

// labelCells is the width of a label with the space after it.
const labelCells = 2 + wordCells + 1

// signed uses a minus sign where the terminal has one.
func (s Style) signed(text string) string {
	if s.Unicode && strings.HasPrefix(text, "-") {
		return "−" + text[1:]
	}
	return text
}

// number shows a value with about five significant digits.
func (s Style) number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e6 {
		return s.signed(strconv.FormatFloat(x, 'f', -1, 64))
	}
	if a := math.Abs(x); a >= 1e6 || (a < 1e-3 && a > 0) {
		return s.signed(strconv.FormatFloat(x, 'e', 3, 64))
	}
	digits := 5 - int(math.Floor(math.Log10(math.Abs(x)))) - 1
	return s.signed(strconv.FormatFloat(x, 'f', max(0, min(digits, 4)), 64))
}

// folded spells in ASCII what our own texts use beyond it.
var folded = strings.NewReplacer("\u2212", "-", "\u2009", " ", "\u00a0", " ", "Å", "A", "³", "^3", "²", "^2", "°", " deg", "–", "-", "—", "-",
	"…", "...", "×", "x", "→", "->", "⚠", "!", "⟨", "<", "⟩", ">", "·", "|", "•", "-", "‘", "'", "’", "'", "“", "\"", "”", "\"", "≤", "<=", "≥", ">=")

// text writes clean text as the terminal can show it.
func (s Style) text(t string) string {
	if s.Unicode {
		return t
	}
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, folded.Replace(t))
}

// dot sets things on one line apart.
func (s Style) dot() string { return s.pick(" · ", " | ") }

// bar shows a share of something that is really counted.
func (s Style) bar(done, total float64, cells int) string {
	share := 0.0
	if total > 0 {
		share = min(1, max(0, done/total))
	}
	n := int(share*float64(cells) + 0.5)
	return strings.Repeat(s.pick("▓", "#"), n) + strings.Repeat(s.pick("░", "."), cells-n)
}

// elapsed shows a duration as a clock.
func elapsed(d time.Duration) string {
	d = max(0, d).Truncate(time.Second)
	h, m, sec := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, sec)
	}
	return fmt.Sprintf("%d:%02d", m, sec)
}

// seconds shows how long something took.
func seconds(s float64) string {
	switch {
	case s < 0.095:
		return "<0.1 s"
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	}
	return elapsed(time.Duration(s * float64(time.Second)))
}

// grouped writes a count with thousands apart.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
