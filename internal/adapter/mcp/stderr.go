package mcp

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// tailSize is how much of a server's standard error is kept for error messages.
const tailSize = 4 << 10

// stderrLog writes a process's standard error to its file and keeps the tail.
type stderrLog struct {
	mu   sync.Mutex
	file *os.File // nil without a log folder, or once closed
	tail []byte
}

func openStderr(dir, server string) (*stderrLog, error) {
	l := &stderrLog{}
	if dir == "" {
		return l, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	l.file, err = os.OpenFile(filepath.Join(dir, "mcp-"+server+".log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return l, err
}

// Write never fails: a full disk must not block a server.
func (l *stderrLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_, _ = l.file.Write(b)
	}
	l.tail = append(l.tail, b...)
	if n := len(l.tail); n > tailSize {
		l.tail = append([]byte(nil), l.tail[n-tailSize:]...)
	}
	return len(b), nil
}

// last gives the last line written.
func (l *stderrLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.tail)), "\n")
	s := strings.TrimSpace(lines[len(lines)-1])
	return s[:min(len(s), 300)]
}

func (l *stderrLog) quote() string {
	if s := l.last(); s != "" {
		return " (it wrote: " + s + ")"
	}
	return ""
}

func (l *stderrLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close() // nothing to be done about a log
		l.file = nil
	}
}
