package main

import (
	"context"
	"errors"

	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/config"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/seal"
)

// userEndpoints keeps the models that users name; nil where none may be named.
func userEndpoints(cfg *config.Config, db *postgres.DB) (llm.Endpoints, error) {
	if len(cfg.UserHosts()) == 0 {
		return nil, nil
	}
	box, err := openBox(cfg)
	if err != nil {
		return nil, err
	}
	return db.Endpoints(box), nil
}

func openBox(cfg *config.Config) (*seal.Box, error) {
	if cfg.SecretKey != "" {
		return seal.New(cfg.SecretKey.Reveal())
	}
	return seal.Open(cfg.Path("secret", "key"))
}

// enteredNames are what the settings are called in the page.
var enteredNames = openai.Names{Key: "the key you entered", BaseURL: "the address you entered", Model: "the model you entered", Without: "remove your model to go on with the server's"}

// dialModel gives the model behind a user's endpoint.
func dialModel(e llm.Endpoint) llm.Model {
	return openai.New(openai.Config{
		BaseURL: e.BaseURL, APIKey: e.Key, Names: enteredNames,
		Identity: llm.Identity{Name: "CrystaLyse", Model: e.Model, Provider: e.Host()},
	})
}

// chooser gives each user the model they named, and all others ours.
type chooser struct {
	ours  llm.Model
	store llm.Endpoints
	hosts []string
	dress func(llm.Model) llm.Model // what is put around every model
}

var _ llm.Chooser = chooser{}

// For gives the model of a user. What the operator no longer allows is not called.
func (c chooser) For(ctx context.Context, userID string) (llm.Model, error) {
	e, err := c.store.Endpoint(ctx, userID)
	if fault.Is(err, fault.CodeNotFound) {
		return c.ours, nil
	}
	if err != nil {
		return nil, sealedAway(err)
	}
	if e, err = e.Normalize(c.hosts); err != nil {
		return nil, err
	}
	return c.dress(dialModel(e)), nil
}

// sealedAway tells a key that cannot be unsealed from the conflict it is to a
// request: the engine would take that for a newer attempt. To a turn it is a key
// that is worth nothing, until its user acts.
func sealedAway(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.CodeConflict {
		return &llm.Error{Kind: llm.ErrAuth, Message: f.Message, Hint: f.Hint, Err: f.Err}
	}
	return err
}
