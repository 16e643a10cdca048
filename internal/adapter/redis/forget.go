package redis

import "context"

// Forget drops the stream of a session: its next event begins a new one, under
// a new epoch, and viewers take what PostgreSQL has.
func (b *Bus) Forget(ctx context.Context, sessionID string) error {
	return wrap(b.rdb.Del(ctx, keys(sessionID)...).Err())
}
