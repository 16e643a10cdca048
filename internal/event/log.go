package event

import "context"

// Log reads the durable events of a session in their order. Implementations
// answer only for the owner: another user's session is fault.CodeNotFound.
type Log interface {
	// After gives up to limit events of the session with ord > after, oldest
	// first. discoveryID narrows them to one discovery when not empty.
	After(ctx context.Context, userID, sessionID, discoveryID string, after int64, limit int) ([]Event, error)
}

// Appender writes durable events.
type Appender interface {
	// Append inserts the events in order and numbers them. An event whose id is
	// stored already is left as it is. An event of an attempt older than the
	// step's current one is refused with fault.CodeConflict: the attempt has
	// been superseded and its caller must stop.
	Append(ctx context.Context, scope Scope, events ...Event) error
}
