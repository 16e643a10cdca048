package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"crystalyse/internal/fault"
)

// writeJSON writes a state file whole or not at all.
func writeJSON(path string, v any) error {
	body, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return writeFile(path, append(body, '\n'), 0o600)
}

func writeFile(path string, body []byte, mode fs.FileMode) error {
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		tmp := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
		if err = os.WriteFile(tmp, body, mode); err == nil {
			err = os.Rename(tmp, path)
		}
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(tmp)))
		}
	}
	return diskFault(err, path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// diskFault names the file that a full or read-only disk refused.
func diskFault(err error, path string) error {
	if err == nil {
		return nil
	}
	hint := "check that the folder exists and is yours"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "free some disk space; the state folder needs about 8 GB in all"
	case errors.Is(err, syscall.EFBIG):
		hint = "a limit on file sizes is in force (ulimit -f); raise it"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		hint = "choose a folder you can write to with --state-dir"
	}
	return fault.Wrap(fault.CodeUnavailable, err, "%s cannot be written", path).WithHint("%s", hint)
}

// readJSON reads a state file. A damaged one is set aside, so that it is rebuilt
// and can still be looked at; found is false then, and when there is none.
func readJSON(path string, v any, log *slog.Logger) (found bool, err error) {
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fault.Wrap(fault.CodeUnavailable, err, "%s cannot be read", path)
	}
	if json.Unmarshal(body, v) == nil {
		return true, nil
	}
	aside := fmt.Sprintf("%s.damaged-%d", path, time.Now().Unix())
	if err := os.Rename(path, aside); err != nil {
		return false, diskFault(err, path)
	}
	log.Warn("a damaged state file was set aside and is built anew", "file", path, "kept_as", aside)
	return false, nil
}
