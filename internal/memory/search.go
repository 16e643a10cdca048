package memory

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Service is memory as its users call it.
type Service struct {
	Store
	Embedder Embedder // nil when nothing embeds
	Live     Live     // nil when nothing is streamed
	Log      *slog.Logger
}

// embedPatience bounds what a search waits for the vector of its question: a
// dead embedding service delays memory, never a discovery.
const embedPatience = 3 * time.Second

// Found is the answer of a search.
type Found struct {
	Results []Hit `json:"results"`
	// Note says when words alone decided.
	Note string `json:"note,omitempty"`
}

// IDs gives the ids of what was found.
func (f Found) IDs() []string {
	ids := make([]string, len(f.Results))
	for i, h := range f.Results {
		ids[i] = h.ID
	}
	return ids
}

// Normalize checks a query and fills its defaults.
func (q Query) Normalize() (Query, error) {
	q.Text = strings.TrimSpace(q.Text)
	switch {
	case q.Text == "":
		return q, fault.Invalid("query", "is empty").WithHint("ask in a few words, for example \"stable sodium cathodes\"")
	case len(q.Text) > MaxQuery:
		return q, fault.Invalid("query", "is %d bytes long; at most %d are accepted", len(q.Text), MaxQuery)
	case !utf8.ValidString(q.Text) || strings.ContainsFunc(q.Text, binary):
		return q, fault.Invalid("query", "is not text")
	case q.Limit < 0 || q.Limit > MaxLimit:
		return q, fault.Invalid("limit", "must be a whole number from 1 to %d", MaxLimit)
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	return q, q.check()
}

func (f Filter) check() error {
	for _, t := range f.Types {
		if !slices.Contains(Types, t) {
			return fault.Invalid("types", "%q is unknown", clip(string(t))).WithHint("use working, short_term or long_term")
		}
	}
	for _, e := range f.Elements {
		if !symbols[e] {
			return fault.Invalid("elements", "%q is no element", clip(e)).WithHint("write symbols, for example Na")
		}
	}
	if f.SessionID != "" && !id.IsULID(f.SessionID) {
		return fault.NotFound("session", clip(f.SessionID))
	}
	if len(f.Formulas) > 50 || len(f.Elements) > 50 {
		return fault.Invalid("formulas", "at most 50 are accepted")
	}
	return nil
}

// Search finds the memories that fit best, and counts them as used.
func (s *Service) Search(ctx context.Context, userID string, q Query) (Found, error) {
	q, err := q.Normalize()
	if err != nil {
		return Found{}, err
	}
	f := Found{}
	v, err := s.vector(ctx, q.Text)
	if err != nil {
		f.Note = "searched by words alone: " + fault.MessageOf(err)
	}
	if f.Results, err = s.Store.Search(ctx, userID, q, v); err != nil {
		return Found{}, err
	}
	if err := s.Used(ctx, userID, f.IDs()); err != nil {
		s.Log.Warn("the use of memories could not be noted", "error", err)
	}
	return f, nil
}

func (s *Service) vector(ctx context.Context, text string) (Vector, error) {
	if s.Embedder == nil {
		return Vector{}, fault.New(fault.CodeUnavailable, "no embedding model is configured")
	}
	ctx, cancel := context.WithTimeout(ctx, embedPatience)
	defer cancel()
	vectors, err := s.Embedder.Embed(ctx, []string{text})
	if err != nil {
		return Vector{}, err
	}
	return Vector{Model: s.Embedder.Model(), Values: vectors[0]}, nil
}
