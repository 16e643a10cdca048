package discovery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	p, err := discovery.ParsePolicy([]byte(`{"ask_above_s": 100, "rules": [{"tool": "relax_*", "above_s": 50, "decision": "ask"}, {"server": "web", "decision": "deny"}, {"tool": "cheap", "decision": "allow"}]}`))
	require.NoError(t, err)
	p.Servers = []string{"mace", "web"}
	p.Remembered = []discovery.Remembered{{Tool: "known", Decision: discovery.Allow}}
	for _, c := range []struct {
		d    discovery.Digest
		want discovery.Decision
	}{
		{discovery.Digest{Tool: "relax_structure", Server: "mace", EstimateS: 60}, discovery.Ask},
		{discovery.Digest{Tool: "relax_structure", Server: "mace", EstimateS: 10}, discovery.Allow},
		{discovery.Digest{Tool: "x", Server: "web"}, discovery.Deny},
		{discovery.Digest{Tool: "x", Server: "mace", EstimateS: 101}, discovery.Ask},
		{discovery.Digest{Tool: "cheap", Server: "mace", EstimateS: 1e6}, discovery.Allow},
		{discovery.Digest{Tool: "known", Server: "mace", EstimateS: 1e6}, discovery.Allow},
		{discovery.Digest{Tool: "known", Server: "stranger"}, discovery.Deny},
	} {
		got, _ := p.Decide(c.d)
		require.Equal(t, c.want, got, "%+v", c.d)
	}
	got, _ := discovery.Policy{}.Decide(discovery.Digest{Tool: "x", EstimateS: 1e9})
	require.Equal(t, discovery.Allow, got, "the policy of runs recorded before there was one")
	for _, bad := range []string{`[]`, `{"rules":[{"tool":"x"}]}`, `{"rules":[{"tool":"[","decision":"ask"}]}`, `{"ask_above_s":-1}`} {
		_, err := discovery.ParsePolicy([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestUpdatesThatCannotBeRight(t *testing.T) {
	t.Parallel()
	for field, u := range map[string]discovery.Update{
		"kind":     {Kind: "explode"},
		"text":     {Kind: discovery.UpdateSteer, Text: "  "},
		"decision": {Kind: discovery.UpdateApprove, Decision: "maybe"},
		"step":     {Kind: discovery.UpdateCancelStep},
		"budget":   {Kind: discovery.UpdateSetBudget, Budget: &discovery.Budget{}},
		"reason":   {Kind: discovery.UpdatePause, Reason: string(make([]byte, 5000))},
	} {
		_, err := u.Normalize()
		var f *fault.Error
		require.ErrorAs(t, err, &f, field)
		require.Equal(t, field, f.Field)
	}
}
