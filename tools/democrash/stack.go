package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"crystalyse/internal/embedded"
	"crystalyse/internal/report"
)

// stack is a running `crystalyse up` in a folder of its own.
type stack struct {
	binary, dir, address string
	env                  []string
	cmd                  *exec.Cmd
}

func start(ctx context.Context, binary, envs string) (*stack, error) {
	dir, err := os.MkdirTemp("", "crystalyse-demo-")
	if err != nil {
		return nil, err
	}
	envs, err = filepath.Abs(envs)
	if err != nil {
		return nil, err
	}
	s := &stack{binary: binary, dir: dir, env: append(os.Environ(), "CRYSTALYSE_STATE_DIR="+dir, "CRYSTALYSE_ENV_DIR="+envs,
		"CRYSTALYSE_PORT=0", "CRYSTALYSE_REUSE=off", "CRYSTALYSE_TOOL_LOG="+filepath.Join(dir, toolLog), "OPENAI_API_KEY=", "OPENAI_BASE_URL=")}
	s.cmd = exec.CommandContext(ctx, binary, "up")
	s.cmd.Env = s.env
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if a, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			s.address = a
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s, nil
		}
	}
	return nil, errors.Join(errors.New("the stack did not start"), s.cmd.Wait(), os.RemoveAll(dir))
}

// stop ends the stack and removes its folder.
func (s *stack) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return errors.Join(s.cmd.Wait(), os.RemoveAll(s.dir))
}

// toolLog is where the tools account for what they did.
const toolLog = "tools.jsonl"

// ended counts the calculations and calls that came to their end by the tools'
// own account; it fails when one did twice.
func (s *stack) ended() (int, error) {
	f, err := os.Open(filepath.Join(s.dir, toolLog))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	times := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l struct{ Key, Tool, Event string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return 0, fmt.Errorf("the account of the tools: %w", err)
		}
		if l.Key == "" || l.Event != "success" && l.Event != "answer" {
			continue
		}
		what := l.Event + " of " + l.Tool + " " + l.Key
		if times[what]++; times[what] > 1 {
			return 0, fmt.Errorf("%s is noted twice", what)
		}
	}
	return len(times), nil
}

// discover asks, gives each line of progress to hear, and reads the report.
func (s *stack) discover(ctx context.Context, query string, hear func(string)) (report.Report, error) {
	cmd := exec.CommandContext(ctx, s.binary, "discover", "--mode", "rigorous", "--json", query)
	cmd.Env = s.env
	var out strings.Builder
	cmd.Stdout = &out
	news, err := cmd.StderrPipe()
	if err != nil {
		return report.Report{}, err
	}
	if err := cmd.Start(); err != nil {
		return report.Report{}, err
	}
	for lines := bufio.NewScanner(news); lines.Scan(); {
		hear(lines.Text())
	}
	var r report.Report
	if err := cmd.Wait(); err != nil {
		return r, fmt.Errorf("discover: %w", err)
	}
	return r, json.Unmarshal([]byte(out.String()), &r)
}

func (s *stack) part(ctx context.Context, name string) (embedded.Part, error) {
	cmd := exec.CommandContext(ctx, s.binary, "status", "--json")
	cmd.Env = s.env
	body, err := cmd.Output()
	if err != nil {
		return embedded.Part{}, fmt.Errorf("status: %w", err)
	}
	var st embedded.Status
	if err := json.Unmarshal(body, &st); err != nil {
		return embedded.Part{}, err
	}
	return map[string]embedded.Part{"worker": st.Worker, "api": st.API, "redis": st.Redis, "temporal": st.Temporal}[name], nil
}

// killer kills the victims one after another while a discovery runs: the next
// one when the last is back and the discovery has said something since.
type killer struct {
	s     *stack
	r     *recorder
	lines chan string
	ended chan error
}

func newKiller(s *stack, r *recorder) *killer {
	k := &killer{s: s, r: r, lines: make(chan string, 256), ended: make(chan error, 1)}
	go func() { k.ended <- k.run() }()
	return k
}

// heard passes on that the discovery goes on.
func (k *killer) heard(l string) {
	select {
	case k.lines <- l:
	default:
	}
}

// done waits for the last kill.
func (k *killer) done() error {
	close(k.lines)
	return <-k.ended
}

func (k *killer) run() error {
	ctx := context.Background()
	for _, v := range victims {
		name := v.part
		if !k.news(v.while) {
			return fmt.Errorf("the discovery was over before %s was killed in %s; ask something that takes longer", name, v.while)
		}
		p, err := k.s.part(ctx, name)
		if err != nil {
			return err
		}
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill -9 %d (%s): %w", p.PID, name, err)
		}
		k.r.say(blow, "$ kill -9 %d        # the %s", p.PID, name)
		began := time.Now()
		for now := p; now.PID == p.PID || !now.Healthy; {
			<-time.After(100 * time.Millisecond)
			if now, err = k.s.part(ctx, name); err != nil {
				return err
			}
		}
		k.r.say(told, "  the %s is back after %.1f s", name, time.Since(began).Seconds())
	}
	return nil
}

// news waits for a word of the discovery that is newer than the last kill and
// says that it does something.
func (k *killer) news(while string) bool {
	for {
		select {
		case _, open := <-k.lines: // an old one
			if !open {
				return false
			}
			continue
		default:
		}
		break
	}
	for l := range k.lines {
		if strings.Contains(l, "●") && strings.Contains(l, while) {
			return true
		}
	}
	return false
}
