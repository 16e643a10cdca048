package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
func (f folder) write(ctx context.Context, c *client.Client, r report.Report, events []event.Event) (missing []string, err error) {
	files, missing, err := contents(ctx, c, r, events)
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

// contents gives every file by its name: the bundle of the server, and the
// events.
func contents(ctx context.Context, c *client.Client, r report.Report, events []event.Event) (files map[string][]byte, missing []string, err error) {
	var log bytes.Buffer
	enc := json.NewEncoder(&log)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return nil, nil, err
		}
	}
	packed, err := c.Bundle(ctx, r.DiscoveryID)
	if err != nil {
		return nil, nil, err
	}
	if files, err = unpack(packed); err != nil {
		return nil, nil, err
	}
	if list, ok := files["missing.txt"]; ok {
		missing = strings.Fields(string(list))
		delete(files, "missing.txt")
	}
	files["events.jsonl"] = log.Bytes()
	return files, missing, nil
}

// unpack reads a bundle; a name that leads out of the folder is refused.
func unpack(packed []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "the bundle cannot be read")
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) {
			return nil, fault.New(fault.CodeUnavailable, "the bundle holds a file %q outside its folder", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, fault.Wrap(fault.CodeUnavailable, err, "the bundle cannot be read")
		}
		body, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fault.Wrap(fault.CodeUnavailable, err, "the bundle cannot be read")
		}
		files[f.Name] = body
	}
	return files, nil
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
	for _, name := range append(append([]string{"events.jsonl"}, report.BundleFolders...), report.BundleFiles...) {
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
