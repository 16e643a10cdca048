package embedded

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// steps tells each step to the test.
type steps chan string

func (s steps) Step(_, doing string) { s <- doing }
func (s steps) Done(_, _ string)     {}
func (s steps) Failed(string, error) {}

// TestAStackThatAnotherCommandStartsIsWaitedFor: `discover` beside a `make run`
// that still installs.
func TestAStackThatAnotherCommandStartsIsWaitedFor(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	unlock, err := lockState(cfg)
	require.NoError(t, err)
	defer unlock()
	told := make(steps, 8)
	ctx, cancel := context.WithCancel(t.Context())
	type answer struct {
		address string
		started bool
		err     error
	}
	ask := func(ctx context.Context) <-chan answer {
		out := make(chan answer, 1)
		go func() {
			address, started, err := EnsureRunning(ctx, cfg, told)
			out <- answer{address, started, err}
		}()
		require.Equal(t, "waiting for the one that another command starts", <-told)
		return out
	}
	left := ask(ctx)
	cancel()
	require.ErrorIs(t, (<-left).err, context.Canceled, "who gives up is let go")

	found := ask(t.Context())
	me := os.Getpid()
	require.NoError(t, writeJSON(infoPath(cfg), Info{PID: me, Started: startTime(me), API: "http://127.0.0.1:1", Ready: true}))
	require.Equal(t, answer{address: "http://127.0.0.1:1"}, <-found)
}

// TestNobodyHasAStack: the folder is free, or its holder lets go without one.
func TestNobodyHasAStack(t *testing.T) {
	t.Parallel()
	cfg := stateOf(t)
	_, ready, err := another(t.Context(), cfg, make(steps, 1))
	require.NoError(t, err)
	require.False(t, ready)

	unlock, err := lockState(cfg)
	require.NoError(t, err)
	told, done := make(steps, 1), make(chan error, 1)
	go func() {
		_, ready, err := another(t.Context(), cfg, told)
		if ready {
			err = errors.New("there is no stack")
		}
		done <- err
	}()
	<-told
	unlock()
	require.NoError(t, <-done)
}
