package embedded

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// EnsureRunning gives the web address of the state folder's stack, starting one
// in the background if none runs or is being started; it stops by itself after ten idle minutes.
func EnsureRunning(ctx context.Context, cfg *config.Config, report Reporter) (address string, started bool, err error) {
	if address, ready, err := another(ctx, cfg, report); err != nil || ready {
		return address, false, err
	}
	self, err := os.Executable()
	if err != nil {
		return "", false, err
	}
	logPath := cfg.Path("logs", "up.log")
	out, err := openLog(logPath)
	if err != nil {
		return "", false, err
	}
	defer out.Close()
	from, err := out.Seek(0, 2)
	if err != nil {
		return "", false, diskFault(err, logPath)
	}
	cmd := exec.Command(self, "up", "--idle-stop", idleStop(cfg))
	cmd.Env = append(append(os.Environ(), cfg.Environ()...), "DATABASE_URL="+cfg.DatabaseURL.Reveal(), "REDIS_URL="+cfg.RedisURL.Reveal(), "OPENAI_API_KEY="+cfg.OpenAIAPIKey.Reveal(),
		"CRYSTALYSE_JWT_KEYS="+cfg.JWTKeys.Reveal(), "CRYSTALYSE_EMBEDDING_API_KEY="+cfg.EmbeddingAPIKey.Reveal())
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // outlives this terminal
	if err := cmd.Start(); err != nil {
		return "", false, fault.Wrap(fault.CodeUnavailable, err, "the stack could not be started")
	}
	report.Step("stack", "starting it in the background (log: "+logPath+")")
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // why it ended is in its log
	}()
	return follow(ctx, cfg, report, logPath, from, exited)
}

func idleStop(cfg *config.Config) string {
	if cfg.IdleStop > 0 {
		return cfg.IdleStop.String()
	}
	return "10m"
}

// follow repeats what the starting stack tells until it is ready.
func follow(ctx context.Context, cfg *config.Config, report Reporter, logPath string, from int64, exited <-chan struct{}) (string, bool, error) {
	told := 0
	tell := func() []string {
		body, err := os.ReadFile(logPath)
		if err != nil || int64(len(body)) <= from {
			return nil
		}
		lines := strings.Split(strings.TrimSpace(string(body[from:])), "\n")
		for ; told < len(lines); told++ {
			if _, text, ok := strings.Cut(lines[told], "s … "); ok {
				what, doing, _ := strings.Cut(text, ": ")
				report.Step(what, doing)
			}
		}
		return lines
	}
	for {
		if i, up, err := Running(cfg); err != nil || up && i.Ready {
			return i.API, true, err
		}
		tell()
		select {
		case <-exited:
			if address, ready, err := another(ctx, cfg, report); err != nil || ready {
				return address, false, err // it won the race
			}
			lines := tell() // its last words came after the look before
			return "", false, fault.New(fault.CodeUnavailable, "the stack did not start: %s", strings.Join(lines[max(0, len(lines)-3):], " / ")).WithHint("see %s", logPath)
		case <-ctx.Done():
			return "", false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// another waits while another command holds the state folder: until the stack that
// it starts is ready, or it lets go. Not ready and no error: nobody has a stack.
func another(ctx context.Context, cfg *config.Config, report Reporter) (address string, ready bool, err error) {
	for told := false; ; {
		if i, up, err := Running(cfg); err != nil || up && i.Ready {
			return i.API, up, err
		}
		unlock, err := lockState(cfg)
		if err == nil {
			unlock()
			return "", false, nil
		}
		if !fault.Is(err, fault.CodeConflict) {
			return "", false, err
		}
		if !told {
			report.Step("stack", "waiting for the one that another command starts")
			told = true
		}
		select {
		case <-ctx.Done():
			return "", false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
