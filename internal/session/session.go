// Package session is a conversation of one user: many discoveries, one stream
// of events.
package session

import (
	"context"
	"time"
)

// Session is a conversation.
type Session struct {
	ID        string     `json:"id"`
	UserID    string     `json:"-"`
	Alias     string     `json:"alias,omitempty"`
	Title     string     `json:"title"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

// Store reads sessions, each for its owner only.
type Store interface {
	Get(ctx context.Context, userID, id string) (Session, error)
	List(ctx context.Context, userID, before string, limit int) ([]Session, error)
}

// Aliases opens sessions by names of their user's choice.
type Aliases interface {
	// Named gives the user's session of that name, opened on first use.
	Named(ctx context.Context, userID, alias string) (Session, error)
}
