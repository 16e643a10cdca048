package mcp

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/tool"
)

const salt = `{"structure_id":"st_0123456789abcdef0123456789","step":4,"energy_per_atom":-3.4,"fmax":0.2,"species":["Na","Cl"],
	"quantum":0.001,"lattice":[[0,2.8,2.8],[2.8,0,2.8],[2.8,2.8,0]],"positions":[0,0,0,2800,2800,2801]}`

func report(t *testing.T, token, message, frame string) mcp.JSONRPCNotification {
	t.Helper()
	meta := ""
	if frame != "" {
		meta = `,"_meta":{"crystalyse/frame":` + frame + `}`
	}
	var n mcp.JSONRPCNotification
	require.NoError(t, json.Unmarshal([]byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"`+token+
		`","progress":4,"total":9,"message":"`+message+`"`+meta+`}}`), &n))
	return n
}

// The atoms of a report reach the call's handler and nothing that is written down.
func TestFrames(t *testing.T) {
	t.Parallel()
	d, got := newDemux(), make(chan tool.Progress, 8)
	token, done := d.open(func(p tool.Progress) { got <- p })
	d.notify(report(t, token, "relax NaCl step=4", salt))
	require.True(t, done())
	p := <-got
	require.Equal(t, &tool.Frame{StructureID: "st_0123456789abcdef0123456789", Step: 4, Energy: -3.4, Fmax: 0.2, Species: []string{"Na", "Cl"},
		Quantum: 0.001, Lattice: [][3]float64{{0, 2.8, 2.8}, {2.8, 0, 2.8}, {2.8, 2.8, 0}}, Positions: []float64{0, 0, 0, 2800, 2800, 2801}}, p.Frame)
	written, err := json.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, string(written), "2801")
	require.NotContains(t, string(written), "Frame")
}

// A report that overtakes another takes its frame along.
func TestFrameIsNotOvertaken(t *testing.T) {
	t.Parallel()
	d, got, entered, hold := newDemux(), make(chan tool.Progress, 8), make(chan struct{}, 8), make(chan struct{})
	token, done := d.open(func(p tool.Progress) { entered <- struct{}{}; <-hold; got <- p })
	d.notify(report(t, token, "first", ""))
	<-entered
	d.notify(report(t, token, "second", salt))
	d.notify(report(t, token, "third", ""))
	close(hold)
	done()
	require.Equal(t, "first", (<-got).Message)
	p := <-got
	require.Equal(t, "third", p.Message)
	require.NotNil(t, p.Frame)
}

// Frames of another shape are no frames; the report itself counts.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	for name, frame := range map[string]string{
		"NotAnObject": `7`, "Empty": `{}`, "Numbers": strings.Replace(salt, ",2801]", "]", 1), "Text": strings.Replace(salt, "2801", `"x"`, 1),
		"Lattice": strings.Replace(salt, "[0,2.8,2.8],", "", 1), "Quantum": strings.Replace(salt, "0.001", "0", 1), "Id": strings.Replace(salt, "st_", "xx", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, got := newDemux(), make(chan tool.Progress, 1)
			token, done := d.open(func(p tool.Progress) { got <- p })
			d.notify(report(t, token, "relax step=4", frame))
			require.True(t, done())
			p := <-got
			require.Nil(t, p.Frame)
			require.Equal(t, map[string]float64{"step": 4}, p.Details)
		})
	}
}
