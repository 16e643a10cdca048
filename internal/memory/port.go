package memory

import (
	"context"
	"encoding/json"
	"time"

	"crystalyse/internal/event"
)

// Store keeps memories. Every method answers for one user: another's memory is
// fault.CodeNotFound. Writes store their events in the same transaction.
type Store interface {
	// Write stores a draft, once per source: a repeated write gives the memory
	// that is there, and one that was forgotten stays so (fault.CodeConflict).
	Write(ctx context.Context, userID string, d Draft) (m Memory, created bool, err error)
	Get(ctx context.Context, userID, id string) (Memory, error)
	// List gives the newest first, those older than the id `before`.
	List(ctx context.Context, userID string, f Filter, before string, limit int) ([]Memory, error)
	// Edit changes a memory; a new content is embedded anew.
	Edit(ctx context.Context, userID, id string, p Patch) (Memory, error)
	// Forget removes a memory, vector and content, and leaves a record of when
	// and why it went. What was said in words is taken out of everything of the
	// user's that repeats it word for word.
	Forget(ctx context.Context, userID, id, reason string) error
	// ForgetAll removes all of a user's memories and gives how many there were.
	ForgetAll(ctx context.Context, userID string) (int, error)
	// Streaming gives the user's sessions of which live text may still be kept.
	Streaming(ctx context.Context, userID string) ([]string, error)
	// Used refreshes memories that were read.
	Used(ctx context.Context, userID string, ids []string) error
	// Contents gives the contents of those memories that there are.
	Contents(ctx context.Context, userID string, ids []string) (map[string]string, error)
	// Search gives the best matches. v may be empty: then words alone decide.
	Search(ctx context.Context, userID string, q Query, v Vector) ([]Hit, error)
	// OfDiscoveries gives the memories that stand for discoveries: what was
	// consolidated of each, else its working memories.
	OfDiscoveries(ctx context.Context, userID string, discoveryIDs []string) ([]string, error)
	// Note announces what was done with memories in a session's events.
	Note(ctx context.Context, userID, sessionID string, p event.Payload) error
	// Counts gives the number of memories of each type.
	Counts(ctx context.Context, userID string) (map[Type]int, error)
}

// Vector is an embedding with the model that made it. Vectors of two models are
// never compared.
type Vector struct {
	Model  string
	Values []float32
}

// Embedder makes vectors.
type Embedder interface {
	// Model names the model; it is stored with each vector.
	Model() string
	// Embed gives one vector a text. fault.CodeUnavailable when the service
	// does not answer.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Backlog is what the embedding sweeper and the re-embedding workflow work on.
type Backlog interface {
	// Unembedded gives memories without a vector, oldest first; with others, also
	// those with a vector of another model.
	Unembedded(ctx context.Context, model string, others bool, limit int) ([]Pending, error)
	// SetEmbeddings stores vectors; one whose memory changed meanwhile is dropped.
	SetEmbeddings(ctx context.Context, model string, vectors []Embedded) error
	// CheckModel refuses what cannot be the name of a model.
	CheckModel(model string) error
	// Arrange makes or renews the index of models with many vectors.
	Arrange(ctx context.Context) error
	// Embeddings counts memories by the model of their vector, "" for none.
	Embeddings(ctx context.Context) (map[string]int, error)
}

// Pending is a memory that waits for its vector.
type Pending struct{ ID, Content string }

// Embedded is its vector, and the content it is of.
type Embedded struct {
	Pending
	Vector []float32
}

// Consolidator starts the durable consolidation of a user's memories.
type Consolidator interface {
	// Consolidate begins it, or joins the one that runs. discoveryID narrows it
	// to the end of one discovery.
	Consolidate(ctx context.Context, userID, discoveryID string) error
}

// Filter narrows a search or a list; empty fields do not.
type Filter struct {
	SessionID string
	Types     []Type
	Formulas  []string // any of them
	Elements  []string // all of them
	Since     time.Time
	Until     time.Time
}

// Query is a search.
type Query struct {
	Filter
	Text  string
	Limit int
}

// Hit is a memory with how well it matches.
type Hit struct {
	Memory
	Similarity float64 `json:"similarity"` // cosine; 0 when vectors were not compared
	Score      float64 `json:"score"`      // fused, times relevance
}

// Patch is a change of a memory; nil leaves a field as it is.
type Patch struct {
	Content  *string          `json:"content"`
	Pinned   *bool            `json:"pinned"`
	Type     *Type            `json:"type"`
	Metadata *json.RawMessage `json:"metadata"`
}
