package relay

import "sync"

// maxPens is how many goroutines may wait for a viewer to write to.
const maxPens = 64

// pens are the goroutines that write to viewers. One whose viewer has everything
// waits for the next viewer instead of ending, because its stack has grown to
// what a write needs: a new goroutine grows it again each time.
type pens struct {
	mu     sync.Mutex
	free   []chan *conn // guarded by mu; those that wait
	closed bool         // guarded by mu
}

// write lets a pen write to the viewer. It never blocks.
func (p *pens) write(c *conn) {
	p.mu.Lock()
	n := len(p.free)
	if n == 0 {
		p.mu.Unlock()
		go p.serve(c)
		return
	}
	next := p.free[n-1]
	p.free = p.free[:n-1]
	p.mu.Unlock()
	next <- c // it has room for one
}

func (p *pens) serve(c *conn) {
	next := make(chan *conn, 1)
	for ok := true; ok; c, ok = <-next {
		c.write()
		if !p.wait(next) {
			return
		}
	}
}

func (p *pens) wait(next chan *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.free) >= maxPens {
		return false
	}
	p.free = append(p.free, next)
	return true
}

// close ends the pens that wait. Later ones end after their viewer.
func (p *pens) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, next := range p.free {
		close(next)
	}
	p.free = nil
}
