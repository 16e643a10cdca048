package redis

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"crystalyse/internal/event"
)

// newline stands between the bodies of one publication: JSON as it is encoded
// here holds none.
const newline = '\n'

// head begins the arguments of a publication. The random becomes the epoch of a
// stream that begins with it: it must differ, not be secret.
func (b *Bus) head(sessionID string) []any {
	return append(make([]any, 0, 13), prefix+sessionID, fmt.Sprintf("%016x", rand.Uint64()), b.keep, ttl.Milliseconds(), b.now().Unix()/3600)
}

func field(m event.Message) string {
	if m.Producer == "" {
		return ""
	}
	return "a:" + m.Producer
}

// Durable publishes durable events in their order: each run of them that is
// consecutive in one call.
func (b *Bus) Durable(ctx context.Context, sessionID string, first bool, messages []event.Message) (event.Answer, error) {
	var all event.Answer
	for len(messages) > 0 {
		n := run(messages)
		a, err := b.durable(ctx, sessionID, first, messages[:n])
		if err != nil {
			return all, err
		}
		if a.Taken += all.Taken; a.Taken > 0 {
			a.Mark = ""
		}
		if all = a; a.Fresh || a.Hole || a.Other {
			break
		}
		first, messages = false, messages[n:]
	}
	return all, nil
}

// run tells how many messages are consecutive and fit into one call.
func run(ms []event.Message) int {
	n, size := 1, len(ms[0].Body)
	for n < len(ms) && ms[n].Ord == ms[n-1].Ord+1 && size+len(ms[n].Body) <= maxBytes {
		size += len(ms[n].Body)
		n++
	}
	return n
}

func (b *Bus) durable(ctx context.Context, sessionID string, first bool, ms []event.Message) (event.Answer, error) {
	flag := 0
	if first {
		flag = 1
	}
	body := bodies(ms)
	args := append(b.head(sessionID), flag, ms[0].Ord, ms[len(ms)-1].Ord, marks(ms), body)
	return answer(b.calls.run(ctx, durableScript, len(body), keys(sessionID), append(args, fences(ms)...)))
}

// marks gives what tells each event from another one of its ord.
func marks(ms []event.Message) string {
	if len(ms) == 1 {
		return ms[0].Mark
	}
	var out strings.Builder
	out.Grow(event.MarkSize * len(ms))
	for _, m := range ms {
		out.WriteString(m.Mark)
	}
	return out.String()
}

// fences gives each producer that speaks with its newest attempt.
func fences(ms []event.Message) []any {
	var out []any
	place := map[string]int{}
	for i, m := range ms {
		at, seen := place[m.Producer]
		switch {
		case m.Producer == "" || i > 0 && m.Producer == ms[i-1].Producer && m.Attempt == ms[i-1].Attempt:
		case !seen:
			out = append(out, field(m), m.Attempt)
			place[m.Producer] = len(out) - 1
		case m.Attempt > out[at].(int):
			out[at] = m.Attempt
		}
	}
	return out
}

// Live publishes live events of one attempt.
func (b *Bus) Live(ctx context.Context, sessionID string, messages []event.Message) (event.Answer, error) {
	ms := rising(messages)
	if len(ms) == 0 {
		return event.Answer{}, nil
	}
	ns := make([]byte, 0, 4*len(ms))
	for _, m := range ms {
		ns = append(strconv.AppendInt(ns, int64(m.N), 10), ' ')
	}
	body := bodies(ms)
	args := append(b.head(sessionID), field(ms[0]), ms[0].Attempt, len(ms), ms[0].N, ms[len(ms)-1].N, ns, body)
	return answer(b.calls.run(ctx, liveScript, len(body), keys(sessionID), args))
}

// rising leaves out what was said before within the messages.
func rising(ms []event.Message) []event.Message {
	for i := 1; i < len(ms); i++ {
		if ms[i].N <= ms[i-1].N {
			kept := append([]event.Message{}, ms[:i]...)
			for _, m := range ms[i:] {
				if m.N > kept[len(kept)-1].N {
					kept = append(kept, m)
				}
			}
			return kept
		}
	}
	return ms
}

func bodies(ms []event.Message) []byte {
	if len(ms) == 1 {
		return ms[0].Body
	}
	size := len(ms)
	for _, m := range ms {
		size += len(m.Body)
	}
	out := make([]byte, 0, size)
	for i, m := range ms {
		if i > 0 {
			out = append(out, newline)
		}
		out = append(out, m.Body...)
	}
	return out
}

func answer(out []any, err error) (event.Answer, error) {
	if err != nil {
		return event.Answer{}, wrap(err)
	}
	if len(out) < 3 {
		return event.Answer{}, fmt.Errorf("redis: an answer of %d parts", len(out))
	}
	last, _ := out[1].(int64)
	taken, _ := out[2].(int64)
	a := event.Answer{Hole: out[0] == "hole", Fresh: out[0] == "fresh", Other: out[0] == "other", Last: last, Taken: int(taken)}
	if len(out) > 3 {
		a.Mark, _ = out[3].(string)
	}
	return a, nil
}

// lines splits the bodies of one publication.
func lines(joined string) [][]byte { return bytes.Split([]byte(joined), []byte{newline}) }
