package rest

import (
	"sync"
	"time"

	"crystalyse/internal/fault"
)

// Rate limits one user, so that one script can not take the server from the
// others.
type Rate struct {
	// PerMinute is how many requests a user may make in the long run. Defaults
	// to 1200; negative means no limit.
	PerMinute int
	// Burst is how many may come at once. Defaults to 200.
	Burst int
	// Open is how many may be answered at the same time; waiting readers of
	// events count. Defaults to 64.
	Open int
}

// maxUsers bounds the memory of the limiter. Above it, users who have not asked
// for long start anew, which gives nobody more than one burst.
const maxUsers = 10_000

// Limiter has the buckets of all users of this process, whichever door they use.
type Limiter struct {
	Rate
	now func() time.Time

	mu    sync.Mutex
	users map[string]*bucket // guarded by mu
}

// bucket is guarded by Limiter.mu.
type bucket struct {
	tokens float64
	at     time.Time
	open   int
}

// NewLimiter gives a limiter nobody has met yet. A nil now is time.Now.
func NewLimiter(r Rate, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	if r.PerMinute == 0 {
		r.PerMinute = 1200
	}
	if r.Burst <= 0 {
		r.Burst = 200
	}
	if r.Open <= 0 {
		r.Open = 64
	}
	return &Limiter{Rate: r, now: now, users: map[string]*bucket{}}
}

// Enter counts a request in; the caller calls done when it is answered.
func (r *Limiter) Enter(userID string) (done func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.bucket(userID)
	if r.PerMinute > 0 && b.tokens < 1 {
		return nil, fault.New(fault.CodeLimit, "more than %d requests a minute", r.PerMinute).WithHint("wait a moment, then go on slower")
	}
	if b.open >= r.Open {
		return nil, fault.New(fault.CodeLimit, "more than %d requests at the same time", r.Open).WithHint("wait until some are answered")
	}
	b.tokens--
	b.open++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		b.open--
	}, nil
}

// bucket gives a user's bucket, filled up to now. The caller holds the lock.
func (r *Limiter) bucket(userID string) *bucket {
	now := r.now()
	b := r.users[userID]
	if b == nil {
		if len(r.users) >= maxUsers {
			r.forget(now)
		}
		b = &bucket{tokens: float64(r.Burst), at: now}
		r.users[userID] = b
	}
	b.tokens = min(float64(r.Burst), b.tokens+now.Sub(b.at).Minutes()*float64(r.PerMinute))
	b.at = now
	return b
}

// forget drops the users who are at rest.
func (r *Limiter) forget(now time.Time) {
	for name, b := range r.users {
		if b.open == 0 && now.Sub(b.at) > time.Minute {
			delete(r.users, name)
		}
	}
}
