package mcp

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// endGroup ends what is left of a process group: SIGTERM, a moment, SIGKILL,
// until the kernel says that nobody is in it.
func endGroup(pgid int) error {
	gone := func(signal syscall.Signal, wait time.Duration) bool {
		deadline := time.Now().Add(wait)
		err := syscall.Kill(-pgid, signal)
		for !errors.Is(err, syscall.ESRCH) {
			if time.Now().After(deadline) {
				return false
			}
			time.Sleep(10 * time.Millisecond)
			err = syscall.Kill(-pgid, 0)
		}
		return true
	}
	if gone(syscall.SIGTERM, time.Second) || gone(syscall.SIGKILL, 5*time.Second) {
		return nil
	}
	return fmt.Errorf("process group %d does not end", pgid)
}

// starter runs functions on one operating-system thread that lives until close.
// On Linux the kernel kills a server when the thread that started it ends, so
// that thread must be as long-lived as the worker.
type starter struct{ jobs chan func() }

func newStarter() *starter {
	s := &starter{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range s.jobs {
			f()
		}
	}()
	return s
}

func (s *starter) do(f func()) {
	done := make(chan struct{})
	s.jobs <- func() { defer close(done); f() }
	<-done
}

func (s *starter) close() { close(s.jobs) }
