package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"crystalyse/internal/client"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/report"
)

// folder is where --out writes. The files are made in a folder beside it and
// renamed at the end, so that a half-written report never looks like one.
type folder struct {
	path  string
	force bool
}

// check refuses what cannot be written, or what would be mixed with other files.
func (f folder) check() error {
	entries, err := os.ReadDir(f.path)
	switch {
	case err == nil && len(entries) > 0 && !f.force:
		return fault.Invalid("--out", "%s is not empty", f.path).WithHint("name another folder, or add --force to replace the report files in it")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(fault.CodeInvalid, err, "--out: %s cannot be used as a folder", f.path)
	}
	tmp, err := f.temp()
	if err != nil {
		return err
	}
	return os.Remove(tmp)
}

// temp makes the folder the files are first written to, on the same file system.
func (f folder) temp() (string, error) {
	parent := filepath.Dir(filepath.Clean(f.path))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fault.Wrap(fault.CodeInvalid, err, "--out: %s cannot be made", parent)
	}
	tmp, err := os.MkdirTemp(parent, "."+filepath.Base(f.path)+".partial-")
	if err != nil {
		return "", fault.Wrap(fault.CodeInvalid, err, "--out: %s cannot be written to", parent)
	}
	return tmp, nil
}

// write makes all files and puts them into place. missing names the structures
// that the server does not have any more.
func (f folder) write(ctx context.Context, c *client.Client, raw json.RawMessage, r report.Report, events []event.Event) (missing []string, err error) {
	files, missing, err := contents(ctx, c, raw, r, events)
	if err != nil {
		return nil, err
	}
	tmp, err := f.temp()
	if err != nil {
		return missing, err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // nothing is left there on success
	if err = fill(tmp, files); err == nil {
		err = f.place(tmp)
	}
	if err != nil {
		return missing, fmt.Errorf("--out %s: %w (nothing is lost: crystalyse report %s --out DIR)", f.path, err, r.DiscoveryID)
	}
	return missing, nil
}

// contents gives every file by its name.
func contents(ctx context.Context, c *client.Client, raw json.RawMessage, r report.Report, events []event.Event) (files map[string][]byte, missing []string, err error) {
	var pretty, log bytes.Buffer
	if err := printJSON(&pretty, raw); err != nil {
		return nil, nil, err
	}
	enc := json.NewEncoder(&log)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return nil, nil, err
		}
	}
	files = map[string][]byte{"report.md": []byte(report.Markdown(r)), "report.json": pretty.Bytes(), "events.jsonl": log.Bytes()}
	for _, s := range r.Structures {
		cif, err := c.CIF(ctx, s.ID)
		if fault.Is(err, fault.CodeNotFound) {
			missing = append(missing, s.ID)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("structure %s: %w", s.ID, err)
		}
		name := cifName(s, 8)
		if _, taken := files[name]; taken {
			name = cifName(s, len(s.ID))
		}
		files[name] = cif
	}
	return files, missing, nil
}

func fill(dir string, files map[string][]byte) error {
	if err := os.Mkdir(filepath.Join(dir, "structures"), 0o755); err != nil {
		return err
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			return err
		}
	}
	return nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// cifName names a structure's file by its formula and the start of its id. Both
// come from a tool: no path may be made of them.
func cifName(s report.Structure, n int) string {
	short := notInName.ReplaceAllString(strings.TrimPrefix(s.ID, "st_"), "")
	return filepath.Join("structures", notInName.ReplaceAllString(s.Formula, "")+"_"+short[:min(n, len(short))]+".cif")
}

// place renames the finished files. A new or empty folder appears at once; with
// --force only the files of our names are replaced, one by one.
func (f folder) place(tmp string) error {
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.Remove(f.path); err == nil || errors.Is(err, fs.ErrNotExist) {
		return os.Rename(tmp, f.path)
	} else if !f.force {
		return fault.Wrap(fault.CodeInvalid, err, "--out: %s is not empty any more", f.path)
	}
	for _, name := range []string{"structures", "events.jsonl", "report.md", "report.json"} {
		to := filepath.Join(f.path, name)
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(tmp, name), to); err != nil {
			return err
		}
	}
	return nil
}
