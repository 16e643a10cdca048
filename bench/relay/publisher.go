package main

import (
	"context"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
	goredis "github.com/redis/go-redis/v9"

	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/event"
)

// publisher sends consecutive events of one session, as the peer's own side does
// it: ours deduplicates, numbers, keeps and announces in one call; the raw copy
// and FastAPI only PUBLISH.
type publisher func(ctx context.Context, session string, from, to int64) error

// publishers have their connections; close ends them.
func newPublisher(peer, at string) (publisher, func(), error) {
	switch peer {
	case "ours":
		bus, err := redis.Open("redis://" + at + "/0")
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context, session string, from, to int64) error {
			var ms []event.Message
			for n := from; n <= to; n++ {
				ms = append(ms, event.Message{Ord: n, Mark: "00000000", Producer: "d/0/t1.llm", Attempt: 1, N: int(n), Body: payload(n)})
			}
			_, err := bus.Durable(ctx, session, from == 1, ms)
			return err
		}, func() { _ = bus.Close() }, nil
	case "centrifuge":
		return centrifugePublisher(at)
	}
	rdb := goredis.NewClient(&goredis.Options{Addr: at, PoolSize: 16})
	return func(ctx context.Context, session string, from, to int64) error {
		pipe := rdb.Pipeline()
		for n := from; n <= to; n++ {
			pipe.Publish(ctx, "session:"+session, payload(n))
		}
		_, err := pipe.Exec(ctx)
		return err
	}, func() { _ = rdb.Close() }, nil
}

func centrifugePublisher(at string) (publisher, func(), error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, nil, err
	}
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: at})
	if err != nil {
		return nil, nil, err
	}
	b, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	if err != nil {
		return nil, nil, err
	}
	node.SetBroker(b)
	if err := node.Run(); err != nil {
		return nil, nil, err
	}
	stop := func() { _ = node.Shutdown(context.Background()) }
	return func(_ context.Context, session string, from, to int64) error {
		for n := from; n <= to; n++ {
			if _, err := node.Publish("session:"+session, payload(n), centrifuge.WithHistory(1000, time.Hour)); err != nil {
				return err
			}
		}
		return nil
	}, stop, nil
}

func sessionName(i int) string { return "s" + strconv.Itoa(i) }
