// Package transcript is the ledger of a discovery's messages: append-only and
// content-addressed, so that a workflow carries only the id of its head and a
// fork is a new head pointing at an old message.
package transcript

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"crystalyse/internal/llm"
)

// Entry is a message with its place in the ledger. The ID hashes the discovery,
// the parent and the message: the same reply written twice is one entry.
type Entry struct {
	ID          string
	ParentID    string // "" at the root
	DiscoveryID string
	UserID      string
	Step        string // the step that wrote it, "" for the opening messages
	Message     llm.Message
	Usage       llm.Usage
}

// NewEntry builds an entry and its id.
func NewEntry(discoveryID, userID, parentID, step string, m llm.Message, u llm.Usage) (Entry, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return Entry{}, err
	}
	h := sha256.New()
	for _, part := range []string{discoveryID, parentID, step, string(body)} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return Entry{
		ID: hex.EncodeToString(h.Sum(nil))[:32], ParentID: parentID, DiscoveryID: discoveryID,
		UserID: userID, Step: step, Message: m, Usage: u,
	}, nil
}

// Ledger reads transcripts. Writing happens with the step it belongs to
// (discovery.Steps).
type Ledger interface {
	// Load gives the messages from the root to head, oldest first.
	Load(ctx context.Context, head string) ([]Entry, error)
}
