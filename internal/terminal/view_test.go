package terminal

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with testdata/<test name>.txt.
func golden(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "_")+".txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// stage is a view over a clock that the test moves.
type stage struct {
	*View
	out   strings.Builder
	style Style
	clock time.Time
	scope event.Scope
}

func newStage(live bool, st Style) *stage {
	s := &stage{style: st, clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	s.View = NewView(&s.out, live, func() Style { return s.style }, func() time.Time { return s.clock })
	s.scope = event.Scope{SessionID: "S", DiscoveryID: "disc-1", Step: "t1.llm", Attempt: 1, Now: func() time.Time { return s.clock }}
	return s
}

func (s *stage) tell(t *testing.T, payloads ...event.Payload) {
	t.Helper()
	var events []event.Event
	for _, p := range payloads {
		e, err := s.scope.New(p)
		require.NoError(t, err)
		events = append(events, e)
	}
	s.Update(events, s.Run.running)
}

// play tells a whole discovery.
func (s *stage) play(t *testing.T) {
	const sid = "st_0123456789abcdef0123456789"
	relaxing := func(step float64) discovery.RunningCall {
		return discovery.RunningCall{CallID: "t2.tool1", Tool: "relax_structure", Attempt: 2, StartedAt: s.clock.Add(-75 * time.Second), Progress: &tool.Progress{
			Progress: step, Total: 500, Message: "relax NaCl", Details: map[string]float64{"step": step, "fmax": 0.1234, "energy": -3.41234}}}
	}
	s.tell(t, event.DiscoveryStatus{Status: "queued", Details: "accepted"})
	s.tell(t, event.DiscoveryStatus{Status: "running"}, event.ReasoningStart{Turn: 1, Speaker: "planner-1", Provider: "built-in"})
	s.clock = s.clock.Add(3 * time.Second)
	s.Tick()
	s.tell(t, event.ReasoningEnd{Turn: 1, Text: "I am the built-in planner. First I look for the ground state of NaCl among prototypes, because rock salt is likely but not certain.",
		ToolCalls: []event.ToolPlan{{CallID: "t1.tool1"}}, Usage: event.Usage{TokensIn: 1200, TokensOut: 34}})
	s.tell(t, event.ToolCallStart{CallID: "t1.tool1", Tool: "generate_crystal_csp", Arguments: map[string]any{"formula": "NaCl"}},
		event.TaskStart{TaskID: "t1.tool1.wait", TaskType: "waiting", Details: "the environment ml: torch is being installed"})
	s.clock = s.clock.Add(30 * time.Second)
	s.tell(t, event.TaskEnd{TaskID: "t1.tool1.wait", TaskType: "waiting", Status: "completed"})
	s.tell(t, event.ToolCallResult{CallID: "t1.tool1", Tool: "generate_crystal_csp", Status: "ok", DurationS: 2.41,
		Result: map[string]any{"structures": []any{1, 2, 3}, "n_tried": 12}}, event.StructureGenerated{StructureID: sid, Formula: "NaCl"})
	s.tell(t, event.ReasoningStart{Turn: 2, Speaker: "planner-1"},
		event.ReasoningEnd{Turn: 2, Text: "{{v:t1.tool1.n_tried}} were tried.", ToolCalls: []event.ToolPlan{{CallID: "t2.tool1"}}},
		event.ToolCallStart{CallID: "t2.tool1", Tool: "relax_structure", Arguments: map[string]any{"structure_id": sid}},
		event.ToolCallStart{CallID: "t2.tool2", Tool: "validate_composition", Arguments: map[string]any{"compositions": []any{"Xx2O"}}})
	s.Update(nil, []discovery.RunningCall{relaxing(10)})
	s.tell(t, event.Error{ErrorType: event.ToolFailure, ToolName: "validate_composition", Message: "Xx is no element", RecoverySuggestions: []string{"said once, by the result"}},
		event.ToolCallResult{CallID: "t2.tool2", Tool: "validate_composition", Status: "tool_error", DurationS: 0.01,
			Error: &event.Failure{Code: "invalid_input", Field: "compositions.0", Message: "Xx is no element", Suggestions: []string{"check the spelling of the formula and ask again with element symbols only"}}})
	s.clock = s.clock.Add(20 * time.Second)
	s.Update(nil, []discovery.RunningCall{relaxing(84)})
}

func (s *stage) end(t *testing.T) {
	six := 84
	no := false
	s.Update(nil, nil)
	s.tell(t, event.AttemptSuperseded{Attempt: 1, Reason: "the worker was lost"},
		event.ToolCallResult{CallID: "t2.tool1", Tool: "relax_structure", Status: "ok", DurationS: 312, ResumedFromStep: &six, Cached: true},
		event.EnergyCalculated{Key: "t2.tool1.energy_per_atom", Name: "energy_per_atom", Value: -3.41234, Unit: "eV/atom", Formula: "NaCl", Potential: "CHGNet 0.3.0", Converged: &no},
		event.DiscoveryComplete{Status: "completed", ReportID: "r", Usage: event.Usage{ToolCalls: 2}})
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for name, st := range map[string]Style{
		"Width80": {Unicode: true, Width: 80}, "Width40": {Unicode: true, Width: 40},
		"ASCII": {Width: 80}, "Color": {Unicode: true, Color: true, Width: 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(false, st)
			s.play(t)
			s.Lost()
			s.Lost()
			s.end(t)
			s.Close()
			if !st.Color {
				require.NotContains(t, s.out.String(), "\x1b", "no escape without color")
			}
			golden(t, s.out.String())
		})
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	for name, st := range map[string]Style{
		"Width80": {Unicode: true, Width: 80}, "Width40": {Unicode: true, Width: 40}, "Width120": {Unicode: true, Width: 120}, "ASCII": {Width: 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(true, st)
			s.play(t)
			during := screen(t, s.out.String(), st.Width)
			s.Lost()
			lost := screen(t, s.out.String(), st.Width)
			s.end(t)
			s.Close()
			golden(t, during+"\n=== lost\n"+lost+"\n=== after\n"+screen(t, s.out.String(), st.Width))
		})
	}
}

