package embedded

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

func pidText() string { return strconv.Itoa(os.Getpid()) }

// Ports are those in use by a stack; they are remembered, so that a restart
// keeps them where it can.
type Ports struct {
	API        int `json:"api"`
	Postgres   int `json:"postgres"`
	Redis      int `json:"redis"`
	Temporal   int `json:"temporal"`
	TemporalUI int `json:"temporal_ui"`
	Metrics    int `json:"temporal_metrics"`
	Embedding  int `json:"embedding"`
	Worker     int `json:"worker_metrics"`
}

// candidates are the ports to try: those that are named, where they are; then
// some below those that systems give to outgoing connections, one of which could
// take the port between now and the start of its service; then (0) whatever the
// system gives.
func candidates(named ...int) (ports []int) {
	const from, to, some = 12_000, 32_000, 20
	for _, n := range named {
		if n != 0 {
			ports = append(ports, n)
		}
	}
	for range some {
		ports = append(ports, from+rand.IntN(to-from))
	}
	return append(ports, 0)
}

// choosePorts takes the configured ports, else the remembered ones, else free
// ones. moved names the ports that were wanted and are taken.
func choosePorts(cfg *config.Config, last Ports) (p Ports, moved []string, err error) {
	held := []net.Listener{}
	defer func() {
		for _, l := range held {
			_ = l.Close() // they were held only to keep the choices distinct
		}
	}()
	take := func(name string, wanted, remembered int) (int, error) {
		for _, n := range candidates(wanted, remembered) {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n))
			if err != nil {
				continue
			}
			held = append(held, l)
			got := l.Addr().(*net.TCPAddr).Port
			if wanted != 0 && got != wanted {
				moved = append(moved, fmt.Sprintf("%s: port %d is taken, using %d", name, wanted, got))
			}
			return got, nil
		}
		return 0, fault.New(fault.CodeUnavailable, "there is no free port for %s on 127.0.0.1", name)
	}
	for _, c := range []struct {
		name               string
		at                 *int
		wanted, remembered int
	}{
		{"web address", &p.API, cfg.Port, last.API}, {"PostgreSQL", &p.Postgres, cfg.PostgresPort, last.Postgres},
		{"Redis", &p.Redis, cfg.RedisPort, last.Redis}, {"Temporal", &p.Temporal, cfg.TemporalPort, last.Temporal},
		{"Temporal UI", &p.TemporalUI, cfg.TemporalUIPort, last.TemporalUI},
		// Named, because the server would take any free one: perhaps a neighbor's.
		{"Temporal metrics", &p.Metrics, 0, last.Metrics},
		{"embeddings", &p.Embedding, 0, last.Embedding}, {"the worker's metrics", &p.Worker, 0, last.Worker},
	} {
		if *c.at, err = take(c.name, c.wanted, c.remembered); err != nil {
			return p, moved, err
		}
	}
	return p, moved, nil
}
