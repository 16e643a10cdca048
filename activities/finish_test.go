package activities_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/activities"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/llm"
	"crystalyse/internal/report"
)

// nobody is a chooser whose user's model is out of reach.
type nobody struct{}

func (nobody) For(context.Context, string) (llm.Model, error) {
	return nil, &llm.Error{Kind: llm.ErrAuth, Message: "the key cannot be read", Hint: "enter it again"}
}

// testNoModel: it fails before it knows who answers, and is closed all the same,
// so that the next of its session begins.
func testNoModel(t *testing.T) {
	b := setup(t)
	b.a.Models = nobody{}
	r, err := discovery.Request{UserID: "local", Query: "the energy of CaO"}.Normalize()
	require.NoError(t, err)
	d, _, err := b.db.Create(t.Context(), r)
	require.NoError(t, err)
	_, err = b.env.ExecuteActivity(activities.NameBegin, activities.BeginInput{DiscoveryID: d.ID})
	require.ErrorContains(t, err, "the key cannot be read")
	r.SessionID, r.Query = d.SessionID, "the energy of SrO"
	behind, _, err := b.db.Create(t.Context(), r)
	require.NoError(t, err)

	in := activities.FinishInput{DiscoveryID: d.ID, Status: discovery.StatusFailed, Details: "the key cannot be read"}
	var done activities.FinishResult
	b.do(t, activities.NameFinish, in, &done)
	require.Equal(t, discovery.StatusFailed, done.Status)
	require.Equal(t, behind.ID, done.Next)
	raw, err := b.db.Report(t.Context(), "local", d.ID)
	require.NoError(t, err)
	var told report.Report
	require.NoError(t, json.Unmarshal(raw, &told))
	require.Empty(t, told.Agent.Model)
	require.Contains(t, report.Markdown(told), "no model")
	_, ready, err := b.db.Lifecycle().Claim(t.Context(), behind.ID, nil)
	require.NoError(t, err)
	require.True(t, ready, "the session goes on")
}

// testModelRefused: viewers read what is wrong and what to do, not that it is
// tried again by itself.
func testModelRefused(t *testing.T) {
	b := setup(t)
	b.a.Models = nobody{}
	_, err := b.env.ExecuteActivity(activities.NameLLMTurn, activities.TurnInput{DiscoveryID: b.d.ID, Turn: 1, Step: "t1.llm", Head: b.head})
	require.ErrorContains(t, err, "the key cannot be read")
	events, err := b.db.After(t.Context(), "local", b.d.SessionID, b.d.ID, 0, 100)
	require.NoError(t, err)
	told, err := event.Decode(events[len(events)-1])
	require.NoError(t, err)
	require.Equal(t, event.Error{ErrorType: "LLMAuth", ToolName: "t1.llm", Message: "the key cannot be read", RecoverySuggestions: []string{"enter it again"}}, told)
}
