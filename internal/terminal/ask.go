package terminal

import (
	"bufio"
	"io"
	"strings"
	"sync"
)

// Choice is what the user wants of a discovery when Ctrl-C was pressed.
type Choice int

// The choices.
const (
	Unclear Choice = iota
	Stop
	Leave
	Continue
)

// StopQuestion is asked at the first Ctrl-C.
const StopQuestion = "Stop it or leave it running? [s]top / [l]eave / [c]ontinue "

// ReadChoice understands an answer to StopQuestion. An empty line goes on: the
// least harmful reading of an accident.
func ReadChoice(answer string) Choice {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "s", "stop":
		return Stop
	case "l", "leave":
		return Leave
	case "c", "continue", "":
		return Continue
	}
	return Unclear
}

// Keyboard reads answers line by line. Reading cannot be interrupted, so one
// goroutine reads for as long as the program lives, from the first question on.
type Keyboard struct {
	in    io.Reader
	once  sync.Once
	lines chan string
}

// NewKeyboard gives a keyboard that reads nothing yet.
func NewKeyboard(in io.Reader) *Keyboard { return &Keyboard{in: in, lines: make(chan string, 16)} }

// Lines gives the lines typed from now on; it is closed when there will be no
// more. What was typed before the question is forgotten.
func (k *Keyboard) Lines() <-chan string {
	k.once.Do(func() {
		go func() {
			defer close(k.lines)
			for s := bufio.NewScanner(k.in); s.Scan(); {
				k.lines <- s.Text()
			}
		}()
	})
	for {
		select {
		case _, ok := <-k.lines:
			if !ok {
				return k.lines
			}
		default:
			return k.lines
		}
	}
}
