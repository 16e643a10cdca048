// Package auth says who asks: signed tokens, the login sessions a browser gets
// for one, and the single-use tickets that open a socket.
//
// A token names its user and its end, and is signed with one of the configured
// keys (HS256). Everything that must be forgotten early or used once lives
// behind Store, under the hash of its secret: who reads the store can not log
// in with what is there.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"time"

	"crystalyse/internal/fault"
)

// Method is how a request proved whose it is.
type Method string

// The methods.
const (
	BySingle Method = "single" // being on this machine
	ByBearer Method = "bearer" // a token in the Authorization header
	ByCookie Method = "cookie" // a login session
	ByTicket Method = "ticket" // a single-use ticket, for sockets
)

// Identity is who asks.
type Identity struct {
	UserID  string
	By      Method
	TokenID string    // the token it goes back to; "" in single mode
	Expires time.Time // when it ends; zero in single mode
	Login   string    // the key of the login session it goes back to; "" without one
	CSRF    string    // what mutating requests of a login session must repeat
}

// Login is a browser's session, made from a token and ending with it at the
// latest.
type Login struct {
	UserID  string    `json:"user_id"`
	TokenID string    `json:"token_id"`
	CSRF    string    `json:"csrf"`
	Expires time.Time `json:"expires"`
}

// Ticket is what a single-use ticket stands for.
type Ticket struct {
	UserID  string    `json:"user_id"`
	TokenID string    `json:"token_id"`
	Login   string    `json:"login,omitempty"` // the key of its login session, if it was made in one
	Expires time.Time `json:"expires"`         // of the identity, not of the ticket
}

// TicketTTL is how long a ticket waits for its socket.
const TicketTTL = 30 * time.Second

// Store keeps logins, revocations and tickets, each until its end. Keys are
// hashes of secrets; see Hash.
type Store interface {
	SaveLogin(ctx context.Context, key string, l Login) error
	// FindLogin gives a login; fault.CodeNotFound when it ended.
	FindLogin(ctx context.Context, key string) (Login, error)
	EndLogin(ctx context.Context, key string) error
	// Revoke makes a token worthless; until is the token's own end.
	Revoke(ctx context.Context, tokenID string, until time.Time) error
	Revoked(ctx context.Context, tokenID string) (bool, error)
	SaveTicket(ctx context.Context, key string, t Ticket) error
	// TakeTicket gives a ticket and forgets it in one step; fault.CodeNotFound
	// when it was used, expired or never made.
	TakeTicket(ctx context.Context, key string) (Ticket, error)
}

var userPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$`)

// CheckUser refuses a name that can not be a user's.
func CheckUser(name string) error {
	if !userPattern.MatchString(name) {
		return fault.Invalid("user_id", "must be 1 to 128 of the characters A-Z a-z 0-9 . _ @ + - and begin with a letter or digit")
	}
	return nil
}

// Secret gives 256 random bits as text.
func Secret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails since Go 1.24; it would end the program
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Hash is the key under which a secret is stored.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
