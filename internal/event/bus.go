package event

import "context"

// Message is an event on its way to viewers: its encoded envelope with what the
// bus must know to keep order and to refuse what was said before.
type Message struct {
	Ord      int64  // place in the session's log; 0 for a live event
	Mark     string // tells a durable event from another one of its ord
	Producer string // <discovery>/<gen>/<step>; "" outside of steps
	Attempt  int
	N        int
	Body     []byte // JSON without line breaks
}

// Answer is what became of a publication.
type Answer struct {
	// Hole says that events are missing before the first one refused: publish
	// those after Last first. What came before the hole was taken.
	Hole bool
	// Fresh says that the stream knows no event yet: publish again from the
	// oldest unpublished one, with first set.
	Fresh bool
	// Other says that the stream has another event than the one to publish by its
	// newest ord: it is of a log that is gone.
	Other bool
	Last  int64  // ord of the newest durable event published
	Mark  string // of that event, when all of these durable ones were known
	Taken int    // messages that were new
}

// Bus takes events to viewers. Its stream of a session numbers all of them by
// seq without gaps, under an epoch that changes when anything may be lost.
type Bus interface {
	// Durable publishes durable events of a session strictly in the order of
	// their ord: what was published already is left out, and a gap is refused.
	// first allows a stream that knows no event to begin with the first message.
	Durable(ctx context.Context, sessionID string, first bool, messages []Message) (Answer, error)
	// Live publishes live events of one attempt, each once. An attempt older
	// than one that has spoken is ignored.
	Live(ctx context.Context, sessionID string, messages []Message) (Answer, error)
	// Restart lets go of the stream of a session if its newest durable event is
	// still last: the next publication begins another one, under a new epoch.
	Restart(ctx context.Context, sessionID string, last int64) error
}

// Delivery is an event with its place in the stream.
type Delivery struct {
	Seq  int64
	Body []byte
}

// Page is a piece of a session's stream with what is known of the whole. Epoch
// "" means that there is no stream.
type Page struct {
	Epoch      string
	Top        int64 // seq of the newest event
	First      int64 // seq of the oldest one kept; Top+1 when none is
	Deliveries []Delivery
}

// Newest asks Read for the newest events instead of those after a seq.
const Newest = -1

// Stream is how a node reads what the bus carries.
type Stream interface {
	// Listen keeps the node's one subscription connection until ctx ends, and
	// tells the listener what it hears. It never drops what arrives.
	Listen(ctx context.Context, l Listener)
	// Subscribe returns when announcements of the session are certain to be heard.
	Subscribe(ctx context.Context, sessionID string) error
	Unsubscribe(ctx context.Context, sessionID string) error
	// Read gives up to limit events with seq > after, or the newest.
	Read(ctx context.Context, sessionID string, after int64, limit int) (Page, error)
	// Tops gives epoch and top of many sessions at once.
	Tops(ctx context.Context, sessionIDs []string) ([]Page, error)
}

// Listener hears announcements. Its methods are called from one goroutine and
// must not block.
type Listener interface {
	// Announced gives consecutive events, the first with the given seq. The
	// bodies may be kept, not changed.
	Announced(sessionID, epoch string, first int64, bodies [][]byte)
	// Connected says that the connection is new: nothing is subscribed on it,
	// and anything may have been missed.
	Connected()
	// Disconnected says that nothing is heard until Connected.
	Disconnected(err error)
}

// Live sends events that are not stored. It never blocks, keeps the order of an
// attempt, and may drop: what is live only may be lost.
type Live interface {
	Send(events ...Event)
}
