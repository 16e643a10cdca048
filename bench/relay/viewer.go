package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// wire is how a peer is spoken to.
type wire struct {
	protocols []string
	hello     func(session, epoch string, resume bool) []string
	ready     []byte
}

func wireOf(peer string) wire {
	switch peer {
	case "ours":
		return wire{[]string{"crystalyse.v1"}, func(_, epoch string, resume bool) []string {
			if resume {
				return []string{fmt.Sprintf(`{"t":"join","e":%q,"q":0}`, epoch)}
			}
			return []string{`{"t":"join"}`}
		}, []byte(`"t":"joined"`)}
	case "centrifuge":
		return wire{nil, func(session, _ string, resume bool) []string {
			more := ""
			if resume {
				more = `,"recover":true,"offset":0,"epoch":""`
			}
			return []string{`{"id":1,"connect":{}}`, fmt.Sprintf(`{"id":2,"subscribe":{"channel":"session:%s"%s}}`, session, more)}
		}, []byte(`"subscribe":{`)}
	}
	return wire{nil, func(string, string, bool) []string { return nil }, []byte(`"ready":true`)}
}

// viewer counts what one socket gets.
type viewer struct {
	session   int
	last      int64
	gaps      int64
	doubles   int64
	latencies []int64 // microseconds, while measuring
	got       *atomic.Int64
	measuring *atomic.Bool
	ready     chan struct{}
	until     int64 // ready when this event has come; 0: when the peer says so
	began     time.Time
	took      time.Duration
	ws        *websocket.Conn
}

// open connects and reads until the connection ends.
func (v *viewer) open(ctx context.Context, at string, w wire, epoch string) error {
	v.began = time.Now()
	session := "s" + strconv.Itoa(v.session)
	d := websocket.Dialer{Subprotocols: w.protocols, HandshakeTimeout: 30 * time.Second, ReadBufferSize: 4 << 10, WriteBufferSize: 1 << 10}
	ws, resp, err := d.DialContext(ctx, "ws://"+at+"/ws/discovery/"+session, http.Header{})
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // an upgrade has no body
	v.ws = ws
	for _, m := range w.hello(session, epoch, v.until > 0) {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
			return err
		}
	}
	go v.read(w.ready)
	return nil
}

func (v *viewer) read(ready []byte) {
	var buf bytes.Buffer
	for waiting := true; ; {
		_, r, err := v.ws.NextReader()
		if err != nil {
			return
		}
		buf.Reset()
		if _, err := io.Copy(&buf, r); err != nil {
			return
		}
		v.answer(buf.Bytes())
		v.scan(buf.Bytes())
		if waiting && (v.until == 0 && bytes.Contains(buf.Bytes(), ready) || v.until > 0 && v.last >= v.until) {
			waiting, v.took = false, time.Since(v.began)
			close(v.ready)
		}
	}
}

// answer says that the viewer is there, as our protocol asks for at a heartbeat.
func (v *viewer) answer(b []byte) {
	if len(b) < 64 && bytes.HasPrefix(b, []byte(`{"t":"hb"`)) {
		_ = v.ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"pong"}`)) // a broken socket fails at the read
	}
}

var (
	markSeq = []byte(`{"seq":`)
	markTS  = []byte(`,"ts":`)
)

// scan finds every event of a frame, however it is wrapped.
func (v *viewer) scan(b []byte) {
	found := int64(0)
	for {
		i := bytes.Index(b, markSeq)
		if i < 0 {
			break
		}
		seq, rest := number(b[i+len(markSeq):])
		at, rest := number(bytes.TrimPrefix(rest, markTS))
		b = rest
		found++
		switch {
		case v.last == 0 && v.until == 0:
			v.got.Add(seq - 1) // what went by before its first is not on its way to it (this is before the measurement)
		case v.last != 0 && seq > v.last+1:
			v.gaps += seq - v.last - 1
		case seq <= v.last:
			v.doubles++
		}
		v.last = max(v.last, seq)
		if v.measuring.Load() {
			v.latencies = append(v.latencies, (time.Now().UnixNano()-at)/1000)
		}
	}
	if found > 0 {
		v.got.Add(found)
	}
}

func number(b []byte) (n int64, rest []byte) {
	i := 0
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int64(b[i]-'0')
		i++
	}
	return n, b[i:]
}

const eventSize = 300

var padding = bytes.Repeat([]byte("x"), eventSize)

// payload is an event of eventSize bytes that tells when it was made.
func payload(seq int64) []byte {
	b := append(make([]byte, 0, eventSize+8), markSeq...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, markTS...)
	b = strconv.AppendInt(b, time.Now().UnixNano(), 10)
	b = append(b, `,"type":"reasoning_update","data":"`...)
	b = append(b, padding[:max(0, eventSize-len(b)-2)]...)
	return append(b, `"}`...)
}
