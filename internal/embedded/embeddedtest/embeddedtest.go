// Package embeddedtest starts real services for tests: PostgreSQL with pgvector,
// Redis and Temporal, the very programs the product embeds, on free ports and in
// temporary folders. They are started once for a test binary, by its first use,
// and ended with it.
package embeddedtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded"
)

// Root is the folder of the clone.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("the tests run outside of the clone")
	return ""
}

// StateDir is where installed software is shared between test runs.
func StateDir(t testing.TB) string {
	if dir := os.Getenv("CRYSTALYSE_TEST_STATE"); dir != "" {
		return dir
	}
	return filepath.Join(Root(t), ".crystalyse")
}

var (
	mu      sync.Mutex
	running *embedded.Services
	refs    int
)

// services starts the services for this test, or joins those of another one.
func services(t testing.TB) *embedded.Services {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if running == nil {
		dir, err := os.MkdirTemp("", "crystalyse-test-") //nolint:usetesting // outlives the test that started it
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		running, err = embedded.StartServices(ctx, StateDir(t), dir)
		require.NoError(t, err)
	}
	refs++
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if refs--; refs == 0 {
			require.NoError(t, running.Stop())
			running = nil
		}
	})
	return running
}

// Postgres gives the address of a fresh, empty database.
func Postgres(t testing.TB) string {
	t.Helper()
	s := services(t)
	raw := make([]byte, 6)
	_, err := rand.Read(raw)
	require.NoError(t, err)
	name := "t" + hex.EncodeToString(raw)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.Postgres)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(t, err)
	u, err := url.Parse(s.Postgres)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// Temporal gives the address of a Temporal server.
func Temporal(t testing.TB) string {
	t.Helper()
	return services(t).Temporal
}

// Redis gives the address of a Redis.
func Redis(t testing.TB) string {
	t.Helper()
	return services(t).Redis
}

// RedisServer gives the program, for a test that needs a Redis of its own.
func RedisServer(t testing.TB) string {
	t.Helper()
	return services(t).RedisServer
}
