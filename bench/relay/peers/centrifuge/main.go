// Command centrifuge is the library of that name with its Redis broker: history,
// positions and recovery on, the only peer with comparable guarantees.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"crystalyse/bench/relay/peers"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "")
	at := flag.String("redis", "", "")
	flag.Parse()
	peers.FreeMemory()
	node, err := centrifuge.New(centrifuge.Config{ClientQueueMaxSize: 4 << 20})
	if err != nil {
		log.Fatal(err)
	}
	if err := Broker(node, *at); err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "bench"}, MaxMessagesInFrame: -1}, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnableRecovery: true, EnablePositioning: true}}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	h := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{CheckOrigin: func(*http.Request) bool { return true }})
	srv := &http.Server{Addr: *addr, Handler: h, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(srv.ListenAndServe())
}

// Broker sets the node's Redis broker.
func Broker(node *centrifuge.Node, at string) error {
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: at})
	if err != nil {
		return err
	}
	b, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	if err != nil {
		return err
	}
	node.SetBroker(b)
	return nil
}
