package rest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/user"
)

func TestStateRetryFork(t *testing.T) {
	t.Parallel()
	d := open(t)
	x := d.Ask(user.Local, "NaCl?")
	path := "/api/v1/discoveries/" + x.ID
	var s discovery.RunState
	r := d.do(t, "GET", path+"/state", "")
	require.Equal(t, 200, r.status)
	require.NoError(t, json.Unmarshal([]byte(r.body), &s))
	require.NotNil(t, s.Pending)

	require.Equal(t, 409, d.do(t, "POST", path+"/retry", `{"request_id":"r1"}`).status, "an open one has a run already")
	d.Close(x.ID, discovery.StatusFailed, nil, "")
	require.Equal(t, "budget", d.do(t, "POST", path+"/retry", `{"budget":{"tokens":-1}}`).problem(t).Field)
	require.Equal(t, 201, d.do(t, "POST", path+"/retry", `{"request_id":"r1"}`).status)
	require.Equal(t, 200, d.do(t, "POST", path+"/retry", `{"request_id":"r1"}`).status)

	require.Equal(t, "turn", d.do(t, "POST", path+"/fork", `{"turn":-1,"query":"KCl?"}`).problem(t).Field)
	require.Equal(t, "turn", d.do(t, "POST", path+"/fork", `{"turn":7,"query":"KCl?"}`).problem(t).Field)
	require.Equal(t, "query", d.do(t, "POST", path+"/fork", `{"turn":1,"query":" "}`).problem(t).Field)
	var f discovery.Discovery
	r = d.do(t, "POST", path+"/fork", `{"turn":1,"query":"KCl?","request_id":"f1"}`)
	require.Equal(t, 201, r.status)
	require.NoError(t, json.Unmarshal([]byte(r.body), &f))
	require.Equal(t, x.ID, f.ParentID)
	require.Equal(t, 200, d.do(t, "POST", path+"/fork", `{"turn":1,"query":"KCl?","request_id":"f1"}`).status)
}
