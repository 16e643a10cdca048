package terminal

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// region is the bottom of the page that is redrawn in place.
type region struct {
	out   io.Writer
	drawn []string
	cells int // width it was last drawn at
}

// Terminals that know it show everything between the two at once; the others
// ignore both.
const (
	beginFrame = "\x1b[?2026h"
	endFrame   = "\x1b[?2026l"
)

// draw replaces the region. What did not change is not written again: a calm
// page costs nothing over a slow line, and does not flicker.
func (r *region) draw(lines []string, cells int) {
	if slices.Equal(lines, r.drawn) && cells == r.cells {
		return
	}
	var b strings.Builder
	b.WriteString(beginFrame)
	b.WriteString(r.erase(cells))
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	b.WriteString(endFrame)
	_, _ = io.WriteString(r.out, b.String()) // a terminal that went away shows nothing
	r.drawn, r.cells = lines, cells
}

func (r *region) clear() {
	if len(r.drawn) == 0 {
		return
	}
	_, _ = io.WriteString(r.out, r.erase(r.cells))
	r.drawn = nil
}

var sequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

// erase goes up over what was drawn. A window that became narrower since has
// wrapped the lines, and they take more rows than they are.
func (r *region) erase(cells int) string {
	rows := 0
	for _, l := range r.drawn {
		n := width(sequence.ReplaceAllString(l, ""))
		rows += max(1, (n+cells-1)/cells)
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", rows)
}
