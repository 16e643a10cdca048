package memory

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"crystalyse/internal/fault"
)

// EmbedSome makes the vectors of up to limit memories that have none (with
// others: none of the embedder's model), and gives how many it took. Done again,
// it goes on with what is left.
func EmbedSome(ctx context.Context, b Backlog, e Embedder, limit int, others bool) (int, error) {
	if err := b.CheckModel(e.Model()); err != nil {
		return 0, err
	}
	waiting, err := b.Unembedded(ctx, e.Model(), others, limit)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	texts := make([]string, len(waiting))
	for i, p := range waiting {
		texts[i] = p.Content
	}
	vectors, err := e.Embed(ctx, texts)
	if fault.Is(err, fault.CodeInvalid) { // one of them is not taken; the others shall not wait for it
		vectors, err = embedEach(ctx, e, texts)
	}
	if err != nil {
		return 0, err
	}
	done := make([]Embedded, len(waiting))
	for i, p := range waiting {
		done[i] = Embedded{Pending: p, Vector: vectors[i]}
	}
	return len(waiting), b.SetEmbeddings(ctx, e.Model(), done)
}

// shortest is how much of a text is asked about at least, in bytes.
const shortest = 64

// embedEach asks for one vector after the other. A text that the model does not
// take, too long for it most likely, is asked about by its first half, and that by
// its own.
func embedEach(ctx context.Context, e Embedder, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		for {
			v, err := e.Embed(ctx, []string{text})
			if err == nil {
				out[i] = v[0]
				break
			}
			if !fault.Is(err, fault.CodeInvalid) {
				return nil, err
			}
			if len(text) < 2*shortest {
				return nil, fault.Wrap(fault.CodeUnavailable, err, "the embedding service takes no text, however short")
			}
			text = FirstBytes(text, len(text)/2)
		}
	}
	return out, nil
}

// FirstBytes cuts a text at a rune.
func FirstBytes(s string, n int) string { return strings.ToValidUTF8(s[:min(len(s), n)], "") }

const (
	sweepEvery = time.Second
	sweepMost  = 64
	maxDelay   = time.Minute
)

// Sweep embeds what is written until ctx ends. While the service is away it
// looks ever more rarely, and says so once.
func Sweep(ctx context.Context, b Backlog, e Embedder, log *slog.Logger) {
	delay, away := sweepEvery, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		n, err := EmbedSome(ctx, b, e, sweepMost, false)
		switch {
		case err != nil && ctx.Err() == nil:
			if !away {
				log.Warn("memories wait for the embedding service; until it answers, they are found by their words", "error", err)
			}
			away, delay = true, min(2*delay, maxDelay)
		case n == sweepMost:
			away, delay = false, 0
		default:
			away, delay = false, sweepEvery
		}
	}
}
