package embedded

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"crystalyse/internal/config"
)

//go:embed temporal.yaml
var temporalDynamicConfig []byte

// SearchAttributes are registered with the embedded Temporal.
var SearchAttributes = []string{"DiscoveryStatus", "Mode", "UserID", "SessionID", "ErrorType", "ParentDiscovery"}

// password is the random password of an embedded service, made once.
func password(cfg *config.Config, service string) (string, error) {
	path := cfg.Path("secrets", service)
	if body, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(body))) >= 32 {
		return strings.TrimSpace(string(body)), nil
	}
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	s := hex.EncodeToString(raw)
	return s, writeFile(path, []byte(s+"\n"), 0o600)
}

// postgres describes the embedded server in dir; it is initialized when empty.
type postgres struct {
	bin, dir, password string
	port               int
}

func (p postgres) dsn(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("crystalyse", p.password), Host: fmt.Sprintf("127.0.0.1:%d", p.port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// init makes the data folder; a half-made one is made again.
func (p postgres) init(ctx context.Context) error {
	if isReady(p.dir) {
		return nil
	}
	if err := errors.Join(os.RemoveAll(p.dir), os.MkdirAll(filepath.Dir(p.dir), 0o700)); err != nil {
		return diskFault(err, p.dir)
	}
	pw := p.dir + ".pw"
	if err := writeFile(pw, []byte(p.password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(pw)
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), "-D", p.dir, "-U", "crystalyse", "--auth=scram-sha-256", "--pwfile="+pw, "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	unprivileged(cmd.SysProcAttr)
	var out []byte
	var err error
	onStarter(func() { out, err = cmd.CombinedOutput() })
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(strings.TrimSpace(string(out)), 3))
	}
	return markReady(p.dir, nil)
}

func (p postgres) command() (*exec.Cmd, error) {
	if err := p.forgetDead(); err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), "-D", p.dir, "-p", fmt.Sprint(p.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "shared_buffers=128MB", "-c", "log_min_messages=warning")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	unprivileged(cmd.SysProcAttr)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	return cmd, nil
}

// forgetDead removes the lock of a server that was killed. PostgreSQL does so
// itself, but not while the dead process still waits in the kernel's table. The
// state folder is locked, so no other stack can own the server.
func (p postgres) forgetDead() error {
	path := filepath.Join(p.dir, "postmaster.pid")
	body, err := os.ReadFile(path)
	if err != nil {
		return ignoreMissing(err)
	}
	first, _, _ := strings.Cut(string(body), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || startTime(pid) == "" {
		// Its sessions notice its death and leave; data is touched by nobody then.
		for deadline := time.Now().Add(10 * time.Second); len(workingIn(p.dir)) > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				return fmt.Errorf("processes %v of a killed PostgreSQL still use %s", workingIn(p.dir), p.dir)
			}
		}
		return diskFault(ignoreMissing(os.Remove(path)), path)
	}
	return nil
}

func redisCommand(bin, dir, password string, port int) func() (*exec.Cmd, error) {
	return func() (*exec.Cmd, error) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, diskFault(err, dir)
		}
		conf := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %q\nappendonly yes\nappendfsync everysec\nrequirepass %s\nsave \"\"\ndaemonize no\n", port, dir, password)
		path := filepath.Join(dir, "redis.conf") // in a file, so that the password is on no command line
		if err := writeFile(path, []byte(conf), 0o600); err != nil {
			return nil, err
		}
		cmd := exec.Command(bin, path)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
		return cmd, nil
	}
}

func temporalCommand(bin, dir, namespace string, port, uiPort, metrics int) func() (*exec.Cmd, error) {
	return func() (*exec.Cmd, error) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, diskFault(err, dir)
		}
		args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", fmt.Sprint(port), "--db-filename", filepath.Join(dir, "temporal.db"), "--log-level", "warn", "--log-format", "json", "--metrics-port", fmt.Sprint(metrics)}
		// Its file is as safe with a write-ahead log as with the journal it would
		// have by itself, and each of its many small writes waits for the disk once
		// instead of three times.
		args = append(args, "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL")
		if uiPort > 0 {
			args = append(args, "--ui-port", fmt.Sprint(uiPort))
		} else {
			args = append(args, "--headless")
		}
		if namespace != "default" {
			args = append(args, "--namespace", namespace)
		}
		for _, s := range SearchAttributes {
			args = append(args, "--search-attribute", s+"=Keyword")
		}
		for _, line := range strings.Split(string(temporalDynamicConfig), "\n") {
			if k, v, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
				args = append(args, "--dynamic-config-value", strings.TrimSpace(k)+"="+strings.TrimSpace(v))
			}
		}
		cmd := exec.Command(bin, args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		return cmd, nil
	}
}

// dialable is ready when something listens.
func dialable(port int) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// answers is ready when a page answers 200.
func answers(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %d", address, resp.StatusCode)
		}
		return nil
	}
}
