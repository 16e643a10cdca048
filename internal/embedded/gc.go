package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"crystalyse/internal/config"
)

// GC says what may go.
type GC struct {
	OlderThan       time.Duration
	DryRun          bool
	KeepCheckpoints map[string]bool // by idempotency key
}

// Collect removes what nothing needs any more and gives the bytes freed.
func Collect(ctx context.Context, cfg *config.Config, g GC, out io.Writer) (int64, error) {
	doomed := []string{}
	for _, group := range []struct {
		pattern string
		keep    func(name, path string) bool
	}{
		{cfg.Path("checkpoints", "*"), func(name, path string) bool { return g.KeepCheckpoints[name] || young(path, g.OlderThan) }},
		{cfg.Path("artifacts", "exports", "*"), func(_, path string) bool { return young(path, g.OlderThan) }},
		{filepath.Join(cfg.EnvDir, "*-????????"), func(name, _ string) bool { return currentEnv(cfg, name) }},
		{cfg.Path("mcp", "*"), func(_, path string) bool { return currentServers(cfg, path) }},
		{cfg.Path("logs", "*.1"), func(string, string) bool { return false }},
	} {
		paths, err := filepath.Glob(group.pattern)
		if err != nil {
			return 0, err
		}
		for _, p := range paths {
			if !group.keep(filepath.Base(p), p) {
				doomed = append(doomed, p)
			}
		}
	}
	var freed int64
	for _, p := range doomed {
		if ctx.Err() != nil {
			return freed, ctx.Err()
		}
		size := sizeOf(p)
		fmt.Fprintf(out, "%8.1f MB  %s\n", float64(size)/1e6, p)
		freed += size
		if g.DryRun {
			continue
		}
		if err := os.RemoveAll(p); err != nil {
			return freed, diskFault(err, p)
		}
	}
	return freed, nil
}

func young(path string, age time.Duration) bool {
	st, err := os.Stat(path)
	return err != nil || time.Since(st.ModTime()) < age
}

func currentEnv(cfg *config.Config, name string) bool {
	if strings.HasPrefix(name, "services-") {
		return name == "services-"+shortHash(servicesLock)
	}
	for _, n := range append(append([]string{}, EnvNames...), extraEnvs...) {
		dir, _, _, err := envDir(cfg, n)
		if err != nil || filepath.Base(dir) == name {
			return true
		}
		// Only folders this program makes are its to remove.
		if strings.HasPrefix(name, n+"-") {
			return false
		}
	}
	return true
}

func currentServers(cfg *config.Config, path string) bool {
	dir, err := unpackServers(cfg)
	return err != nil || dir == path
}

func freeBytes(dir string) uint64 {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0
	}
	return st.Bavail * uint64(st.Bsize)
}
