// Package peers is what the peers written in Go share.
package peers

import (
	"os"
	"runtime/debug"
	"time"
)

// FreeMemory gives unused memory back every second when BENCH_GC is set, so that
// the memory of an idle socket can be read off.
func FreeMemory() {
	if os.Getenv("BENCH_GC") == "" {
		return
	}
	go func() {
		for range time.Tick(time.Second) {
			debug.FreeOSMemory()
		}
	}()
}
