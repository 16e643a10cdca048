package chaosrelay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded/embeddedtest"
)

// redisServer is a Redis that can be restarted.
type redisServer struct {
	t    *testing.T
	bin  string
	dir  string
	port int
	cmd  *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &redisServer{t: t, bin: embeddedtest.RedisServer(t), dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
	require.NoError(t, l.Close())
	require.NoError(t, r.start())
	t.Cleanup(func() { r.kill() })
	return r
}

func (r *redisServer) addr() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

// start runs it as the product does: what was written in the last second may
// be lost.
func (r *redisServer) start() error {
	r.cmd = exec.Command(r.bin, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.dir, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
	if err := r.cmd.Start(); err != nil {
		return err
	}
	for range 600 {
		c, err := net.Dial("tcp", r.addr())
		if err == nil {
			return c.Close()
		}
		<-time.After(50 * time.Millisecond)
	}
	return errors.New("redis does not listen")
}

func (r *redisServer) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// proxy stands between the nodes and Redis and drops published messages.
type proxy struct {
	l       net.Listener
	to      string
	percent atomic.Int32
	dropped atomic.Int64
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{l: l, to: to, conns: map[net.Conn]struct{}{}}
	go p.accept()
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	return p
}

func (p *proxy) accept() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	up, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer up.Close()
	p.mu.Lock()
	p.conns[c], p.conns[up] = struct{}{}, struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.conns, c)
		delete(p.conns, up)
		p.mu.Unlock()
	}()
	go func() {
		_, _ = io.Copy(up, c)
		_ = up.Close()
	}()
	in := bufio.NewReader(up)
	for {
		value, err := readValue(in)
		if err != nil {
			return
		}
		if strings.HasPrefix(value[1:], "3\r\n$7\r\nmessage\r\n") && rand.Int32N(100) < p.percent.Load() {
			p.dropped.Add(1)
			continue
		}
		if _, err := io.WriteString(c, value); err != nil {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// readValue reads one value of the Redis protocol, as it is written.
func readValue(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:])) // only read where it is a number
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return line, nil
		}
		body := make([]byte, n+2)
		_, err := io.ReadFull(r, body)
		return line + string(body), err
	case '%':
		n *= 2
		fallthrough
	case '*', '>', '~':
		var b strings.Builder
		b.WriteString(line)
		for range max(n, 0) {
			v, err := readValue(r)
			if err != nil {
				return "", err
			}
			b.WriteString(v)
		}
		return b.String(), nil
	}
	return line, nil
}
