package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"crystalyse/internal/config"
)

// spec describes a child process.
type spec struct {
	name    string
	command func() (*exec.Cmd, error) // fresh for every start
	ready   func(ctx context.Context) error
	stop    syscall.Signal // default SIGTERM
	patient time.Duration  // how long it may take to stop; default 10 s
	boot    time.Duration  // how long it may take to be ready; default 60 s
	again   passing        // whether what ended a start may pass, so that it is tried again; nil: only a signal
}

// Record is what is remembered of a running child, so that a later stack can
// recognize it.
type Record struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Started string `json:"started"` // as the kernel tells it; guards against reused pids
	Address string `json:"address,omitempty"`
}

// child is a supervised process.
type child struct {
	spec
	cfg  *config.Config
	log  *slog.Logger
	addr string

	mu       sync.Mutex
	cmd      *exec.Cmd
	exited   chan struct{} // of the current process
	stopping bool
	restarts int
}

// Restart delays grow from first to most while a child keeps dying.
const (
	firstDelay  = 300 * time.Millisecond
	mostDelay   = 15 * time.Second
	calmAfter   = time.Minute
	maxLogBytes = 32 << 20
)

// passing reports whether what ended a process may pass, by the end of its log
// and its exit code.
type passing func(log string, code int) bool

// tries of a start that fails for a reason that passes, further and further apart.
const tries = 5

var errEnded = errors.New("it ended")

// start runs the child until it is ready, and then keeps it running.
func (c *child) start(ctx context.Context) error {
	delay := firstDelay
	for try := 1; ; try++ {
		err := c.boots(ctx)
		switch {
		case err == nil:
			go c.supervise()
			return nil
		case try == tries || !errors.Is(err, errEnded) || !c.passes():
			return err
		}
		_ = endGroup(c.cmd.Process.Pid, time.Second) // what it may have left
		c.log.Warn("a process is started again before it was ready", "process", c.name, "why", lastLines(strings.TrimSpace(end(c.logPath(), 800)), 2))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(delay):
		}
		delay *= 2
	}
}

// passes reports whether what ended the child may pass. What a signal ended did
// not end by itself.
func (c *child) passes() bool {
	code := c.cmd.ProcessState.ExitCode()
	return code < 0 || c.again != nil && c.again(end(c.logPath(), 16<<10), code)
}

// boots runs the child until it is ready.
func (c *child) boots(ctx context.Context) error {
	if err := c.launch(); err != nil {
		return err
	}
	boot := c.boot
	if boot == 0 {
		boot = 60 * time.Second
	}
	bctx, cancel := context.WithTimeout(ctx, boot)
	defer cancel()
	if err := c.awaitReady(bctx); err != nil {
		return fmt.Errorf("%s is not ready: %w (log: %s)%s", c.name, err, c.logPath(), tail(c.logPath()))
	}
	return nil
}

func (c *child) awaitReady(ctx context.Context) error {
	for {
		// Each look is short: a stranger on the port may accept and say nothing.
		look, cancel := context.WithTimeout(ctx, 3*time.Second)
		err := c.ready(look)
		cancel()
		if err == nil {
			return nil
		}
		c.mu.Lock()
		exited := c.exited
		c.mu.Unlock()
		select {
		case <-exited:
			return errEnded
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// launch starts one process. It runs on a thread that lives as long as the
// program, because Linux ends the child with the thread that started it.
func (c *child) launch() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		return errors.New("the stack is stopping")
	}
	cmd, err := c.command()
	if err != nil {
		return err
	}
	out, err := openLog(c.logPath())
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	ownGroup(cmd.SysProcAttr)
	onStarter(func() { err = cmd.Start() })
	if err != nil {
		return fmt.Errorf("%s does not start: %w", c.name, err)
	}
	c.cmd, c.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		_ = cmd.Wait() // the exit is what matters; its status is in the log
		close(exited)
	}(c.exited)
	return writeJSON(recordPath(c.cfg, c.name), Record{Name: c.name, PID: cmd.Process.Pid, Started: startTime(cmd.Process.Pid), Address: c.addr})
}

