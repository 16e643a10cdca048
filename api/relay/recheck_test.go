package relay_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"crystalyse/api/gate"
	"crystalyse/api/relay"
	"crystalyse/api/relay/relaytest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/auth"
)

// signedIn is a door whose viewers have the token and login their headers name,
// and whose standing is judged by the real gate.
type signedIn struct {
	relaytest.Gate
	real *gate.Gate
}

func (signedIn) Identify(r *http.Request) (auth.Identity, error) {
	u := r.Header.Get("X-User")
	return auth.Identity{UserID: u, TokenID: "token of " + u, Login: "login of " + u}, nil
}

func (s signedIn) Standing(ctx context.Context, who auth.Identity) error {
	return s.real.Standing(ctx, who)
}

// A revoked token and an ended login cut the sockets that were opened with them,
// and no others; the metrics count it and name nobody.
func TestRevocationCutsSockets(t *testing.T) {
	logins := resttest.NewLogins()
	until := time.Now().Add(time.Hour)
	for _, u := range []string{"ada", "bob", "eve"} {
		require.NoError(t, logins.SaveLogin(t.Context(), "login of "+u, auth.Login{UserID: u, TokenID: "token of " + u, Expires: until}))
	}
	r := setup(t, relay.Limits{Beat: 15 * time.Millisecond}, func(d *relay.Deps) {
		d.Gate = signedIn{real: gate.New(gate.Options{Logins: logins})}
	})
	ada, bob, eve := r.dial("a", "ada", relay.Subprotocol), r.dial("b", "bob", relay.Subprotocol), r.dial("e", "eve", relay.Subprotocol)
	require.NoError(t, logins.Revoke(t.Context(), "token of ada", until))
	require.Equal(t, 4502, closed(t, ada))
	require.NoError(t, logins.EndLogin(t.Context(), "login of bob"))
	require.Equal(t, 4502, closed(t, bob))
	answered(t, eve)
	registry := prometheus.NewRegistry()
	registry.MustRegister(r.relay.Collector())
	families, err := registry.Gather()
	require.NoError(t, err)
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				require.Contains(t, []string{"code", "kind"}, l.GetName())
				name += " " + l.GetValue()
			}
			have[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	require.InDelta(t, 3, have["crystalyse_sockets_total"], 0)
	require.InDelta(t, 2, have["crystalyse_sockets_closed_total 4502"], 0)
	require.Contains(t, have, "crystalyse_relay_total snapshots")
}
