package redis

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Forget drops the stream of a session: its next event begins a new one, under
// a new epoch, and viewers take what PostgreSQL has.
func (b *Bus) Forget(ctx context.Context, sessionID string) error {
	if err := b.rdb.Del(ctx, keys(sessionID)...).Err(); err != nil {
		return wrap(err)
	}
	b.compact(ctx)
	return nil
}

const (
	compactPatience = 2 * time.Second
	compactPause    = 50 * time.Millisecond
)

// compact has Redis write its file anew, when it keeps one: a log of commands
// still holds what was dropped. A Redis that is not ours may refuse; its file is
// then rewritten when it has grown.
func (b *Bus) compact(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	info, err := b.rdb.Info(ctx, "persistence").Result()
	if err != nil || !strings.Contains(info, "aof_enabled:1") {
		return
	}
	for {
		err := b.rdb.BgRewriteAOF(ctx).Err()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "in progress") { // one that began before the drop does not count
			slog.DebugContext(ctx, "Redis does not rewrite its file now", "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(compactPause):
		}
	}
}

// restartScript drops a stream, unless somebody has published to it or begun
// another one meanwhile.
var restartScript = redis.NewScript(`if redis.call('HGET', KEYS[2], 'o') == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[2]) end
return 0`)

// Restart lets go of a stream whose newest durable event is last.
func (b *Bus) Restart(ctx context.Context, sessionID string, last int64) error {
	return wrap(restartScript.Run(ctx, b.rdb, keys(sessionID), last).Err())
}
