package embedded

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Reporter tells how a start goes.
type Reporter interface {
	Step(what, doing string)
	Done(what, result string)
	Failed(what string, err error)
}

// Lines is a Reporter that writes a line for each change, and repeats a step
// that goes on at most every few seconds.
type Lines struct {
	W     io.Writer
	began time.Time
	mu    sync.Mutex
	last  map[string]time.Time
}

// NewLines gives a Lines that counts from now.
func NewLines(w io.Writer) *Lines {
	return &Lines{W: w, began: time.Now(), last: map[string]time.Time{}}
}

const repeatEvery = 30 * time.Second

// Step tells what is being done.
func (l *Lines) Step(what, doing string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.last[what]; ok && time.Since(t) < repeatEvery {
		return
	}
	l.last[what] = time.Now()
	l.line("…", what, doing)
}

// Done tells that something is finished.
func (l *Lines) Done(what, result string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, what)
	l.line("✓", what, result)
}

// Failed tells that something went wrong.
func (l *Lines) Failed(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, what)
	l.line("✗", what, err.Error())
}

func (l *Lines) line(mark, what, text string) {
	fmt.Fprintf(l.W, "%5.1fs %s %s: %s\n", time.Since(l.began).Seconds(), mark, what, text)
}
