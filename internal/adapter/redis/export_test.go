package redis

import "time"

// SetNow gives the bus another clock.
func (b *Bus) SetNow(now func() time.Time) { b.now = now }
