package relay

import (
	"context"
	"time"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

// Rechecker is a Gate that knows whether what a viewer once proved still holds.
type Rechecker interface {
	// Standing gives fault.CodeUnknown when the token was revoked or the login
	// ended. Any other error means that it can not be told now.
	Standing(ctx context.Context, who auth.Identity) error
}

const recheckTimeout = 5 * time.Second

// recheck cuts those whose token was revoked or whose login was ended, each
// identity asked about once. Viewers stay while it can not be told: what is
// taken away is the way in, and a store that is away for a moment must not
// close every socket of the node.
func (r *Relay) recheck(conns []*conn) {
	gate, ok := r.Gate.(Rechecker)
	if !ok {
		return
	}
	by := map[[2]string][]*conn{}
	who := map[[2]string]auth.Identity{}
	for _, c := range conns {
		c.mu.Lock()
		id := c.who
		c.mu.Unlock()
		if id.TokenID != "" {
			key := [2]string{id.TokenID, id.Login}
			by[key], who[key] = append(by[key], c), id
		}
	}
	ctx, cancel := context.WithTimeout(r.ctx, recheckTimeout)
	defer cancel()
	for key, id := range who {
		if !fault.Is(gate.Standing(ctx, id), fault.CodeUnknown) {
			continue
		}
		for _, c := range by[key] {
			go c.close(closeLoginEnded, "the login has ended") // it may block in its farewell
		}
	}
}
