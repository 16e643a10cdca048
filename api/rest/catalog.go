package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"crystalyse/api/rest/openapi"
	"crystalyse/internal/llm"
	"crystalyse/internal/tool"
)

// openAPI sends the API's contract; it is no secret.
func openAPI(c *gin.Context) error {
	doc, err := openapi.JSON()
	if err != nil {
		return err
	}
	return tagged(c, "application/json; charset=utf-8", doc)
}

// toolBody is a tool with the condition of its server.
type toolBody struct {
	tool.Spec
	State  string `json:"state"`
	Detail string `json:"detail,omitempty"`
}

// tools lists what the agent can call.
func (s *server) tools(c *gin.Context, _ string) error {
	ctx := c.Request.Context()
	specs, err := s.Tools(ctx)
	if err != nil {
		return err
	}
	states, err := s.States(ctx)
	if err != nil {
		return err
	}
	out := make([]toolBody, 0, len(specs))
	for _, spec := range specs {
		b := toolBody{Spec: spec, State: "unknown"}
		if st, ok := states[spec.Server]; ok {
			b.State, b.Detail = st.State, st.Detail
		}
		out = append(out, b)
	}
	c.JSON(http.StatusOK, gin.H{"tools": out, "next": ""})
	return nil
}

// modelBody is a language model (kind llm) or a potential (kind potential).
type modelBody struct {
	Kind        string `json:"kind"`
	Key         string `json:"key"` // what names it in a request
	Name        string `json:"name"`
	Version     string `json:"version,omitempty"`
	Provider    string `json:"provider,omitempty"`
	Available   bool   `json:"available"`
	Default     bool   `json:"default"`
	EnergyLevel string `json:"energy_level,omitempty"`
	License     string `json:"license,omitempty"`
	Checkpoint  string `json:"checkpoint_sha256,omitempty"`
	Description string `json:"description,omitempty"`
	Detail      string `json:"detail,omitempty"` // why it is not available, or what to do
}

// potentialServer is the MCP server that has the potentials.
const potentialServer = "mace"

// models lists who can reason and what can compute.
func (s *server) models(c *gin.Context, userID string) error {
	ctx := c.Request.Context()
	states, err := s.States(ctx)
	if err != nil {
		return err
	}
	out := make([]modelBody, 0, 8)
	own, err := s.ownAgent(ctx, userID)
	if err != nil {
		return err
	}
	for i, a := range append(own, s.Agents...) {
		out = append(out, agentBody(a, i == 0))
	}
	state := states[potentialServer]
	found, err := []modelBody(nil), error(nil)
	// An idle server starts when it is asked.
	if (state.State == "ready" || state.State == "idle") && s.Asker != nil {
		if found, err = s.known.list(ctx, s.Asker, s.Now()); err != nil {
			s.Logger.WarnContext(ctx, "the potentials cannot be listed", "error", err)
		}
	}
	detail := state.State
	if detail == "" {
		detail = "absent"
	}
	if state.Detail != "" {
		detail += ": " + state.Detail
	}
	if err != nil {
		detail = "does not answer"
	} else if found == nil && (state.State == "ready" || state.State == "idle") {
		detail = "starting"
	}
	c.JSON(http.StatusOK, gin.H{"models": append(out, found...), "next": "", "potentials": detail})
	return nil
}

func agentBody(a llm.Identity, first bool) modelBody {
	return modelBody{Kind: "llm", Key: a.Model, Name: a.Model, Provider: a.Provider, Available: true, Default: first}
}

// potentials remembers the list for a while: it changes when somebody puts a
// model file into a folder.
type potentials struct {
	mu     sync.Mutex
	at     time.Time     // guarded by mu
	have   []modelBody   // guarded by mu
	err    error         // of the last question; guarded by mu
	asking chan struct{} // closed when the question under way is answered; guarded by mu
}

const (
	potentialsFresh = time.Minute
	// A server that has to start first answers the next question: whoever opens
	// the page is told at once who reasons.
	potentialsPatience = 2 * time.Second
	potentialsAtMost   = 2 * time.Minute
)

// list gives the potentials as far as they are known within a moment.
func (p *potentials) list(ctx context.Context, a tool.Asker, now time.Time) ([]modelBody, error) {
	p.mu.Lock()
	if p.have != nil && now.Sub(p.at) < potentialsFresh {
		defer p.mu.Unlock()
		return p.have, nil
	}
	if p.asking == nil {
		p.asking = make(chan struct{})
		go p.ask(context.WithoutCancel(ctx), a, now)
	}
	asking := p.asking
	p.mu.Unlock()
	select {
	case <-asking:
	case <-time.After(potentialsPatience):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.have, p.err
}

func (p *potentials) ask(ctx context.Context, a tool.Asker, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, potentialsAtMost)
	defer cancel()
	have, err := listed(ctx, a)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err == nil {
		p.at, p.have = now, have
	}
	close(p.asking)
	p.asking = nil
}

func listed(ctx context.Context, a tool.Asker) ([]modelBody, error) {
	raw, err := a.Potentials(ctx)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Items []struct {
			Key         string `json:"key"`
			Name        string `json:"name"`
			Version     string `json:"version"`
			EnergyLevel string `json:"energy_level"`
			Available   bool   `json:"available"`
			Description string `json:"description"`
			License     string `json:"license"`
			Checkpoint  string `json:"checkpoint_sha256"`
			WhatToDo    string `json:"what_to_do"`
		} `json:"items"`
		Default string `json:"default"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, err
	}
	have := make([]modelBody, 0, len(answer.Items))
	for _, i := range answer.Items {
		have = append(have, modelBody{Kind: "potential", Key: i.Key, Name: i.Name, Version: i.Version, Available: i.Available, Default: i.Key == answer.Default,
			EnergyLevel: i.EnergyLevel, License: i.License, Checkpoint: i.Checkpoint, Description: i.Description, Detail: i.WhatToDo})
	}
	return have, nil
}
