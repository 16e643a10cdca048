// Package chaosrelay breaks everything between a discovery and its viewers, at
// once and again and again, and then asks every viewer what it has seen. The
// short form is part of the tests; `make chaos-relay` is the long one.
package chaosrelay

import (
	"flag"
	"os"
	"testing"
	"time"
)

var (
	wantEvents   = flag.Int("events", 6000, "events to publish at least")
	wantViewers  = flag.Int("viewers", 16, "viewers")
	wantSessions = flag.Int("sessions", 6, "sessions")
	reconnects   = flag.Int("reconnects", 60, "random reconnects at least")
	calm         = flag.Duration("calm", 700*time.Millisecond, "between two breakages")
	nodes        = flag.Int("nodes", 2, "API nodes")
)

// TestMain is the test, or with CHAOS_NODE set one API node of it.
func TestMain(m *testing.M) {
	if os.Getenv("CHAOS_NODE") != "" {
		os.Exit(runNode())
	}
	flag.Parse()
	os.Exit(m.Run())
}
