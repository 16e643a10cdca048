package chaosrelay

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/discovery"
)

type noStarter struct{}

func (noStarter) Start(context.Context, discovery.Discovery) error { return nil }

// runNode is an API node: the relay on real Redis and PostgreSQL, in a process
// of its own that can be killed.
func runNode() int {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	db, err := postgres.Open(context.Background(), os.Getenv("CHAOS_DB"))
	if err != nil {
		log.Error("node", "error", err)
		return 1
	}
	bus, err := redis.Open(os.Getenv("CHAOS_REDIS"))
	if err != nil {
		log.Error("node", "error", err)
		return 1
	}
	r := relay.New(relay.Deps{
		Stream: bus, History: db, Sessions: db.Named(), Gate: relaytest.Gate{}, Discoveries: db, Runner: noStarter{}, Logger: log,
		Limits: relay.Limits{PerUser: 10_000, Handshakes: 10_000, Beat: 3 * time.Second, CheckEvery: 2 * time.Second, RingIdle: 2 * time.Second},
	})
	l, err := net.Listen("tcp", os.Getenv("CHAOS_NODE"))
	if err != nil {
		log.Error("node", "error", err)
		return 1
	}
	fmt.Println("listening", l.Addr())
	srv := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	if err := srv.Serve(l); err != nil {
		log.Error("node", "error", err)
	}
	return 1
}

// node is a running API node.
type node struct {
	db, redis string

	mu   sync.Mutex
	addr string // guarded by mu; kept over restarts
	cmd  *exec.Cmd
}

// start runs the node where it was, or on another port if somebody has taken its
// own meanwhile.
func (n *node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.addr != "" && n.startAt(n.addr) == nil {
		return nil
	}
	return n.startAt("127.0.0.1:0")
}

func (n *node) startAt(addr string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "CHAOS_NODE="+addr, "CHAOS_DB="+n.db, "CHAOS_REDIS="+n.redis)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("the node said nothing: %w", err)
	}
	n.cmd, n.addr = cmd, strings.TrimSpace(strings.TrimPrefix(line, "listening "))
	return nil
}

// kill ends the node without a word.
func (n *node) kill() {
	n.mu.Lock()
	cmd := n.cmd
	n.mu.Unlock()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func (n *node) url(session string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return "ws://" + n.addr + "/ws/discovery/" + session
}

func startNodes(t *testing.T, count int, db, redis string) []*node {
	t.Helper()
	var out []*node
	for range count {
		n := &node{db: db, redis: redis}
		require.NoError(t, n.start())
		t.Cleanup(n.kill)
		out = append(out, n)
	}
	return out
}
