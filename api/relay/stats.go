package relay

import (
	"sync"
	"sync/atomic"
)

// stats count what the relay does, for metrics.
type stats struct {
	connections, opened, full             atomic.Int64
	joins, tails, snapshots, resets, cold atomic.Int64
	events, frames                        atomic.Int64
	duplicates, repairs, found            atomic.Int64
	lagged, stalled                       atomic.Int64
	connects                              atomic.Int64

	mu     sync.Mutex
	closes map[int]int64 // guarded by mu; by close code
}

func (s *stats) closed(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closes == nil {
		s.closes = map[int]int64{}
	}
	s.closes[code]++
}

// Counts are the relay's numbers since its start, but for Connections, which is
// now.
type Counts struct {
	Connections, Opened                   int64
	Full                                  int64 // handshakes refused because the node was full
	Joins, Tails, Snapshots, Resets, Cold int64
	Events, Frames                        int64
	Duplicates                            int64 // announced again
	Reads                                 int64 // of the bus, to repair or to go on
	QuietLosses                           int64 // found by comparing, not by the next event
	Lagging, Stalled                      int64
	BusConnections                        int64
	Closes                                map[int]int64 // by close code
}

// Counts gives the relay's numbers.
func (r *Relay) Counts() Counts {
	s := &r.stats
	s.mu.Lock()
	closes := make(map[int]int64, len(s.closes))
	for k, v := range s.closes {
		closes[k] = v
	}
	s.mu.Unlock()
	return Counts{
		Connections: s.connections.Load(), Opened: s.opened.Load(), Full: s.full.Load(), Joins: s.joins.Load(), Tails: s.tails.Load(),
		Snapshots: s.snapshots.Load(), Resets: s.resets.Load(), Cold: s.cold.Load(), Events: s.events.Load(), Frames: s.frames.Load(),
		Duplicates: s.duplicates.Load(), Reads: s.repairs.Load(), QuietLosses: s.found.Load(), Lagging: s.lagged.Load(),
		Stalled: s.stalled.Load(), BusConnections: s.connects.Load(), Closes: closes,
	}
}
