package resttest

import (
	"context"
	"sync"
	"time"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

// Logins is an auth.Store in memory. Break makes it answer that it is away.
type Logins struct {
	mu      sync.Mutex
	logins  map[string]auth.Login
	tickets map[string]auth.Ticket
	revoked map[string]bool
	broken  bool
}

var _ auth.Store = (*Logins)(nil)

// NewLogins gives an empty store.
func NewLogins() *Logins {
	return &Logins{logins: map[string]auth.Login{}, tickets: map[string]auth.Ticket{}, revoked: map[string]bool{}}
}

// Break says whether the store is away.
func (l *Logins) Break(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

// locked runs f unless the store is away.
func (l *Logins) locked(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return fault.New(fault.CodeUnavailable, "Redis does not answer")
	}
	return f()
}

// SaveLogin keeps a login.
func (l *Logins) SaveLogin(_ context.Context, key string, x auth.Login) error {
	return l.locked(func() error { l.logins[key] = x; return nil })
}

// FindLogin gives one.
func (l *Logins) FindLogin(_ context.Context, key string) (x auth.Login, err error) {
	err = l.locked(func() (err error) { x, err = find(l.logins, key); return err })
	return x, err
}

// EndLogin forgets one.
func (l *Logins) EndLogin(_ context.Context, key string) error {
	return l.locked(func() error { delete(l.logins, key); return nil })
}

// Revoke remembers a token.
func (l *Logins) Revoke(_ context.Context, tokenID string, _ time.Time) error {
	return l.locked(func() error { l.revoked[tokenID] = true; return nil })
}

// Revoked says whether it does.
func (l *Logins) Revoked(_ context.Context, tokenID string) (gone bool, err error) {
	err = l.locked(func() error { gone = l.revoked[tokenID]; return nil })
	return gone, err
}

// SaveTicket keeps a ticket.
func (l *Logins) SaveTicket(_ context.Context, key string, x auth.Ticket) error {
	return l.locked(func() error { l.tickets[key] = x; return nil })
}

// TakeTicket gives one, once.
func (l *Logins) TakeTicket(_ context.Context, key string) (x auth.Ticket, err error) {
	err = l.locked(func() (err error) { x, err = find(l.tickets, key); delete(l.tickets, key); return err })
	return x, err
}

func find[T any](m map[string]T, key string) (T, error) {
	x, ok := m[key]
	if !ok {
		return x, fault.New(fault.CodeNotFound, "unknown")
	}
	return x, nil
}
