package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// One viewer among many stops reading its socket: what do the others notice, what
// does the server keep for it, and does it get everything when it reads again?
const (
	stallFor    = 15 * time.Second // above the time after which the relay cuts a viewer that takes nothing
	stallRate   = 200              // events a second
	stallTick   = 20 * time.Millisecond
	smallBuffer = 8 << 10 // receive buffer of the one that stops, so that it is full soon
)

// stall is what one stopped reader did to the rest, as ratios of the time with
// it to those before and after it, on the same server.
type stall struct {
	P50Ratio, CPURatio float64
	GrownKB            float64 // resident memory of the server, highest with it above highest before
	Missed             int64   // events it did not have when it read again
	Lost               int64   // of them, those it never got
	CameBack           int64   // connections it made to get there
}

// phase is what the readers that go on saw.
type phase struct {
	p50, micros float64
	rss         int64
}

// stopper is a viewer that can stop reading, and comes back when it was cut.
type stopper struct {
	viewer
	at       string
	epoch    string
	stopped  atomic.Bool
	released chan struct{}
	joined   sync.Once
	back     atomic.Int64
}

// follow reads until ctx ends. It goes on after the newest event it has.
func (s *stopper) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.connect(ctx); err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		over := context.AfterFunc(ctx, func() { _ = s.ws.Close() })
		s.readAll()
		over()
		_ = s.ws.Close()
		s.back.Add(1)
	}
}

func (s *stopper) connect(ctx context.Context) error {
	d := websocket.Dialer{Subprotocols: []string{"crystalyse.v1"}, HandshakeTimeout: 30 * time.Second, ReadBufferSize: 4 << 10,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(smallBuffer)
			}
			return c, err
		}}
	ws, resp, err := d.DialContext(ctx, "ws://"+s.at+"/ws/discovery/"+sessionName(0), http.Header{})
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // an upgrade has no body
	s.ws = ws
	hello := `{"t":"join"}`
	if s.epoch != "" {
		hello = fmt.Sprintf(`{"t":"join","e":%q,"q":%d}`, s.epoch, s.last)
	}
	return ws.WriteMessage(websocket.TextMessage, []byte(hello))
}

var markEpoch = []byte(`"e":"`)

func (s *stopper) readAll() {
	for {
		if s.stopped.Load() {
			<-s.released
		}
		_, b, err := s.ws.ReadMessage()
		if err != nil {
			return
		}
		if i := bytes.Index(b, markEpoch); i >= 0 && bytes.Contains(b, []byte(`"t":"joined"`)) {
			e := b[i+len(markEpoch):]
			s.epoch = string(e[:bytes.IndexByte(e, '"')])
			s.joined.Do(func() { close(s.ready) })
		}
		s.answer(b)
		s.scan(b)
	}
}

// stallRun measures before, with and after one stopped reader.
func (m *meter) stallRun(ctx context.Context, at string, pub publisher, pid int, r *result) error {
	ctx, cancel := context.WithCancel(ctx)
	var seen atomic.Int64
	s := &stopper{viewer: viewer{got: &seen, measuring: new(atomic.Bool), ready: make(chan struct{})}, at: at, released: make(chan struct{})}
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }()
	wg.Go(func() { s.follow(ctx) })
	<-s.ready
	var top atomic.Int64
	failed := make(chan error, 1)
	wg.Go(func() { failed <- pace(ctx, pub, &top) })
	time.Sleep(5 * time.Second) // the ring is full
	before, err1 := m.phase(pid)
	s.stopped.Store(true)
	with, err2 := m.phase(pid)
	missed := top.Load() - seen.Load() - 1
	s.stopped.Store(false)
	close(s.released)
	if err := s.catchUp(&top, &seen); err != nil {
		return err
	}
	after, err3 := m.phase(pid)
	select {
	case err := <-failed:
		return err
	default:
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	r.P50, r.MicrosPer = with.p50, with.micros
	r.Gaps, r.Doubles = s.gaps, s.doubles
	r.Stall = &stall{P50Ratio: with.p50 / ((before.p50 + after.p50) / 2), CPURatio: with.micros / ((before.micros + after.micros) / 2),
		GrownKB: float64(with.rss - before.rss), Missed: missed, Lost: s.gaps, CameBack: s.back.Load()}
	return nil
}

// catchUp waits until the viewer has what was published when it began to read.
func (s *stopper) catchUp(top, seen *atomic.Int64) error {
	want := top.Load()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if seen.Load() >= want-1 {
			return nil
		}
	}
	return errors.New("the stopped reader did not catch up in a minute")
}

// pace publishes at a steady rate.
func pace(ctx context.Context, pub publisher, top *atomic.Int64) error {
	t := time.NewTicker(stallTick)
	defer t.Stop()
	const each = stallRate * int64(stallTick) / int64(time.Second)
	for at := int64(2); ; at += each {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if err := pub(ctx, sessionName(0), at, at+each-1); err != nil && ctx.Err() == nil {
			return err
		}
		top.Store(at + each - 1)
	}
}

// phase watches the readers that go on for a while.
func (m *meter) phase(pid int) (p phase, err error) {
	cpu0, _ := usage(pid)
	n0 := m.total()
	m.measuring.Store(true)
	for end := time.Now().Add(stallFor); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		_, rss := usage(pid)
		p.rss = max(p.rss, rss)
	}
	m.measuring.Store(false)
	cpu1, _ := usage(pid)
	if m.total() == n0 {
		return p, errors.New("the others get nothing")
	}
	p.micros = (cpu1 - cpu0) / float64(m.total()-n0) * 1e6
	time.Sleep(300 * time.Millisecond) // nobody writes to latencies any more
	var all []int64
	for _, v := range m.viewers {
		all = append(all, v.latencies...)
		v.latencies = nil
	}
	p.p50, _ = percentiles(all)
	return p, nil
}
