package rest_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// shelf keeps endpoints in memory.
type shelf struct {
	mu      sync.Mutex
	kept    map[string]llm.Endpoint // guarded by mu
	foreign bool                    // guarded by mu; the keys were sealed with another secret key
}

func (s *shelf) Endpoint(_ context.Context, userID string) (llm.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.kept[userID]
	if !ok {
		return e, fault.NotFound("endpoint", userID)
	}
	if s.foreign && e.Key != "" {
		e.Key = ""
		return e, fault.New(fault.CodeConflict, "sealed with another secret key").WithHint("enter it again")
	}
	return e, nil
}

func (s *shelf) SaveEndpoint(_ context.Context, userID string, e llm.Endpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[userID] = e
	return nil
}

func (s *shelf) DeleteEndpoint(_ context.Context, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, userID)
	return nil
}

// trial is a model that answers, calls its tool, or refuses.
type trial struct{ e llm.Endpoint }

func (m trial) Identity() llm.Identity {
	return llm.Identity{Model: m.e.Model, Provider: "of " + m.e.Host()}
}

func (m trial) Turn(_ context.Context, req llm.Request, _ func(string)) (llm.Turn, error) {
	switch m.e.Model {
	case "refuses":
		return llm.Turn{}, &llm.Error{Kind: llm.ErrAuth, Message: "the provider refuses the key you entered", Hint: "check it"}
	case "talks":
		return llm.Turn{Model: "talks-1"}, nil
	}
	return llm.Turn{Model: "able-1", ToolCalls: []llm.ToolCall{{Name: req.Tools[0].Name}}}, nil
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	const path, secret = "/api/v1/llm", "sk-very-secret"
	s := &shelf{kept: map[string]llm.Endpoint{}}
	d := open(t, func(d *rest.Deps) {
		d.Endpoints, d.LLMHosts = s, []string{"models.lab"}
		d.Dial = func(e llm.Endpoint) llm.Model { return trial{e} }
		d.Agents = []llm.Identity{{Model: "planner"}}
	})
	told := func(r reply) reply {
		t.Helper()
		require.NotContains(t, r.body, secret, "a key is never sent back")
		return r
	}

	r := told(d.do(t, "GET", path, ""))
	require.JSONEq(t, `{"own":null,"allowed":true}`, r.body)
	named := `{"base_url":"https://models.lab/v1/","model":"able","key":"` + secret + `"}`
	r = told(d.do(t, "PUT", path, named))
	require.Equal(t, 200, r.status)
	require.JSONEq(t, `{"base_url":"https://models.lab/v1","model":"able","has_key":true}`, r.body)
	require.Equal(t, secret, s.kept["local"].Key)
	r = told(d.do(t, "GET", path, ""))
	require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	first := told(d.do(t, "GET", "/api/v1/models", "")).json(t)["models"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"able", "of models.lab", true}, []any{first["name"], first["provider"], first["default"]})

	// Nobody else's, and the key leaves for no other address.
	require.JSONEq(t, `{"own":null,"allowed":true}`, d.do(t, "GET", path, "", "X-User", "bob").body)
	other := `{"base_url":"https://models.lab/v2","model":"able"}`
	require.Equal(t, "key", told(d.do(t, "POST", path+"/test", other)).problem(t).Field)
	require.Equal(t, "key", told(d.do(t, "PUT", path, other)).problem(t).Field)
	require.Equal(t, "base_url", told(d.do(t, "POST", path+"/test", `{"base_url":"http://169.254.169.254/v1","model":"able"}`)).problem(t).Field)

	kept := func(model string) string { return `{"base_url":"https://models.lab/v1","model":"` + model + `"}` }
	require.Equal(t, true, d.do(t, "POST", path+"/test", kept("able")).json(t)["tools"])
	require.Equal(t, false, d.do(t, "POST", path+"/test", kept("talks")).json(t)["tools"])
	p := told(d.do(t, "POST", path+"/test", kept("refuses"))).problem(t)
	require.Equal(t, []any{409, "check it"}, []any{p.Status, p.Hint})
	require.Equal(t, "able", s.kept["local"].Model, "a test keeps nothing")

	require.Equal(t, 204, d.do(t, "DELETE", path, "").status)
	require.Empty(t, s.kept)
	require.NotContains(t, d.log.String(), secret, "a key is in no log")
}

func TestEndpointWhereNoneIsAllowed(t *testing.T) {
	t.Parallel()
	d := open(t)
	require.JSONEq(t, `{"own":null,"allowed":false}`, d.do(t, "GET", "/api/v1/llm", "").body)
	body := `{"base_url":"https://models.lab/v1","model":"m"}`
	require.Equal(t, 403, d.do(t, "PUT", "/api/v1/llm", body).status)
	require.Equal(t, 403, d.do(t, "POST", "/api/v1/llm/test", body).status)
	require.Equal(t, 204, d.do(t, "DELETE", "/api/v1/llm", "").status)
}

// TestEndpointWhoseKeyCannotBeUnsealed: it is shown, replaced and removed.
func TestEndpointWhoseKeyCannotBeUnsealed(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/llm"
	s := &shelf{foreign: true, kept: map[string]llm.Endpoint{"local": {BaseURL: "https://models.lab/v1", Model: "able", Key: "sk"}}}
	d := open(t, func(d *rest.Deps) {
		d.Endpoints, d.LLMHosts = s, []string{"models.lab"}
		d.Dial = func(e llm.Endpoint) llm.Model { return trial{e} }
	})
	require.JSONEq(t, `{"own":{"base_url":"https://models.lab/v1","model":"able","has_key":false},"allowed":true}`, d.do(t, "GET", path, "").body)
	r := d.do(t, "GET", "/api/v1/models", "")
	require.Equal(t, 200, r.status)
	require.Equal(t, "able", r.json(t)["models"].([]any)[0].(map[string]any)["name"], "it is the one that is asked")

	// The key that is kept is of no use; nothing else takes its place unasked.
	p := d.do(t, "PUT", path, `{"base_url":"https://models.lab/v1","model":"able"}`).problem(t)
	require.Equal(t, []any{409, "enter it again"}, []any{p.Status, p.Hint})
	require.Equal(t, 200, d.do(t, "PUT", path, `{"base_url":"https://models.lab/v1","model":"able","key":""}`).status)
	require.Equal(t, 204, d.do(t, "DELETE", path, "").status)
}
