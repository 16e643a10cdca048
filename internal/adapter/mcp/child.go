package mcp

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

const (
	// maxLine is the longest line taken from a server: well above the longest
	// result, and small enough that one that never ends costs no memory.
	maxLine = 32 << 20
	// goodbye is how long a server may take to end after its standard input is closed.
	goodbye = 2 * time.Second
)

// child is the process of a server. The library reads its lines without a
// bound, so that what it reads comes through here.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  *lines
	leave  chan struct{} // closed when nothing more is read
	once   sync.Once
	exited chan struct{} // closed when the process is reaped
}

func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, leave: make(chan struct{}), exited: make(chan struct{})}
	var err error
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = &lines{from: stdout, most: maxLine, ended: c.left}
	cmd.WaitDelay = goodbye
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		// Reaping closes the pipe, so it waits until all was read.
		<-c.leave
		_ = cmd.Wait() // the exit status of a server says nothing here
		close(c.exited)
	}()
	return c, nil
}

func (c *child) left() { c.once.Do(func() { close(c.leave) }) }

// bye waits a moment for the process to end by itself; its group is ended next.
func (c *child) bye() {
	c.left()
	t := time.NewTimer(goodbye)
	defer t.Stop()
	select {
	case <-c.exited:
	case <-t.C:
	}
}

// lines passes lines on and refuses one that is too long.
type lines struct {
	from  io.Reader
	most  int
	ended func()

	n    int // bytes of the line so far; of the reader alone
	mu   sync.Mutex
	long error // guarded by mu; set when a line was too long
}

// Read reads like its source, until a line is too long.
func (l *lines) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if i := bytes.LastIndexByte(p[:n], '\n'); i >= 0 {
		l.n = n - i - 1
	} else {
		l.n += n
	}
	if l.n > l.most {
		n, err = 0, fmt.Errorf("it wrote a line of more than %d MiB to its standard output", l.most>>20)
		l.mu.Lock()
		l.long = err
		l.mu.Unlock()
	}
	if err != nil {
		l.ended()
	}
	return n, err
}

// fault gives what ended the reading; nil while it goes on, or at a plain end.
func (l *lines) fault() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.long
}
