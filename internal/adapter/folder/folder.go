// Package folder keeps artifacts as files of a directory.
package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"crystalyse/internal/artifact"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Store is an artifact.Store over a directory.
type Store struct{ root *os.Root }

var _ artifact.Shelf = (*Store)(nil)

// New opens the directory, making it when it is absent. Paths can not leave it,
// not even through symbolic links.
func New(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "the artifact folder %s cannot be made", dir).
			WithHint("check the permissions and the free space of the state folder")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "the artifact folder %s cannot be opened", dir)
	}
	return &Store{root: root}, nil
}

// Close releases the directory.
func (s *Store) Close() error { return s.root.Close() }

// Open reads an artifact.
func (s *Store) Open(_ context.Context, path string) (io.ReadCloser, error) {
	f, err := s.root.Open(filepath.FromSlash(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.NotFound("artifact", path)
	}
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "artifact %q cannot be read", path)
	}
	return f, nil
}

// Put writes an artifact under a temporary name, syncs it and renames it.
func (s *Store) Put(_ context.Context, path string, r io.Reader) (err error) {
	path = filepath.FromSlash(path)
	defer func() {
		if err != nil {
			err = fault.Wrap(fault.CodeUnavailable, err, "artifact %q cannot be written", path)
		}
	}()
	if err := s.root.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := path + "." + id.New() + ".tmp" // of this writer alone: another may bring the same artifact
	f, err := s.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	if err := s.root.Rename(tmp, path); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	return nil
}

// Remove deletes an artifact.
func (s *Store) Remove(_ context.Context, path string) error {
	if err := s.root.Remove(filepath.FromSlash(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.CodeUnavailable, err, "artifact %q cannot be removed", path)
	}
	return nil
}