func TestQueuedIsToldWhileItLasts(t *testing.T) {
	t.Parallel()
	s := newStage(true, Style{Unicode: true, Width: 100})
	s.tell(t, event.DiscoveryStatus{Status: "queued"})
	require.NotContains(t, screen(t, s.out.String(), 100), "earlier discovery of the session", "most begin at once")
	s.clock = s.clock.Add(queuedFor)
	s.Tick()
	require.Contains(t, screen(t, s.out.String(), 100), "earlier discovery of the session")
	s.tell(t, event.DiscoveryStatus{Status: "running"})
	require.NotContains(t, screen(t, s.out.String(), 100), "earlier discovery of the session")
}

func TestLiveIsCalm(t *testing.T) {
	t.Parallel()
	s := newStage(true, Style{Unicode: true, Width: 80})
	s.play(t)
	before := s.out.Len()
	s.Tick()
	s.Update(nil, s.Run.running)
	require.Equal(t, before, s.out.Len(), "nothing changed, nothing is written")
}

func TestLivePauses(t *testing.T) {
	t.Parallel()
	s := newStage(true, Style{Unicode: true, Width: 80})
	s.tell(t, event.ReasoningStart{Turn: 1, Speaker: "planner"})
	s.Pause()
	before := s.out.Len()
	s.tell(t, event.ToolCallResult{CallID: "t1.tool1", Tool: "relax_structure", Status: "ok"})
	s.Tick()
	require.Equal(t, before, s.out.Len(), "a question is not overwritten")
	s.Resume()
	require.Contains(t, screen(t, s.out.String(), 80), "t1.tool1 relax_structure")
}

func TestNarrowedWindowIsErasedWhole(t *testing.T) {
	t.Parallel()
	s := newStage(true, Style{Unicode: true, Width: 100})
	s.play(t)
	s.out.Reset()
	s.style.Width = 50
	s.Tick()
	// Two lines of up to 100 cells are up to four rows of 50.
	m := regexp.MustCompile(`\x1b\[(\d+)A`).FindStringSubmatch(s.out.String())
	require.NotNil(t, m)
	rows, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	require.Greater(t, rows, len(s.region.drawn))
}

// TestHostileText puts escapes and direction marks into every text of every
// event, as a model or a tool might.
func TestHostileText(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b]0;owned\x07\x1b[2Jb\u202ec\u200bd\x9b31m\re\x7f\xff"
	for _, live := range []bool{false, true} {
		s := newStage(live, Style{Unicode: true, Width: 80})
		for _, k := range event.All {
			p := reflect.New(reflect.TypeOf(k.Zero))
			poison(p.Elem(), evil)
			s.tell(t, p.Elem().Interface().(event.Payload))
		}
		s.Update(nil, []discovery.RunningCall{{CallID: evil, Tool: evil, Progress: &tool.Progress{Message: evil}}, {CallID: evil, Tool: evil, Progress: &tool.Progress{Total: 5, Message: evil}}})
		s.Run.Status = "needs_attention"
		s.Run.Failure = &event.Failure{Message: evil}
		s.Tick()
		require.NoError(t, Held(&s.out, s.Run, "disc-1", s.style))
		text := ours.ReplaceAllString(s.out.String(), "")
		require.NotContains(t, text, "\x1b")
		for _, r := range text {
			require.False(t, r != '\n' && (r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x202e || r == 0x200b), "%U in %q", r, text)
		}
	}
}

func poison(v reflect.Value, evil string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), evil)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		poison(v.Elem(), evil)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		poison(v.Index(0), evil)
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.Interface {
			v.Set(reflect.ValueOf(map[string]any{"formula": evil, "structures": []any{evil}}))
		}
	}
}

// ours are the sequences the view itself writes.
var ours = regexp.MustCompile(`\x1b\[(\?2026[hl]|\d+A|J|[0-9;]*m)|\r`)

// screen gives what a terminal of the width would show of the output.
func screen(t *testing.T, out string, cells int) string {
	t.Helper()
	rows := []string{""}
	for _, part := range regexp.MustCompile(`\x1b\[[?0-9;]*[A-Za-z]|[^\x1b]`).FindAllString(out, -1) {
		switch {
		case part == "\n":
			rows = append(rows, "")
		case part == "\r", strings.HasSuffix(part, "m"), strings.HasPrefix(part, "\x1b[?"):
			if len(part) == 1 && part != "\r" {
				rows[len(rows)-1] += part
			}
		case strings.HasPrefix(part, "\x1b") && strings.HasSuffix(part, "A"):
			n, err := strconv.Atoi(part[2 : len(part)-1])
			require.NoError(t, err)
			require.Less(t, n, len(rows), "never above the page")
			rows = rows[:len(rows)-n]
			rows[len(rows)-1] = "" // always followed by \r and \x1b[J
		case part == "\x1b[J":
		default:
			rows[len(rows)-1] += part
		}
	}
	for _, r := range rows {
		require.LessOrEqual(t, width(r), cells, "no line wraps: %q", r)
	}
	return strings.Join(rows, "\n")
}
