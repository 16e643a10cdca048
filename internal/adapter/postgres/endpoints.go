package postgres

import (
	"context"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/llm"
	"crystalyse/internal/seal"
)

type endpoints struct {
	*DB
	box *seal.Box
}

var _ llm.Endpoints = endpoints{}

// Endpoints keeps the language models that users named, their keys sealed.
func (d *DB) Endpoints(box *seal.Box) llm.Endpoints { return endpoints{d, box} }

// Endpoint gives a user's own.
func (d endpoints) Endpoint(ctx context.Context, userID string) (llm.Endpoint, error) {
	row, err := one2(d.q.GetEndpoint(ctx, userID))("endpoint", userID)
	if err != nil {
		return llm.Endpoint{}, err
	}
	e := llm.Endpoint{BaseURL: row.BaseUrl, Model: row.Model}
	if len(row.SealedKey) > 0 {
		e.Key, err = d.box.Unseal(row.SealedKey, userID)
	}
	return e, err
}

// SaveEndpoint keeps it in place of the one before.
func (d endpoints) SaveEndpoint(ctx context.Context, userID string, e llm.Endpoint) error {
	sealed := []byte{}
	if e.Key != "" {
		var err error
		if sealed, err = d.box.Seal(e.Key, userID); err != nil {
			return err
		}
	}
	return d.tx(ctx, func(q *db.Queries) error {
		if err := q.EnsureUser(ctx, userID); err != nil {
			return err
		}
		return q.SaveEndpoint(ctx, db.SaveEndpointParams{UserID: userID, BaseUrl: e.BaseURL, Model: e.Model, SealedKey: sealed})
	})
}

// DeleteEndpoint forgets it.
func (d endpoints) DeleteEndpoint(ctx context.Context, userID string) error {
	return wrap(d.q.DeleteEndpoint(ctx, userID))
}
