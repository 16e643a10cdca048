package redis

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Forget drops the stream of a session: its next event begins a new one, under
// a new epoch, and viewers take what PostgreSQL has.
func (b *Bus) Forget(ctx context.Context, sessionID string) error {
	return wrap(b.rdb.Del(ctx, keys(sessionID)...).Err())
}

// restartScript drops a stream, unless somebody has published to it or begun
// another one meanwhile.
var restartScript = redis.NewScript(`if redis.call('HGET', KEYS[2], 'o') == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[2]) end
return 0`)

// Restart lets go of a stream whose newest durable event is last.
func (b *Bus) Restart(ctx context.Context, sessionID string, last int64) error {
	return wrap(restartScript.Run(ctx, b.rdb, keys(sessionID), last).Err())
}
