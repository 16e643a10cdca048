package postgres_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/seal"
)

func testEndpoints(t *testing.T) {
	db, ctx := setup(t), t.Context()
	box, err := seal.New(strings.Repeat("1f", 32))
	require.NoError(t, err)
	store := db.Endpoints(box)
	e := llm.Endpoint{BaseURL: "https://models.lab/v1", Model: "m", Key: "sk-very-secret"}

	_, err = store.Endpoint(ctx, "ada")
	require.True(t, fault.Is(err, fault.CodeNotFound))
	require.NoError(t, store.SaveEndpoint(ctx, "ada", llm.Endpoint{BaseURL: "http://localhost/v1", Model: "old"}))
	require.NoError(t, store.SaveEndpoint(ctx, "ada", e))
	got, err := store.Endpoint(ctx, "ada")
	require.NoError(t, err)
	require.Equal(t, e, got)
	_, err = store.Endpoint(ctx, "bob")
	require.True(t, fault.Is(err, fault.CodeNotFound))

	// With another secret key it is there, and unreadable.
	other, err := seal.New(strings.Repeat("2e", 32))
	require.NoError(t, err)
	got, err = db.Endpoints(other).Endpoint(ctx, "ada")
	require.True(t, fault.Is(err, fault.CodeConflict))
	require.Equal(t, llm.Endpoint{BaseURL: e.BaseURL, Model: e.Model}, got)

	require.NoError(t, store.DeleteEndpoint(ctx, "ada"))
	require.NoError(t, store.DeleteEndpoint(ctx, "ada"))
	_, err = store.Endpoint(ctx, "ada")
	require.True(t, fault.Is(err, fault.CodeNotFound))
}
