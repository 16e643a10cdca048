package relay

import "time"

// pace is how often the viewers of a busy session are told of new events. The
// first after a quiet moment is told at once; what comes sooner than this goes
// together in the next frame: each frame costs a write for each viewer, and nobody
// sees the difference.
const pace = 4 * time.Millisecond

// pacer spaces what a session's viewers are told. Its stream's lock guards it.
type pacer struct {
	last  time.Time
	timer *time.Timer
	armed bool // the timer will tell
}

// now reports whether to tell at once; otherwise tell is called later, unless it
// will be already.
func (p *pacer) now(tell func()) bool {
	if p.armed {
		return false
	}
	at := time.Now()
	wait := pace - at.Sub(p.last)
	if wait <= 0 {
		p.last = at
		return true
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, tell)
	} else {
		p.timer.Reset(wait)
	}
	return false
}

// over begins the next interval.
func (p *pacer) over() { p.armed, p.last = false, time.Now() }
