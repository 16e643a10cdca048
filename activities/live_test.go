package activities

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/structure/compact"
	"crystalyse/internal/tool"
)

// Whatever pieces a model writes, and however fast: the updates join to its
// text, and each says where it begins in characters.
func TestLiveText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var sent []event.ReasoningUpdate
		l := &liveText{turn: 3, send: func(p event.Payload) { sent = append(sent, p.(event.ReasoningUpdate)) }}
		var want strings.Builder
		for range 3000 {
			piece := strings.Repeat([]string{"a", "ü", "𝛼", "Fm3\u0304m "}[r.IntN(4)], r.IntN(30))
			want.WriteString(piece)
			require.Equal(t, len([]rune(want.String())), l.add(piece))
			<-time.After(time.Duration(r.IntN(12)) * time.Millisecond) // the clock of the bubble: nobody waits
		}
		l.close()
		l.close()
		got := ""
		for _, u := range sent {
			require.Equal(t, 3, u.Turn)
			require.Equal(t, len([]rune(got)), u.Offset)
			require.NotEmpty(t, u.Content)
			got += u.Content
		}
		require.Equal(t, want.String(), got)
		require.Less(t, len(sent), 1500, "pieces are merged")
	})
}

func run(args string, long bool) *callRun {
	c := &callRun{planned: discovery.PlannedCall{Arguments: json.RawMessage(args)}, call: discovery.Call{ID: "t2.tool1", Tool: "relax_structure"}}
	if long {
		c.task = &event.TaskStart{TaskID: "t2.tool1", TotalSteps: 14}
	}
	return c
}

func TestLiveProgress(t *testing.T) {
	t.Parallel()
	p := tool.Progress{Progress: 12, Total: 500, Message: "relax NaCl", Details: map[string]float64{"step": 12, "fmax": 0.1, "energy": -3.4}}
	out := run(`{"structure_id":"st_1"}`, false).liveProgress(p)
	require.Equal(t, []event.Payload{
		event.ToolCallProgress{CallID: "t2.tool1", Progress: 12, Total: 500, Message: "relax NaCl", Details: p.Details},
		event.StructureUpdated{StructureID: "st_1", CallID: "t2.tool1", Frame: 12, Energy: -3.4, Fmax: 0.1},
	}, out)

	p.Details["member"] = 4
	p.Progress, p.Total = 3, 14
	out = run(`{"structure_ids":["st_1","st_2"]}`, true).liveProgress(p)
	require.Len(t, out, 2, "a batch does not say whose frame it is")
	require.Equal(t, 3, out[1].(event.TaskProgress).CompletedSteps)

	salt := &tool.Frame{StructureID: "st_7", Step: 13, Energy: -3.5, Fmax: 0.2, Species: []string{"Na", "Cl"}, Quantum: 1e-3,
		Lattice: [][3]float64{{0, 2.8, 2.8}, {2.8, 0, 2.8}, {2.8, 2.8, 0}}, Positions: []float64{0, 0, 0, 2800, -2800, 2801}}
	p.Frame = salt
	out = run(`{"structure_ids":["st_1","st_7"]}`, true).liveProgress(p)
	require.Len(t, out, 3)
	f := out[2].(event.StructureUpdated)
	body, err := base64.StdEncoding.DecodeString(f.Compact)
	require.NoError(t, err)
	atoms, err := compact.Decode(body)
	require.NoError(t, err)
	require.Equal(t, []string{"Na", "Cl"}, atoms.Species)
	require.InDeltaSlice(t, []float64{2.8, -2.8, 2.801}, atoms.Positions[0][1][:], 1e-9)
	require.InDeltaSlice(t, []float64{0, 2.8, 2.8}, atoms.Lattices[0][0][:], 1e-9)
	f.Compact = ""
	require.Equal(t, event.StructureUpdated{StructureID: "st_7", CallID: "t2.tool1", Frame: 13, Energy: -3.5, Fmax: 0.2}, f)

	salt.Positions[0] = math.Inf(1)
	require.Len(t, run(`{"structure_id":"st_1"}`, true).liveProgress(p), 2, "what cannot be drawn is not sent")

	over := run(`[]`, true).liveProgress(tool.Progress{Progress: 9, Total: 4})
	require.InDelta(t, 1, over[1].(event.TaskProgress).Progress, 0)
}
