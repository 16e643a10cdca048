package relay

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPacer: the first of a burst is told at once, all that come with it are told
// together later, and none is left untold.
func TestPacer(t *testing.T) {
	var mu sync.Mutex
	var p pacer
	events, known, told := 0, 0, 0
	done := make(chan struct{}, 1000)
	tell := func() {
		mu.Lock()
		defer mu.Unlock()
		p.over()
		known, told = events, told+1
		done <- struct{}{}
	}
	for range 1000 {
		mu.Lock()
		events++
		if p.now(tell) {
			known, told = events, told+1
		}
		if events == 1 {
			require.Equal(t, 1, known, "the first is told at once")
		}
		mu.Unlock()
	}
	for {
		mu.Lock()
		all, armed, times := known == events, p.armed, told
		mu.Unlock()
		if all {
			require.Less(t, times, 1000, "many go together")
			return
		}
		require.True(t, armed, "what is not told has a timer that will")
		<-done
	}
}

// TestPacerQuiet: after a quiet moment there is nothing to wait for.
func TestPacerQuiet(t *testing.T) {
	p := pacer{last: time.Now().Add(-2 * pace)}
	require.True(t, p.now(func() { t.Error("told later") }))
	require.False(t, p.armed)
}
