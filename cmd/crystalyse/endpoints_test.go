package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// shelf answers for one endpoint.
type shelf struct {
	llm.Endpoints
	e   llm.Endpoint
	err error
}

func (s shelf) Endpoint(context.Context, string) (llm.Endpoint, error) { return s.e, s.err }

// dressed marks what was put around a model.
type dressed struct{ llm.Model }

func TestChooser(t *testing.T) {
	t.Parallel()
	ours := dressed{}
	c := chooser{ours: ours, hosts: []string{"models.lab"}, dress: func(m llm.Model) llm.Model { return dressed{m} }}
	choose := func(e llm.Endpoint, err error) (llm.Model, error) {
		c.store = shelf{e: e, err: err}
		return c.For(t.Context(), "ada")
	}
	m, err := choose(llm.Endpoint{}, fault.NotFound("endpoint", "ada"))
	require.NoError(t, err)
	require.Equal(t, ours, m)

	e := llm.Endpoint{BaseURL: "https://models.lab/v1", Model: "m"}
	m, err = choose(e, nil)
	require.NoError(t, err)
	require.IsType(t, dressed{}, m, "a user's own is dressed as ours is")
	require.Equal(t, llm.Identity{Name: "CrystaLyse", Model: "m", Provider: "models.lab"}, m.Identity())

	_, err = choose(llm.Endpoint{BaseURL: "https://elsewhere/v1", Model: "m"}, nil)
	require.Equal(t, fault.CodeInvalid, fault.CodeOf(err))

	// A conflict would tell the engine that somebody newer does the step.
	_, err = choose(e, fault.New(fault.CodeConflict, "sealed with another key").WithHint("enter it again"))
	var refused *llm.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, llm.Error{Kind: llm.ErrAuth, Message: "sealed with another key", Hint: "enter it again"}, *refused)
	require.False(t, refused.Retryable())
	require.False(t, fault.Is(err, fault.CodeConflict))

	away := errors.New("away")
	_, err = choose(e, away)
	require.Equal(t, away, err, "what may pass is tried again")
}
