// Package login keeps login sessions, revocations and socket tickets in Redis.
// Each ends by itself: its key has the lifetime of what it stands for.
package login

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

// Store is an auth.Store in Redis.
type Store struct{ client redis.UniversalClient }

var _ auth.Store = (*Store)(nil)

// Open gives a store at an address. It connects when it is first used: an API
// starts without its Redis.
func Open(url string) (*Store, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.Invalid("REDIS_URL", "is not a Redis address").WithHint("write redis://:password@host:6379/0")
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 3*time.Second, 2*time.Second, 2*time.Second
	o.ClientName = "crystalyse-login"
	return &Store{redis.NewClient(o)}, nil
}

// Close ends the connections.
func (s *Store) Close() error { return s.client.Close() }

// Ping tells whether Redis answers.
func (s *Store) Ping(ctx context.Context) error { return wrap(s.client.Ping(ctx).Err()) }

const (
	logins  = "auth:login:"
	revoked = "auth:revoked:"
	tickets = "auth:ticket:"
)

// SaveLogin keeps a login until it expires.
func (s *Store) SaveLogin(ctx context.Context, key string, l auth.Login) error {
	return s.save(ctx, logins+key, l, time.Until(l.Expires))
}

// FindLogin gives a login.
func (s *Store) FindLogin(ctx context.Context, key string) (auth.Login, error) {
	return decode[auth.Login](s.client.Get(ctx, logins+key))("login")
}

// EndLogin forgets a login; one that is gone already is no error.
func (s *Store) EndLogin(ctx context.Context, key string) error {
	return wrap(s.client.Del(ctx, logins+key).Err())
}

// Revoke remembers a token until it would have ended anyway.
func (s *Store) Revoke(ctx context.Context, tokenID string, until time.Time) error {
	// A little longer: clocks differ, and verifying allows for it.
	return s.save(ctx, revoked+auth.Hash(tokenID), true, time.Until(until)+time.Minute)
}

// Revoked says whether a token was revoked.
func (s *Store) Revoked(ctx context.Context, tokenID string) (bool, error) {
	n, err := s.client.Exists(ctx, revoked+auth.Hash(tokenID)).Result()
	return n > 0, wrap(err)
}

// SaveTicket keeps a ticket for auth.TicketTTL.
func (s *Store) SaveTicket(ctx context.Context, key string, t auth.Ticket) error {
	return s.save(ctx, tickets+key, t, auth.TicketTTL)
}

// TakeTicket gives a ticket to the first who asks.
func (s *Store) TakeTicket(ctx context.Context, key string) (auth.Ticket, error) {
	return decode[auth.Ticket](s.client.GetDel(ctx, tickets+key))("ticket")
}

func (s *Store) save(ctx context.Context, key string, v any, ttl time.Duration) error {
	if ttl <= 0 {
		return nil // over before it began
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return wrap(s.client.Set(ctx, key, body, ttl).Err())
}

func decode[T any](cmd *redis.StringCmd) func(what string) (T, error) {
	return func(what string) (T, error) {
		var v T
		body, err := cmd.Bytes()
		if errors.Is(err, redis.Nil) {
			return v, fault.New(fault.CodeNotFound, "the %s is unknown", what)
		}
		if err != nil {
			return v, wrap(err)
		}
		if err := json.Unmarshal(body, &v); err != nil {
			return v, fault.Wrap(fault.CodeInternal, err, "a stored %s is damaged", what)
		}
		return v, nil
	}
}

func wrap(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(fault.CodeUnavailable, err, "Redis, which keeps the logins, does not answer").WithHint("try again in a moment")
}
