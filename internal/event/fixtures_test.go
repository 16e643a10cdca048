package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the fixtures anew")

const salt = "st_0123456789abcdef0123456789"

func ptr[T any](v T) *T { return &v }

// typical is an event of each type as a real discovery makes it. The web reads
// the same files.
var typical = []Payload{
	SessionStart{Title: "Structure of NaCl", Alias: "test-session"},
	SessionEnd{Reason: "user"},
	ReasoningStart{Query: "What is the crystal structure of NaCl?", Turn: 1, Speaker: "built-in planner", Provider: "builtin"},
	ReasoningEnd{Turn: 1, Text: "I generate structures of NaCl first – prototypes, then random cells.", FinishReason: "tool_calls",
		ToolCalls: []ToolPlan{{CallID: "t1.tool1", Tool: "generate_crystal_csp"}}, Usage: Usage{TokensIn: 812, TokensOut: 64, WallS: 0.4}},
	ToolCallStart{CallID: "t1.tool1", Tool: "generate_crystal_csp", Server: "chemeleon", Arguments: map[string]any{"formula": "NaCl", "num_samples": 12.0}, Waiting: "the ml environment is being installed"},
	ToolCallResult{CallID: "t1.tool1", Tool: "generate_crystal_csp", Server: "chemeleon", Status: "ok", Result: map[string]any{"formula": "NaCl", "n_kept": 12.0}, DurationS: 1.25, Cached: true, ResumedFromStep: ptr(40)},
	TaskStart{TaskID: "t2.tool1", TaskType: "relaxation", TotalSteps: 14, Details: "relax 14 structures"},
	TaskEnd{TaskID: "t2.tool1", TaskType: "relaxation", TotalSteps: 14, CompletedSteps: 13, Status: "completed", Details: "1 member failed"},
	MemoryWrite{MemoryID: "01JZZZZZZZZZZZZZZZZZZZZZZZ", MemoryType: "short_term"},
	MemoryRead{MemoryID: "01JZZZZZZZZZZZZZZZZZZZZZZZ"},
	MemorySearch{Query: "rock salt", MemoryIDs: []string{"01JZZZZZZZZZZZZZZZZZZZZZZZ"}},
	MemoryConsolidate{MemoryID: "01JZZZZZZZZZZZZZZZZZZZZZZY", MergedIDs: []string{"01JZZZZZZZZZZZZZZZZZZZZZZZ"}},
	StructureGenerated{StructureID: salt, CallID: "t1.tool1", Formula: "NaCl", NAtoms: 2, Origin: "relaxed", ParentID: "st_fedcba9876543210fedcba9876", Label: "rock salt", SpaceGroup: &SpaceGroup{Symbol: "Fm-3m", Number: 225, Symprec: 0.01}},
	EnergyCalculated{Key: "t2.tool1.items.0.energy_per_atom", Name: "energy_per_atom", Value: -3.39, Unit: "eV/atom", StructureID: salt, Formula: "NaCl", Potential: "CHGNet", Converged: ptr(true)},
	ValidationComplete{ValuesTotal: 5, ValuesResolved: 4, Unsourced: []string{"5.64 Å"}},
	DiscoveryStatus{Status: "needs_attention", Reason: "failure", Details: "t2.tool1 failed", Gen: 1, FromStep: "t2.tool1", Failure: &Failure{Code: "unavailable", Message: "the server mace stopped", Field: "structure_id", Suggestions: []string{"retry"}}},
	DiscoveryComplete{Status: "completed", ReportID: "rep_0123456789abcdef0123456789", Summary: "**NaCl** is rock salt.", Usage: Usage{TokensIn: 2000, TokensOut: 300, ToolCalls: 5, WallS: 61.5, Cost: ptr(0.01)}},
	DiscoveryDeleted{DiscoveryID: "disc-01JZZZZZZZZZZZZZZZZZZZZZZY"},
	ApprovalRequest{CallID: "t3.tool1", Tool: "relax_structures", Arguments: map[string]any{"structure_ids": []any{salt}}, Why: "about an hour of calculation"},
	Question{QuestionID: "q1", Text: "Which polymorph?", Options: []string{"rock salt", "both"}, Default: "both"},
	AttemptSuperseded{Attempt: 1, Reason: "the worker was lost"},
	Error{ErrorType: "unavailable", ToolName: "relax_structure", Message: "the server mace stopped", RecoverySuggestions: []string{"retry the step"}},
	ReasoningUpdate{Turn: 1, Offset: 12, Content: "Fm3\u0304m – α"},
	ToolCallProgress{CallID: "t2.tool1", Progress: 12, Total: 500, Message: "relax NaCl step=12 fmax=0.1234 energy=-3.4123", Details: map[string]float64{"step": 12, "fmax": 0.1234, "energy": -3.4123}},
	TaskProgress{TaskID: "t2.tool1", CompletedSteps: 3, TotalSteps: 14, Progress: 0.21, Details: "member 3 of 14"},
	StructureUpdated{StructureID: salt, CallID: "t2.tool1", Frame: 12, Energy: -3.4123, Fmax: 0.1234, Compact: "AAEC"},
	UsageUpdate{Usage: Usage{TokensIn: 812, TokensOut: 64, ToolCalls: 1, WallS: 2.5}},
}

