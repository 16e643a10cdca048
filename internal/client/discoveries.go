package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"crystalyse/internal/discovery"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
	"crystalyse/internal/tool"
)

const api = "/api/v1"

func discoveryPath(did string) string { return api + "/discoveries/" + url.PathEscape(did) }

// Create asks for a discovery. The request id makes repeating it safe; one is
// made when there is none.
func (c *Client) Create(ctx context.Context, r discovery.Request) (discovery.Discovery, error) {
	if r.RequestID == "" {
		r.RequestID = id.New()
	}
	return exchange[discovery.Discovery](ctx, c, request{method: http.MethodPost, path: api + "/discoveries", body: r, key: r.RequestID})
}

// Get gives a discovery.
func (c *Client) Get(ctx context.Context, did string) (discovery.Discovery, error) {
	return get[discovery.Discovery](ctx, c, discoveryPath(did), nil)
}

// Report gives the report object as the server stored it.
func (c *Client) Report(ctx context.Context, did string) (json.RawMessage, error) {
	return get[json.RawMessage](ctx, c, discoveryPath(did)+"/report", nil)
}

// Cancel asks the run to stop. What it has is kept.
func (c *Client) Cancel(ctx context.Context, did, reason string) error {
	body := map[string]string{"reason": reason}
	_, err := c.repeat(ctx, request{method: http.MethodPost, path: discoveryPath(did) + "/cancel", body: body})
	return err
}

// Update sends an instruction; its request id makes repeating it safe.
func (c *Client) Update(ctx context.Context, did string, u discovery.Update) error {
	if u.RequestID == "" {
		u.RequestID = id.New()
	}
	_, err := c.repeat(ctx, request{method: http.MethodPost, path: discoveryPath(did) + "/updates", body: u, key: u.RequestID})
	return err
}

// Retry opens a closed discovery again, from its failed step.
func (c *Client) Retry(ctx context.Context, did string, r discovery.Retry) (discovery.Discovery, error) {
	if r.RequestID == "" {
		r.RequestID = id.New()
	}
	return exchange[discovery.Discovery](ctx, c, request{method: http.MethodPost, path: discoveryPath(did) + "/retry", body: r, key: r.RequestID})
}

// Fork makes a discovery that goes on from a turn of another.
func (c *Client) Fork(ctx context.Context, did string, f discovery.Fork) (discovery.Discovery, error) {
	if f.RequestID == "" {
		f.RequestID = id.New()
	}
	return exchange[discovery.Discovery](ctx, c, request{method: http.MethodPost, path: discoveryPath(did) + "/fork", body: f, key: f.RequestID})
}

// State says where a discovery stands and what it waits for.
func (c *Client) State(ctx context.Context, did string) (discovery.RunState, error) {
	return get[discovery.RunState](ctx, c, discoveryPath(did)+"/state", nil)
}

// Delete deletes a discovery, or a session with all its discoveries.
func (c *Client) Delete(ctx context.Context, what string) error {
	path := api + "/sessions/" + url.PathEscape(what)
	if id.IsDiscovery(what) {
		path = discoveryPath(what)
	}
	_, err := c.repeat(ctx, request{method: http.MethodDelete, path: path})
	return err
}

// Uploaded names a structure that was read from a file.
type Uploaded struct {
	ID      string `json:"structure_id"`
	Formula string `json:"formula"`
	NAtoms  int    `json:"n_atoms"`
}

// Upload has a structure file read and stored. Format may be "auto".
func (c *Client) Upload(ctx context.Context, format, text, name string) (Uploaded, error) {
	key := id.New()
	body := map[string]string{"format": format, "text": text, "name": name}
	return exchange[Uploaded](ctx, c, request{method: http.MethodPost, path: api + "/structures", body: body, key: key, within: toolCall})
}

// Export gives a structure as a file: cif, poscar, xyz or json.
func (c *Client) Export(ctx context.Context, structureID, format string) ([]byte, error) {
	return c.repeat(ctx, request{method: http.MethodGet, path: api + "/structures/" + url.PathEscape(structureID) + "/export", query: url.Values{"format": {format}}, within: toolCall})
}

// Bundle gives the report with its files as a zip.
func (c *Client) Bundle(ctx context.Context, did string) ([]byte, error) {
	return c.repeat(ctx, request{method: http.MethodGet, path: discoveryPath(did) + "/bundle"})
}

// CIF gives a structure as a file for other programs.
func (c *Client) CIF(ctx context.Context, structureID string) ([]byte, error) {
	return c.repeat(ctx, request{method: http.MethodGet, path: api + "/structures/" + url.PathEscape(structureID) + "/cif"})
}

// Page is where a list goes on: Before is the `next` of the page before it.
type Page struct {
	Before string
	Limit  int // 0: the server's own
}

func (p Page) query() url.Values {
	q := url.Values{}
	if p.Before != "" {
		q.Set("before", p.Before)
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	return q
}

// List gives discoveries, newest first, of one session when it is not "".
func (c *Client) List(ctx context.Context, sessionID string, p Page) (ds []discovery.Discovery, next string, err error) {
	type answer struct {
		Discoveries []discovery.Discovery `json:"discoveries"`
		Next        string                `json:"next"`
	}
	q := p.query()
	if sessionID != "" {
		q.Set("session", sessionID)
	}
	a, err := get[answer](ctx, c, api+"/discoveries", q)
	return a.Discoveries, a.Next, err
}

// Sessions gives sessions, newest first.
func (c *Client) Sessions(ctx context.Context, p Page) (ss []session.Session, next string, err error) {
	type answer struct {
		Sessions []session.Session `json:"sessions"`
		Next     string            `json:"next"`
	}
	a, err := get[answer](ctx, c, api+"/sessions", p.query())
	return a.Sessions, a.Next, err
}

// Servers gives the condition of the MCP servers.
func (c *Client) Servers(ctx context.Context) (map[string]tool.ServerState, error) {
	a, err := get[struct {
		MCP map[string]tool.ServerState `json:"mcp"`
	}](ctx, c, api+"/status", nil)
	return a.MCP, err
}
