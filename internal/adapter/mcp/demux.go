package mcp

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// demux hands the progress of one process to the calls it belongs to. mcp-go
// calls notify from its reader loop, which must never wait: each call has a
// mailbox of one, where the latest report wins.
type demux struct {
	mu    sync.Mutex
	next  int
	boxes map[string]*mailbox
}

type mailbox struct {
	latest chan tool.Progress
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once
	heard  bool // guarded by demux.mu
}

func newDemux() *demux { return &demux{boxes: map[string]*mailbox{}} }

// open gives a token for a call, and a function that ends its reports and says
// whether there was one.
func (d *demux) open(handle func(tool.Progress)) (token string, done func() bool) {
	b := &mailbox{latest: make(chan tool.Progress, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	d.mu.Lock()
	d.next++
	token = "p" + strconv.Itoa(d.next)
	d.boxes[token] = b
	d.mu.Unlock()
	go b.run(handle)
	return token, func() bool {
		d.mu.Lock()
		delete(d.boxes, token)
		heard := b.heard
		d.mu.Unlock()
		b.once.Do(func() { close(b.stop) })
		<-b.ended
		return heard
	}
}

func (b *mailbox) run(handle func(tool.Progress)) {
	defer close(b.ended)
	for {
		select {
		case p := <-b.latest:
			if handle != nil {
				handle(p)
			}
			continue
		case <-b.stop:
		}
		// The last report came before the answer; it is not lost.
		select {
		case p := <-b.latest:
			if handle != nil {
				handle(p)
			}
		default:
		}
		return
	}
}

// notify takes a notification from the reader loop.
func (d *demux) notify(n mcp.JSONRPCNotification) {
	if n.Method != "notifications/progress" {
		return
	}
	f := n.Params.AdditionalFields
	token, _ := f["progressToken"].(string)
	message, _ := f["message"].(string)
	p := tool.Progress{Progress: number(f["progress"]), Total: number(f["total"]), Message: message, Details: details(message), At: time.Now().UTC(), Frame: frame(n.Params)}
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.boxes[token]
	if b == nil {
		return
	}
	b.heard = true
	for {
		select {
		case b.latest <- p:
			return
		default:
		}
		select {
		case old := <-b.latest: // an older report nobody has read
			if p.Frame == nil {
				p.Frame = old.Frame // it has its own step and numbers, and the next may be long in coming
			}
		default:
		}
	}
}

// maxFrameAtoms bounds what a server can make viewers receive.
const maxFrameAtoms = 512

// frame finds the structure that a report carries, in a field that other
// clients do not look at. One of another shape is as good as none.
func frame(params mcp.NotificationParams) *tool.Frame {
	raw, ok := params.Meta["crystalyse/frame"]
	if !ok {
		return nil
	}
	body, err := json.Marshal(raw)
	if err != nil {
		return nil
	}
	var f tool.Frame
	n := 0
	if json.Unmarshal(body, &f) == nil {
		n = len(f.Species)
	}
	if n < 1 || n > maxFrameAtoms || len(f.Positions) != 3*n || len(f.Lattice) != 3 || !(f.Quantum > 0 && f.Quantum <= 1) || !structure.IDPattern.MatchString(f.StructureID) {
		return nil
	}
	return &f
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case json.Number:
		f, _ := n.Float64() // not a number counts as none
		return f
	}
	return 0
}

var pair = regexp.MustCompile(`(?:^|\s)([a-z][a-z0-9_]{0,31})=([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)(?:\s|$|,)`)

// details finds the name=number pairs of a progress message.
func details(message string) map[string]float64 {
	out := map[string]float64{}
	if len(message) > 4096 {
		message = message[:4096]
	}
	for _, word := range strings.Fields(message) {
		m := pair.FindStringSubmatch(word)
		if m == nil {
			continue
		}
		if v, err := strconv.ParseFloat(m[2], 64); err == nil {
			out[m[1]] = v
		}
	}
	return out
}
