package transcript_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/llm"
	"crystalyse/internal/structure"
	"crystalyse/internal/transcript"
)

// conversation makes one with the given number of rounds, each with up to three
// calls; every third round the user says something in between.
func conversation(r *rand.Rand, rounds int) []llm.Message {
	ms := []llm.Message{{Role: llm.RoleSystem, Content: "be good"}, {Role: llm.RoleUser, Content: "the energy of MgO"}}
	for i := 1; i <= rounds; i++ {
		if i%3 == 0 {
			ms = append(ms, llm.Message{Role: llm.RoleUser, Content: fmt.Sprintf("steer %d", i)})
		}
		a := llm.Message{Role: llm.RoleAssistant, Content: fmt.Sprintf("I do step %d", i)}
		for k := 1; k <= 1+r.IntN(3); k++ {
			a.ToolCalls = append(a.ToolCalls, llm.ToolCall{ID: fmt.Sprintf("p%d_%d", i, k), Name: "energy", Arguments: `{}`})
		}
		ms = append(ms, a)
		for k, c := range a.ToolCalls {
			ms = append(ms, llm.Message{Role: llm.RoleTool, ToolCallID: c.ID, Content: fmt.Sprintf(
				`{"call_id":"t%d.tool%d","tool":"energy","status":"ok","result":{"best_structure_id":"st_%026x","items":[{"energy_per_atom":%d.5,"ok":true}],"text":%q}}`,
				i, k+1, i*10+k, -i, strings.Repeat("long ", r.IntN(200)))})
		}
	}
	return ms
}

// paired fails unless every result follows the reply that asked for it.
func paired(t *testing.T, ms []llm.Message) {
	t.Helper()
	open := map[string]bool{}
	for _, m := range ms {
		switch m.Role {
		case llm.RoleTool:
			require.True(t, open[m.ToolCallID], "result %s answers no call", m.ToolCallID)
			delete(open, m.ToolCallID)
		default:
			require.Empty(t, open, "calls without results")
			for _, c := range m.ToolCalls {
				open[c.ID] = true
			}
		}
	}
	require.Empty(t, open)
}

func TestCutAndJoinGiveTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		ms := conversation(rand.New(rand.NewPCG(seed, 1)), int(seed%9))
		require.Equal(t, ms, transcript.Cut(ms).Join())
	}
}

func TestNothingCitableIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		ms := conversation(rand.New(rand.NewPCG(seed, 2)), 3+int(seed%7))
		cut := transcript.Cut(ms)
		older, newer := cut.Older(int(seed) * 100)
		require.NotEmpty(t, newer, "the last round stays")
		require.Equal(t, cut.Rounds, append(append([][]llm.Message{}, older...), newer...))
		digest := transcript.Digest(older, 1000)
		short := transcript.Rounds{Opening: cut.Opening, Notes: "notes\n" + digest, Rounds: newer}.Join()
		paired(t, short)
		whole, err := json.Marshal(ms)
		require.NoError(t, err)
		condensed, err := json.Marshal(short)
		require.NoError(t, err)
		require.Equal(t, structure.FindIDs(whole), structure.FindIDs(condensed))
		for _, round := range older {
			for _, m := range round {
				if m.Role == llm.RoleTool {
					id, _, _ := strings.Cut(strings.TrimPrefix(m.Content, `{"call_id":"`), `"`)
					require.Contains(t, digest, id+".items.0.energy_per_atom")
				}
			}
		}
		// Notes are taken off again, not nested.
		again := transcript.Cut(short)
		require.Equal(t, "notes\n"+digest, again.Notes)
		require.Equal(t, cut.Opening, again.Opening)
	}
}

func TestShrunkResultsKeepTheirKeys(t *testing.T) {
	t.Parallel()
	ms := conversation(rand.New(rand.NewPCG(3, 3)), 1)
	long := strings.Repeat("x", 9000)
	last := &ms[len(ms)-1]
	last.Content = strings.Replace(last.Content, `"text":"`, `"text":"`+long, 1)
	cut := transcript.Cut(ms)
	short := transcript.Shrink(cut.Rounds[0], 600)
	require.Less(t, transcript.Size(short), transcript.Size(cut.Rounds[0])-8000)
	require.Contains(t, short[len(short)-1].Content, "items.0.energy_per_atom")
	require.Equal(t, last.ToolCallID, short[len(short)-1].ToolCallID)
	require.Len(t, short[len(short)-1].Content, len(transcript.Shrink(short, 600)[len(short)-1].Content), "shrinking twice changes nothing")
}
