// Command raw is the least a relay can do: what Redis publishes on a channel is
// copied to the sockets of its session, one frame an event. Nothing is kept.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"crystalyse/bench/relay/peers"
)

type socket struct {
	ws    *websocket.Conn
	queue chan []byte
}

type server struct {
	pubsub   *redis.PubSub
	upgrader websocket.Upgrader

	mu       sync.RWMutex
	channels map[string][]*socket
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "")
	at := flag.String("redis", "", "")
	flag.Parse()
	peers.FreeMemory()
	s := &server{channels: map[string][]*socket{}, upgrader: websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}}
	s.pubsub = redis.NewClient(&redis.Options{Addr: *at}).Subscribe(context.Background(), "none")
	go s.copy()
	srv := &http.Server{Addr: *addr, Handler: s, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(srv.ListenAndServe())
}

func (s *server) copy() {
	for {
		m, err := s.pubsub.ReceiveMessage(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		body := []byte(m.Payload)
		s.mu.RLock()
		for _, c := range s.channels[m.Channel] {
			select {
			case c.queue <- body:
			default:
				_ = c.ws.NetConn().Close() // too slow for a copy
			}
		}
		s.mu.RUnlock()
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &socket{ws, make(chan []byte, 256)}
	c.queue <- []byte(`{"ready":true}`)
	channel := "session:" + path.Base(r.URL.Path)
	s.mu.Lock()
	first := len(s.channels[channel]) == 0
	s.channels[channel] = append(s.channels[channel], c)
	s.mu.Unlock()
	if first {
		_ = s.pubsub.Subscribe(context.Background(), channel)
	}
	go func() {
		for body := range c.queue {
			if ws.WriteMessage(websocket.TextMessage, body) != nil {
				return
			}
		}
	}()
	for {
		if _, _, err := ws.NextReader(); err != nil {
			return // the run ends with its sockets: nothing to clean up
		}
	}
}
