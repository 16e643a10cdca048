// Command relay measures the product's relay beside three others, in turn and on
// the same machine in the same minutes: a raw copy of Redis to sockets, the
// centrifuge library with its Redis broker, and the plan's FastAPI relay. It
// starts everything itself and writes RESULTS.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	rounds   = flag.Int("rounds", 5, "rounds; peers take turns in each")
	duration = flag.Duration("duration", 3*time.Second, "of each measurement")
	only     = flag.String("peers", "ours,raw,centrifuge,fastapi", "peers to run")
	cases    = flag.String("scenarios", "max10,max1,resume,idle,stalled", "scenarios to run")
	server   = flag.String("redis-server", "redis-server", "the Redis to run on")
	python   = flag.String("python", "python3", "makes the environment of the FastAPI peer")
	work     = flag.String("work", filepath.Join(os.TempDir(), "crystalyse-bench-relay"), "folder for programs and the environment")
	out      = flag.String("out", "RESULTS.md", "where the table goes")
	from     = flag.String("from", "", "write the table of measurements printed earlier, and measure nothing")
	machine  = flag.String("machine", "", "what the machine is, for the table")
)

// scenario is what is measured.
type scenario struct {
	name              string
	viewers, sessions int
	resume            int
	idle              bool
	stalled           bool // one viewer more, which stops reading
}

// runs tells whether the scenario asks of the peer what it can do.
func (sc scenario) runs(peer string) bool {
	switch {
	case sc.stalled:
		return peer == "ours"
	case sc.resume > 0:
		return peer == "ours" || peer == "centrifuge"
	}
	return true
}

var scenarios = []scenario{
	{name: "max10", viewers: 200, sessions: 20},
	{name: "max1", viewers: 200, sessions: 200},
	{name: "resume", viewers: 200, sessions: 20, resume: 500},
	{name: "idle", viewers: 1000, sessions: 1000, idle: true},
	{name: "stalled", viewers: 199, sessions: 1, stalled: true},
}

// result is one measurement.
type result struct {
	Peer, Scenario string
	PerSecond      float64 // delivered events; resumes
	MicrosPer      float64 // server CPU of one of them
	RedisPer       float64 // CPU of Redis, us
	LoadPer        float64 // CPU of publishers and viewers, us
	P50, P99       float64 // ms
	KBPerSocket    float64
	Gaps, Doubles  int64
	Stall          *stall `json:",omitempty"`
	Load           string
}

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	if *from != "" {
		results, err := readResults(*from)
		if err != nil {
			return err
		}
		return os.WriteFile(*out, []byte(table(results)), 0o644)
	}
	if err := build(ctx); err != nil {
		return err
	}
	redisAt, stop, err := startRedis(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var results []result
	for round := range *rounds {
		for _, sc := range scenarios {
			if !slices.Contains(strings.Split(*cases, ","), sc.name) {
				continue
			}
			for _, peer := range strings.Split(*only, ",") {
				if !sc.runs(peer) {
					continue
				}
				r, err := measure(ctx, peer, sc, redisAt)
				if err != nil {
					log.Printf("round %d %s %s: %v", round+1, peer, sc.name, err)
					continue
				}
				line, _ := json.Marshal(r) // numbers and words always encode
				fmt.Println(string(line))
				results = append(results, r)
			}
		}
	}
	return os.WriteFile(*out, []byte(table(results)), 0o644)
}

func readResults(path string) ([]result, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []result
	for _, line := range strings.Fields(string(body)) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// build compiles the peers and makes the FastAPI environment, once.
func build(ctx context.Context) error {
	if err := os.MkdirAll(*work, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", *work+"/", "./peers/...")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the peers: %w", err)
	}
	env := filepath.Join(*work, "fastapi")
	if _, err := os.Stat(filepath.Join(env, "done")); err == nil || !strings.Contains(*only, "fastapi") {
		return nil
	}
	pip := exec.CommandContext(ctx, *python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
		"--require-hashes", "--no-deps", "--target", env, "-r", "peers/fastapi/requirements.txt")
	pip.Stderr = os.Stderr
	if err := pip.Run(); err != nil {
		return fmt.Errorf("install FastAPI: %w", err)
	}
	return os.WriteFile(filepath.Join(env, "done"), nil, 0o644)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

var redisPID int

func startRedis(ctx context.Context) (string, func(), error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, *server, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--maxclients", "15000",
		"--client-output-buffer-limit", "pubsub", "256mb", "64mb", "60")
	cmd.Dir = *work
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start Redis: %w", err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", port)
	redisPID = cmd.Process.Pid
	return at, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, listening(at)
}

// startPeer starts a peer and gives its address and process.
func startPeer(ctx context.Context, peer, redisAt string, idle bool) (string, *exec.Cmd, error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	at := fmt.Sprintf("127.0.0.1:%d", port)
	cmd := exec.CommandContext(ctx, filepath.Join(*work, peer), "-addr", at, "-redis", redisAt)
	cmd.Env = os.Environ()
	if peer == "fastapi" {
		cmd = exec.CommandContext(ctx, *python, "-m", "uvicorn", "--app-dir", "peers/fastapi", "app:app", "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--log-level", "warning")
		cmd.Env = append(os.Environ(), "REDIS_URL=redis://"+redisAt, "PYTHONPATH="+filepath.Join(*work, "fastapi"))
	}
	if idle {
		cmd.Env = append(cmd.Env, "BENCH_GC=1")
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	return at, cmd, listening(at)
}

func listening(at string) error {
	for range 2400 {
		c, err := net.Dial("tcp", at)
		if err == nil {
			return c.Close()
		}
		time.Sleep(25 * time.Millisecond)
	}
	return fmt.Errorf("nothing listens at %s", at)
}
