package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// lockState takes the state folder for this process. The lock ends with the
// process, however it ends.
func lockState(cfg *config.Config) (unlock func(), err error) {
	path := cfg.Path("run", "lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, diskFault(err, path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskFault(err, path)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.Wrap(fault.CodeUnavailable, err, "%s cannot be locked", path)
		}
		holder := "another process"
		if body, err := os.ReadFile(path); err == nil && len(body) > 0 {
			holder = "process " + strings.TrimSpace(string(body))
		}
		return nil, fault.New(fault.CodeConflict, "a stack runs in %s already (%s)", cfg.StateDir, holder).
			WithHint("use it, stop it with `crystalyse down`, or choose another folder with --state-dir")
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, pidText())); err != nil {
		f.Close()
		return nil, diskFault(err, path)
	}
	return func() { release(f) }, nil
}

// release gives a lock up by word. Closing alone leaves it held for as long as a
// child that is just being started has the file open too: between its fork and
// its exec it has all of ours.
func release(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // fails on a closed file only
	_ = f.Close()
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// lockFile waits for a lock: two processes that would install the same software
// take turns, and the second finds it done.
func lockFile(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, diskFault(err, path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskFault(err, path)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fault.Wrap(fault.CodeUnavailable, err, "%s cannot be locked", path)
	}
	return func() { release(f) }, nil
}
