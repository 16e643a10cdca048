package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"crystalyse/internal/id"
	"crystalyse/internal/memory"
)

func memoryPath(mid string) string { return api + "/memories/" + url.PathEscape(mid) }

// MemoryPage is a page of memories with how many there are of each type.
type MemoryPage struct {
	Memories []memory.Memory     `json:"memories"`
	Next     string              `json:"next"`
	Counts   map[memory.Type]int `json:"counts"`
}

// Memories gives memories, newest first; of one type or session where these are
// not "".
func (c *Client) Memories(ctx context.Context, kind, sessionID string, p Page) (MemoryPage, error) {
	q := p.query()
	for name, v := range map[string]string{"type": kind, "session": sessionID} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return get[MemoryPage](ctx, c, api+"/memories", q)
}

// MemorySearch is what POST /memories/search takes; empty fields do not narrow.
type MemorySearch struct {
	Query     string   `json:"query"`
	Scope     string   `json:"scope,omitempty"`
	SessionID string   `json:"session_id,omitempty"`
	Types     []string `json:"types,omitempty"`
	Formulas  []string `json:"formulas,omitempty"`
	Elements  []string `json:"elements,omitempty"`
	Limit     int      `json:"limit"`
}

// SearchMemories gives those that fit best.
func (c *Client) SearchMemories(ctx context.Context, s MemorySearch) (memory.Found, error) {
	return exchange[memory.Found](ctx, c, request{method: http.MethodPost, path: api + "/memories/search", body: s})
}

// Memory gives one.
func (c *Client) Memory(ctx context.Context, mid string) (memory.Memory, error) {
	return get[memory.Memory](ctx, c, memoryPath(mid), nil)
}

// Remember keeps something in the user's own words. Without a session it belongs
// to the newest one.
func (c *Client) Remember(ctx context.Context, d memory.Draft) (memory.Memory, error) {
	body := map[string]any{"content": d.Content, "pinned": d.Pinned}
	if d.Type != "" {
		body["type"] = d.Type
	}
	if d.SessionID != "" {
		body["session_id"] = d.SessionID
	}
	return exchange[memory.Memory](ctx, c, request{method: http.MethodPost, path: api + "/memories", body: body, key: id.New()})
}

// ChangeMemory corrects one: what is nil stays.
func (c *Client) ChangeMemory(ctx context.Context, mid string, p memory.Patch) (memory.Memory, error) {
	body := map[string]any{}
	if p.Content != nil {
		body["content"] = *p.Content
	}
	if p.Pinned != nil {
		body["pinned"] = *p.Pinned
	}
	return exchange[memory.Memory](ctx, c, request{method: http.MethodPatch, path: memoryPath(mid), body: body})
}

// ForgetMemory removes one for good.
func (c *Client) ForgetMemory(ctx context.Context, mid string) error {
	_, err := c.repeat(ctx, request{method: http.MethodDelete, path: memoryPath(mid)})
	return err
}

// ForgetAllMemories removes every memory of the user and gives how many.
func (c *Client) ForgetAllMemories(ctx context.Context) (int, error) {
	a, err := exchange[struct {
		Forgotten int `json:"forgotten"`
	}](ctx, c, request{method: http.MethodDelete, path: api + "/memories"})
	return a.Forgotten, err
}

// ExportMemories gives all memories as the server writes them.
func (c *Client) ExportMemories(ctx context.Context) (json.RawMessage, error) {
	return get[json.RawMessage](ctx, c, api+"/memories/export", nil)
}

// Consolidate has what was done lately turned into memories that last.
func (c *Client) Consolidate(ctx context.Context) error {
	_, err := c.repeat(ctx, request{method: http.MethodPost, path: api + "/memories/consolidate", body: struct{}{}})
	return err
}
