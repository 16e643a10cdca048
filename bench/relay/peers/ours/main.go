// Command ours is the product's relay on the product's Redis bus, with a history
// that is empty: everything is on as in the product, dedupe, seq, stream, resume.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"crystalyse/api/relay"
	"crystalyse/bench/relay/peers"
	"crystalyse/internal/adapter/redis"
	"crystalyse/internal/auth"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/session"
)

type world struct{}

func (world) After(context.Context, string, string, string, int64, int) ([]event.Event, error) {
	return nil, nil
}
func (world) LastOrd(context.Context, string, string) (int64, error) { return 0, nil }
func (world) Get(_ context.Context, user, id string) (session.Session, error) {
	return session.Session{ID: id, UserID: user}, nil
}
func (world) Named(_ context.Context, user, name string) (session.Session, error) {
	return session.Session{ID: name, UserID: user}, nil
}
func (world) Admit(*http.Request) error { return nil }
func (world) Identify(*http.Request) (auth.Identity, error) {
	return auth.Identity{UserID: "bench"}, nil
}
func (world) Redeem(context.Context, string) (auth.Identity, error) { return auth.Identity{}, nil }
func (world) Create(context.Context, discovery.Request) (discovery.Discovery, bool, error) {
	return discovery.Discovery{}, false, nil
}
func (world) Start(context.Context, discovery.Discovery) error { return nil }

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "")
	at := flag.String("redis", "", "")
	flag.Parse()
	peers.FreeMemory()
	bus, err := redis.Open("redis://" + *at + "/0")
	if err != nil {
		log.Fatal(err)
	}
	w := world{}
	r := relay.New(relay.Deps{Stream: bus, History: w, Sessions: w, Gate: w, Discoveries: w, Runner: w,
		Limits: relay.Limits{PerUser: 1 << 20, Handshakes: 1 << 20}})
	srv := &http.Server{Addr: *addr, Handler: r, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(srv.ListenAndServe())
}
