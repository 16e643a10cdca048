package embedded

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// LocalEmbeddingModel is the model of the embedding server that a stack starts
// when no other endpoint is configured.
const LocalEmbeddingModel = "all-MiniLM-L6-v2"

// embedding is the stack's own embedding server: its port, and the token that
// only this start's processes know.
type embedding struct {
	port  int
	token string
}

// newEmbedding gives nil when another endpoint embeds.
func newEmbedding(cfg *config.Config, port int) (*embedding, error) {
	if _, outside := cfg.Embedding(); outside {
		return nil, nil
	}
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	return &embedding{port: port, token: hex.EncodeToString(raw)}, nil
}

func (e *embedding) origin() string { return fmt.Sprintf("http://127.0.0.1:%d", e.port) }

// environ tells API and worker where the server is. They start before it: until
// it answers, memory is searched by its text alone.
func (e *embedding) environ() []string {
	if e == nil {
		return nil
	}
	return []string{"CRYSTALYSE_EMBEDDING_BASE_URL=" + e.origin() + "/v1", "CRYSTALYSE_EMBEDDING_API_KEY=" + e.token, "CRYSTALYSE_EMBEDDING_MODEL=" + LocalEmbeddingModel}
}

func (e *embedding) command(cfg *config.Config) func() (*exec.Cmd, error) {
	return func() (*exec.Cmd, error) {
		python, err := Python(cfg, "ml")
		if err != nil {
			return nil, err
		}
		dir, err := unpackServers(cfg)
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(python, "-m", "crystalyse_embedding")
		cmd.Env = append(ServerEnv(cfg), "PYTHONPATH="+filepath.Join(dir, "embedding"), fmt.Sprintf("CRYSTALYSE_EMBEDDING_PORT=%d", e.port), "CRYSTALYSE_EMBEDDING_API_KEY="+e.token)
		return cmd, nil
	}
}

// startEmbedding runs the server, if it is ours to run. A server that does not
// come up delays memory and nothing else.
func (s *Stack) startEmbedding(ctx context.Context) {
	if s.embedding == nil {
		return
	}
	c := s.child("embedding", s.embedding.command(s.cfg), answers(s.embedding.origin()+"/healthz"), s.embedding.origin())
	c.boot = 5 * time.Minute // a cold disk reads torch slowly
	if err := c.start(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("the embedding server does not start; memory is searched by text alone", "error", err, "next", fault.Hint(err))
	}
}

// EmbeddingServer is an embedding server of its own, for tests and benchmarks.
type EmbeddingServer struct {
	BaseURL, APIKey, Model string
	child                  *child
}

// StartEmbedding runs the local embedding server with the installed software.
func StartEmbedding(ctx context.Context, softwareDir, dir string) (*EmbeddingServer, error) {
	cfg, err := config.Load(nil, []string{"CRYSTALYSE_STATE_DIR=" + dir, "CRYSTALYSE_PORT=0", "CRYSTALYSE_ENV_DIR=" + filepath.Join(softwareDir, "envs")})
	if err != nil {
		return nil, err
	}
	s, err := newBare(cfg)
	if err != nil {
		return nil, err
	}
	e, err := newEmbedding(cfg, s.ports.Embedding)
	if err != nil {
		return nil, err
	}
	c := s.child("embedding", e.command(cfg), answers(e.origin()+"/healthz"), e.origin())
	c.boot = 5 * time.Minute
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	return &EmbeddingServer{BaseURL: e.origin() + "/v1", APIKey: e.token, Model: LocalEmbeddingModel, child: c}, nil
}

// Stop ends the server.
func (e *EmbeddingServer) Stop() error { return e.child.halt() }

// PID is the server's process.
func (e *EmbeddingServer) PID() int {
	e.child.mu.Lock()
	defer e.child.mu.Unlock()
	return e.child.cmd.Process.Pid
}
