package relay

import (
	"bytes"
	"strconv"
)

// entry is an event of a session as it is kept for viewers.
type entry struct {
	seq  int64
	body []byte // the envelope, without epoch and seq
}

// ring keeps the newest events of a session, consecutive by seq.
type ring struct {
	buf       []entry
	head, n   int
	bytes     int
	maxEvents int
	maxBytes  int
}

// first gives the seq of the oldest event kept; 0 when there is none.
func (r *ring) first() int64 {
	if r.n == 0 {
		return 0
	}
	return r.buf[r.head].seq
}

func (r *ring) clear() { r.buf, r.head, r.n, r.bytes = nil, 0, 0, 0 }

// add appends the next event and lets go of the oldest beyond the limits.
func (r *ring) add(e entry) {
	if r.n == len(r.buf) && r.n < r.maxEvents {
		grown := make([]entry, min(max(16, 2*len(r.buf)), r.maxEvents))
		for i := range r.n {
			grown[i] = r.at(i)
		}
		r.buf, r.head = grown, 0
	}
	for r.n > 0 && (r.n == len(r.buf) || r.bytes+len(e.body) > r.maxBytes) {
		r.bytes -= len(r.buf[r.head].body)
		r.buf[r.head] = entry{}
		r.head = (r.head + 1) % len(r.buf)
		r.n--
	}
	r.buf[(r.head+r.n)%len(r.buf)] = e
	r.n++
	r.bytes += len(e.body)
}

func (r *ring) at(i int) entry { return r.buf[(r.head+i)%len(r.buf)] }

// after gives the events from a seq on. The seq must not be older than first.
func (r *ring) after(seq int64) []entry {
	if r.n == 0 {
		return nil
	}
	from := int(max(0, seq-r.first()))
	if from >= r.n {
		return nil
	}
	out := make([]entry, r.n-from)
	for i := range out {
		out[i] = r.at(from + i)
	}
	return out
}

// ord gives an event's place in the durable log; 0 of a live one. The encoder
// writes it last, so the end of the body tells.
func (e entry) ord() int64 {
	i := bytes.LastIndex(e.body, []byte(`"ord":`))
	if i < 0 || !bytes.HasSuffix(e.body, []byte("}}")) {
		return 0
	}
	n, err := strconv.ParseInt(string(e.body[i+6:len(e.body)-2]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
