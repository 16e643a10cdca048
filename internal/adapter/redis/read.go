package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"crystalyse/internal/event"
)

// Read gives a piece of a stream. It may be shorter than asked for where
// publications are large.
func (b *Bus) Read(ctx context.Context, sessionID string, after int64, limit int) (event.Page, error) {
	out, err := readScript.Run(ctx, b.rdb, keys(sessionID), after, limit).Slice()
	if err != nil {
		return event.Page{}, wrap(err)
	}
	if len(out) != 5 {
		return event.Page{}, fmt.Errorf("redis: a page of %d parts", len(out))
	}
	e, _ := out[0].(string)
	run, _ := out[1].(string)
	top, _ := out[2].(int64)
	first, _ := out[3].(int64)
	items, _ := out[4].([]any)
	p := event.Page{Epoch: epoch(e, run), Top: top, First: first}
	if after == event.Newest {
		after = max(0, top-int64(limit))
	}
	for i := 0; i+1 < len(items); i += 2 {
		id, _ := items[i].(string)
		joined, _ := items[i+1].(string)
		ds, err := entry(id, joined)
		if err != nil {
			return event.Page{}, err
		}
		for _, d := range ds {
			if d.Seq > after && len(p.Deliveries) < limit {
				p.Deliveries = append(p.Deliveries, d)
			}
		}
	}
	return p, nil
}

// entry takes a publication apart. Its id is <seq of the last>-<how many before it>.
func entry(id, joined string) ([]event.Delivery, error) {
	q, rest, _ := strings.Cut(id, "-")
	last, err1 := strconv.ParseInt(q, 10, 64)
	before, err2 := strconv.ParseInt(rest, 10, 64)
	bodies := lines(joined)
	if err1 != nil || err2 != nil || int64(len(bodies)) != before+1 {
		return nil, fmt.Errorf("redis: the entry %s of %d events is not ours", id, len(bodies))
	}
	out := make([]event.Delivery, len(bodies))
	for i, body := range bodies {
		out[i] = event.Delivery{Seq: last - before + int64(i), Body: body}
	}
	return out, nil
}

// epoch joins the stream's own epoch with the run of Redis that holds it: a
// restarted or promoted Redis may have lost the end of the stream.
func epoch(e, run string) string {
	if e == "" {
		return ""
	}
	return e + "." + run[:min(8, len(run))]
}

// Tops gives epoch and top of many sessions in one round trip.
func (b *Bus) Tops(ctx context.Context, sessionIDs []string) ([]event.Page, error) {
	b.mu.Lock()
	run := b.runs
	b.mu.Unlock()
	pipe := b.rdb.Pipeline()
	cmds := make([]*redis.SliceCmd, len(sessionIDs))
	for i, id := range sessionIDs {
		cmds[i] = pipe.HMGet(ctx, keys(id)[1], "e", "s")
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, wrap(err)
	}
	out := make([]event.Page, len(sessionIDs))
	for i, c := range cmds {
		var v struct {
			E string `redis:"e"`
			S int64  `redis:"s"`
		}
		if err := c.Scan(&v); err != nil {
			return nil, fmt.Errorf("redis: meta of a session: %w", err)
		}
		out[i] = event.Page{Epoch: epoch(v.E, run), Top: v.S}
	}
	return out, nil
}
