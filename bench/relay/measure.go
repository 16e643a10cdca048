package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"crystalyse/internal/adapter/redis"
)

// window is how many events of a session may be on their way: the maximum is
// measured without loss, not by pushing until something breaks.
const window = 24

const burst = 4 // events of a session published together

// measure runs one peer through one scenario.
func measure(ctx context.Context, peer string, sc scenario, redisAt string) (result, error) {
	r := result{Peer: peer, Scenario: sc.name, Load: loadAverage()}
	admin := goredis.NewClient(&goredis.Options{Addr: redisAt})
	defer admin.Close()
	if err := admin.FlushAll(ctx).Err(); err != nil {
		return r, err
	}
	at, cmd, err := startPeer(ctx, peer, redisAt, sc.idle || sc.stalled)
	if err != nil {
		return r, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	pub, done, err := newPublisher(peer, redisAt)
	if err != nil {
		return r, err
	}
	defer done()
	epochs, err := prepare(ctx, peer, sc, pub, redisAt)
	if err != nil {
		return r, err
	}
	pid := cmd.Process.Pid
	cpu0, rss0 := usage(pid)
	m := &meter{got: make([]atomic.Int64, sc.sessions)}
	began := time.Now()
	if err := m.connect(ctx, at, peer, sc, epochs); err != nil {
		return r, err
	}
	defer m.close()
	switch took := time.Since(began).Seconds(); {
	case sc.idle:
		time.Sleep(3 * time.Second)
		_, rss := usage(pid)
		r.KBPerSocket = float64(rss-rss0) / float64(sc.viewers)
	case sc.resume > 0:
		cpu, _ := usage(pid)
		var all []int64
		for _, v := range m.viewers {
			all = append(all, v.took.Microseconds())
		}
		r.P50, r.P99 = percentiles(all)
		r.PerSecond, r.MicrosPer = float64(sc.viewers)/took, (cpu-cpu0)/float64(sc.viewers)*1e6
	case sc.stalled:
		if err := m.stallRun(ctx, at, pub, pid, &r); err != nil {
			return r, err
		}
	default:
		if err := m.push(ctx, peer, sc, pub, pid, &r); err != nil {
			return r, err
		}
	}
	for _, v := range m.viewers {
		r.Gaps, r.Doubles = r.Gaps+v.gaps, r.Doubles+v.doubles
	}
	return r, nil
}

// prepare publishes what is to be resumed, and gives the epoch of each session.
func prepare(ctx context.Context, peer string, sc scenario, pub publisher, redisAt string) ([]string, error) {
	epochs := make([]string, sc.sessions)
	if sc.stalled { // a stream without events has no epoch to come back to
		return epochs, pub(ctx, sessionName(0), 1, 1)
	}
	if sc.resume == 0 {
		return epochs, nil
	}
	var wg sync.WaitGroup
	errs := make([]error, sc.sessions)
	for s := range sc.sessions {
		wg.Go(func() {
			for n := int64(1); n <= int64(sc.resume) && errs[s] == nil; n += 50 {
				errs[s] = pub(ctx, sessionName(s), n, n+49)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if peer != "ours" {
		return epochs, nil
	}
	bus, err := redis.Open("redis://" + redisAt + "/0")
	if err != nil {
		return nil, err
	}
	defer bus.Close()
	for s := range epochs {
		p, err := bus.Read(ctx, sessionName(s), 0, 1)
		if err != nil {
			return nil, err
		}
		epochs[s] = p.Epoch
	}
	return epochs, nil
}

// meter is all viewers of a measurement.
type meter struct {
	viewers   []*viewer
	got       []atomic.Int64 // by session
	measuring atomic.Bool
}

func (m *meter) connect(ctx context.Context, at, peer string, sc scenario, epochs []string) error {
	w := wireOf(peer)
	errs := make(chan error, sc.viewers)
	slots := make(chan struct{}, 50) // the listen queue stays short
	if sc.resume > 0 {
		slots = make(chan struct{}, sc.viewers)
	}
	for i := range sc.viewers {
		v := &viewer{session: i % sc.sessions, until: int64(sc.resume), ready: make(chan struct{}), measuring: &m.measuring}
		v.got = &m.got[v.session]
		m.viewers = append(m.viewers, v)
		slots <- struct{}{}
		go func() {
			err := v.open(ctx, at, w, epochs[v.session])
			if err == nil {
				select {
				case <-v.ready:
				case <-time.After(60 * time.Second):
					err = errors.New("a viewer was never ready")
				}
			}
			<-slots
			errs <- err
		}()
	}
	var first error
	for range sc.viewers {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (m *meter) close() {
	for _, v := range m.viewers {
		if v.ws != nil {
			_ = v.ws.Close()
		}
	}
}

// push publishes as fast as the viewers take it.
func (m *meter) push(ctx context.Context, peer string, sc scenario, pub publisher, pid int, r *result) error {
	var stop atomic.Bool
	var wg sync.WaitGroup
	fan := int64(sc.viewers / sc.sessions)
	workers := min(16, sc.sessions)
	if peer == "centrifuge" || peer == "ours" {
		workers = min(64, sc.sessions) // their clients pipeline concurrent callers
	}
	failed := make(chan error, workers)
	for w := range workers {
		wg.Go(func() {
			at := make([]int64, sc.sessions)
			for !stop.Load() {
				idle := true
				for s := w; s < sc.sessions; s += workers {
					if (at[s]+burst)*fan-m.got[s].Load() > window*fan {
						continue
					}
					idle = false
					if err := pub(ctx, sessionName(s), at[s]+1, at[s]+burst); err != nil {
						failed <- err
						return
					}
					at[s] += burst
				}
				if idle {
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
	}
	time.Sleep(time.Second)
	cpu0, _ := usage(pid)
	redis0, _ := usage(redisPID)
	load0, _ := usage(os.Getpid())
	n0, t0 := m.total(), time.Now()
	m.measuring.Store(true)
	time.Sleep(*duration)
	m.measuring.Store(false)
	cpu1, _ := usage(pid)
	redis1, _ := usage(redisPID)
	load1, _ := usage(os.Getpid())
	n, took := float64(m.total()-n0), time.Since(t0).Seconds()
	stop.Store(true)
	wg.Wait()
	time.Sleep(300 * time.Millisecond) // what is under way arrives
	select {
	case err := <-failed:
		return err
	default:
	}
	if n == 0 {
		return errors.New("nothing arrived")
	}
	var all []int64
	for _, v := range m.viewers {
		all = append(all, v.latencies...)
	}
	r.P50, r.P99 = percentiles(all)
	r.PerSecond, r.MicrosPer = n/took, (cpu1-cpu0)/n*1e6
	r.RedisPer, r.LoadPer = (redis1-redis0)/n*1e6, (load1-load0)/n*1e6
	return nil
}

func (m *meter) total() (n int64) {
	for i := range m.got {
		n += m.got[i].Load()
	}
	return n
}

// percentiles gives median and 99th, in milliseconds.
func percentiles(micros []int64) (p50, p99 float64) {
	if len(micros) == 0 {
		return 0, 0
	}
	slices.Sort(micros)
	return float64(micros[len(micros)/2]) / 1000, float64(micros[len(micros)*99/100]) / 1000
}

// usage gives a process's CPU seconds and resident KB.
func usage(pid int) (cpu float64, rss int64) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	f := strings.Fields(string(body[strings.LastIndexByte(string(body), ')')+2:]))
	user, _ := strconv.ParseFloat(f[11], 64) // the kernel writes numbers
	sys, _ := strconv.ParseFloat(f[12], 64)
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	return (user + sys) / 100, pages * int64(os.Getpagesize()) / 1024
}

func loadAverage() string {
	body, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Fields(string(body))[0]
}