// fixture makes the event of a payload, the same each time. An empty one is also
// made outside of steps, with all that is optional absent.
func fixture(t *testing.T, p Payload, empty bool) []byte {
	t.Helper()
	s := Scope{SessionID: "01JZZZZZZZZZZZZZZZZZZZZZZZ", DiscoveryID: "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ", Mode: "rigorous", Gen: 1, Step: "t2.tool1", Attempt: 2,
		Now: func() time.Time { return time.UnixMicro(1_767_323_045_250_000) }}
	if empty {
		s.DiscoveryID, s.Mode, s.Gen, s.Step, s.Attempt = "", "creative", 0, Outside("start"), 0
	}
	e, err := s.New(p)
	require.NoError(t, err)
	if !empty && Durable(e.Type) {
		e.Metadata.Ord = 42
	}
	if !empty {
		e.Metadata.Epoch, e.Metadata.Seq = "e1", 57
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(e))
	return out.Bytes()
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	require.Len(t, typical, len(All))
	for i, k := range All {
		require.Equal(t, k.Type, typical[i].EventType(), "typical is in the order of All")
		for name, p := range map[string]Payload{string(k.Type): typical[i], string(k.Type) + ".min": k.Zero} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				golden := filepath.Join("testdata", "events", name+".json")
				want := fixture(t, p, name != string(k.Type))
				if *update {
					require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
					require.NoError(t, os.WriteFile(golden, want, 0o644))
				}
				got, err := os.ReadFile(golden)
				require.NoError(t, err, "run go test ./internal/event -update")
				require.Equal(t, string(want), string(got), "stale: run go test ./internal/event -update")
				var e Event
				require.NoError(t, json.Unmarshal(got, &e))
				back, err := Decode(e)
				require.NoError(t, err)
				require.Equal(t, filled(p), filled(back), "what was said is what is read")
			})
		}
	}
}

// TestDocs keeps docs/events.md: an example of every type, as a run makes it.
func TestDocs(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("# Events\n\nGenerated from `internal/event` (`go test ./internal/event -update`). How they travel: `wire.md`. The schema: `internal/event/schema/events.schema.json`; the types: `web/src/event/events.gen.ts`.\n\n" +
		"The envelope is the same for all: `id` is `<discovery>/<gen>/<step>/<attempt>/<n>`, `timestamp` seconds since 1970, `mode` the effective mode, `metadata` where it belongs. " +
		"Durable events carry their `ord` in the session's log; live ones have none and may be lost. Below, the data of each.\n")
	for i, k := range All {
		kind := "durable"
		if !k.Durable {
			kind = "live"
		}
		data, err := json.MarshalIndent(filled(typical[i]), "", "  ")
		require.NoError(t, err)
		fmt.Fprintf(&b, "\n## %s (%s)\n\n```json\n%s\n```\n", k.Type, kind, data)
	}
	path := filepath.Join("..", "..", "docs", "events.md")
	if *update {
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(got), "stale: run go test ./internal/event -update")
}