// supervise starts the child again, with growing patience, whenever it ends.
func (c *child) supervise() {
	delay := firstDelay
	for {
		c.mu.Lock()
		exited, began := c.exited, time.Now()
		c.mu.Unlock()
		<-exited
		c.mu.Lock()
		stopping, state := c.stopping, c.cmd.ProcessState
		c.mu.Unlock()
		if stopping {
			return
		}
		if time.Since(began) > calmAfter {
			delay = firstDelay
		}
		c.log.Warn("a process ended and is started again", "process", c.name, "status", fmt.Sprint(state), "after", delay.String())
		_ = endGroup(c.cmd.Process.Pid, time.Second) // what it may have left
		time.Sleep(delay)
		delay = min(2*delay, mostDelay)
		if err := c.launch(); err != nil {
			c.mu.Lock()
			stopping := c.stopping
			c.mu.Unlock()
			if stopping {
				return
			}
			c.log.Error("a process cannot be started", "process", c.name, "error", err)
			continue
		}
		c.mu.Lock()
		c.restarts++
		c.mu.Unlock()
	}
}

// halt ends the child and everything in its group.
func (c *child) halt() error {
	c.mu.Lock()
	c.stopping = true
	cmd, exited := c.cmd, c.exited
	c.mu.Unlock()
	if cmd == nil {
		return nil
	}
	signal, patient := c.stop, c.patient
	if signal == 0 {
		signal = syscall.SIGTERM
	}
	if patient == 0 {
		patient = 10 * time.Second
	}
	_ = cmd.Process.Signal(signal) // it may be gone already
	select {
	case <-exited:
	case <-time.After(patient):
		c.log.Warn("a process does not stop and is killed", "process", c.name)
	}
	err := endGroup(cmd.Process.Pid, 2*time.Second)
	<-exited
	return errors.Join(err, ignoreMissing(os.Remove(recordPath(c.cfg, c.name))))
}

func (c *child) logPath() string { return filepath.Join(c.cfg.Logs(), c.name+".log") }

func recordPath(cfg *config.Config, name string) string { return cfg.Path("run", name+".json") }

// openLog appends to a log, after setting aside one that has grown large.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, diskFault(err, path)
	}
	if st, err := os.Stat(path); err == nil && st.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, diskFault(err, path)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return f, diskFault(err, path)
}

// tail quotes the last lines of a log.
func tail(path string) string {
	text := end(path, 800)
	if text == "" {
		return ""
	}
	return "\n    " + text
}

// end gives the last bytes of a file; "" when it cannot be read.
func end(path string, most int) string {
	body, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(body[max(0, len(body)-most):])
}

// endLeftovers ends what a killed stack left: processes whose id and start time
// are those recorded, with their groups. Strangers that got the id are left alone.
func endLeftovers(cfg *config.Config, log *slog.Logger) error {
	paths, err := filepath.Glob(cfg.Path("run", "*.json"))
	if err != nil {
		return err
	}
	for _, p := range paths {
		base := filepath.Base(p)
		if base == "ports.json" || base == "envs.json" || base == "stack.json" {
			continue
		}
		var r Record
		found, err := readJSON(p, &r, log)
		if err != nil {
			return err
		}
		// A leader that is dead already (no start time) may have left members in its
		// group; a number is not given away while a group bears it.
		now := startTime(r.PID)
		if found && r.PID > 0 && r.Started != "" && (now == r.Started || now == "") {
			log.Info("ending what an earlier stack left", "process", r.Name, "pid", r.PID)
			if err := endGroup(r.PID, 10*time.Second); err != nil && now != "" {
				return err
			}
		}
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskFault(err, p)
		}
	}
	return nil
}

// endGroup ends a process group: SIGTERM, patience, SIGKILL, until none is left.
func endGroup(pgid int, patience time.Duration) error {
	for _, try := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, patience}, {syscall.SIGKILL, 5 * time.Second}} {
		err := syscall.Kill(-pgid, try.signal)
		for deadline := time.Now().Add(try.wait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if errors.Is(err, syscall.ESRCH) {
				return nil
			}
			err = syscall.Kill(-pgid, 0)
		}
	}
	if errors.Is(syscall.Kill(-pgid, 0), syscall.ESRCH) {
		return nil
	}
	return fmt.Errorf("process group %d does not end", pgid)
}

var starterOnce = sync.OnceValue(func() chan func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range jobs {
			f()
		}
	}()
	return jobs
})

// onStarter runs a function on the one thread from which processes are started.
func onStarter(f func()) {
	done := make(chan struct{})
	starterOnce() <- func() { defer close(done); f() }
	<-done
}
