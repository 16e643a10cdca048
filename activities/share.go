package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"crystalyse/internal/artifact"
	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
)

// Workers that share no folder share a store: the structures a call names are
// staged in before it, those it made are ingested after it, and checkpoints are
// copied while it runs, so that another host goes on from the last one.

// copyEvery bounds how often checkpoints are copied.
const copyEvery = 5 * time.Second

// maxCheckpoint is the largest checkpoint file that is copied, in bytes.
const maxCheckpoint = 64 << 20

// manifest lists the files of a checkpoint that are copied whole, and the
// highest fence among them: which attempt wrote it.
type manifest struct {
	Files []string
	Fence int64 `json:",omitempty"`
}

// fenceFile is where a tool keeps the fence of the attempt that works in a
// folder; a batch has one for each member.
const fenceFile = "fence"

// ownFence is the highest fence of this host's copy of a checkpoint.
func ownFence(dir string, m manifest) int64 {
	own := int64(0)
	for _, name := range m.Files {
		if path.Base(name) == fenceFile && filepath.IsLocal(name) {
			own = max(own, fenceIn(filepath.Join(dir, filepath.FromSlash(name))))
		}
	}
	return own
}

// fenceIn reads a fence; a file that cannot be read has none.
func fenceIn(file string) int64 {
	body, err := os.ReadFile(file)
	n, perr := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
	if err != nil || perr != nil {
		return 0
	}
	return n
}

func checkpointPath(key, name string) string { return "checkpoints/" + key + "/" + name }

// stageIn brings what a call needs to this host.
func (c *callRun) stageIn(ctx context.Context) error {
	if c.a.Shared == nil {
		return nil
	}
	for _, sid := range structure.FindIDs(c.planned.Arguments) {
		path := "structures/" + sid + ".json"
		if f, err := c.a.Artifacts.Open(ctx, path); err == nil {
			_ = f.Close() // only its presence counts
			continue
		}
		if err := carry(ctx, c.a.Shared, c.a.Artifacts, path); err != nil && !fault.Is(err, fault.CodeNotFound) {
			return err
		}
	}
	if !c.planned.Long {
		return nil
	}
	return c.a.restore(ctx, c.call.IdempotencyKey)
}

// ingest gives what a call made to the other hosts.
func (a *Activities) ingest(ctx context.Context, made []structure.Structure) error {
	if a.Shared == nil {
		return nil
	}
	for _, s := range made {
		if err := a.Shared.Put(ctx, "structures/"+s.ID+".json", bytes.NewReader(s.Body)); err != nil {
			return err
		}
	}
	return nil
}

func carry(ctx context.Context, from, to artifact.Store, path string) error {
	f, err := from.Open(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close()
	return to.Put(ctx, path, f)
}

// restore fetches the checkpoint of another host, unless this one worked on the
// computation last and has its own.
func (a *Activities) restore(ctx context.Context, key string) error {
	dir := a.checkpointDir(key)
	body, err := readAll(ctx, a.Shared, checkpointPath(key, "manifest"))
	if fault.Is(err, fault.CodeNotFound) {
		return nil
	}
	var m manifest
	if err := errors.Join(err, json.Unmarshal(body, &m), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	if have, err := os.ReadDir(dir); err != nil || len(have) > 0 && ownFence(dir, m) >= m.Fence {
		return err
	}
	for _, name := range m.Files {
		if !filepath.IsLocal(name) {
			return fault.New(fault.CodeInternal, "a checkpoint names a file outside of its folder")
		}
		body, err := readAll(ctx, a.Shared, checkpointPath(key, name))
		if err != nil {
			return err
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, body, 0o600)); err != nil {
			return err
		}
	}
	return nil
}

func readAll(ctx context.Context, s artifact.Store, path string) ([]byte, error) {
	f, err := s.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxCheckpoint))
}

// copier copies the checkpoints of one call to the shared store.
type copier struct {
	a    *Activities
	key  string
	mu   sync.Mutex
	last time.Time
	seen map[string]time.Time // file -> when the copied one was written
}

// copy gives new checkpoint files to the shared store, and then the manifest:
// what another host reads is whole. It is called on progress.
func (p *copier) copy(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.a == nil || p.a.Shared == nil || time.Since(p.last) < copyEvery {
		return nil
	}
	p.last = time.Now()
	dir := p.a.checkpointDir(p.key)
	var m manifest
	changed := false
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone again, or no checkpoint yet
		}
		if err != nil || e.IsDir() {
			return err
		}
		name, fresh, err := p.file(ctx, dir, file, e)
		if name != "" {
			m.Files, changed = append(m.Files, name), changed || fresh
			if e.Name() == fenceFile {
				m.Fence = max(m.Fence, fenceIn(file))
			}
		}
		return err
	})
	if err != nil || !changed {
		return err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return p.a.Shared.Put(ctx, checkpointPath(p.key, "manifest"), bytes.NewReader(body))
}

// file copies one file that has changed; a name of "" is no part of a checkpoint.
func (p *copier) file(ctx context.Context, dir, path string, e fs.DirEntry) (name string, fresh bool, err error) {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil // gone again
	}
	if err != nil {
		return "", false, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxCheckpoint || slices.Contains([]string{".tmp", ".new"}, filepath.Ext(path)) {
		return "", false, nil // not complete
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return "", false, err
	}
	name = filepath.ToSlash(rel)
	if p.seen[name].Equal(info.ModTime()) {
		return name, false, nil
	}
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if err := p.a.Shared.Put(ctx, checkpointPath(p.key, name), bytes.NewReader(body)); err != nil {
		return "", false, err
	}
	p.seen[name] = info.ModTime()
	return name, true, nil
}
