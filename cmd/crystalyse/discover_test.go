package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/report"
	"crystalyse/internal/structure"
	"crystalyse/internal/user"
)

// fixedStack is a stack that runs already.
type fixedStack struct {
	address string
	err     error
}

func (s fixedStack) Ensure(*cobra.Command) (string, error) { return s.address, s.err }
func (s fixedStack) Locate(*cobra.Command) (string, error) { return s.address, s.err }

// bench is an API over a world and a way to run commands against it.
type bench struct {
	*resttest.World
	stack fixedStack
}

func newBench(t *testing.T) bench {
	t.Helper()
	w := resttest.New()
	srv := httptest.NewServer(rest.New(w.Deps()))
	t.Cleanup(srv.Close)
	return bench{w, fixedStack{address: srv.URL}}
}

// ran is what a command left.
type ran struct {
	code     int
	out, err string
}

func commandTree(s stack) *cobra.Command {
	root := &cobra.Command{Use: "crystalyse", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(discoveryCommands(s)...)
	return root
}

func (b bench) run(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	root := commandTree(b.stack)
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	if err != nil {
		errs.WriteString(err.Error() + " " + fault.Hint(err))
	}
	return ran{exitCodeOf(err), out.String(), errs.String()}
}

const sid = "st_0123456789abcdef0123456789"

// answer gives a report of a status.
func answer(d discovery.Discovery, s discovery.Status) json.RawMessage {
	body, err := json.Marshal(map[string]any{
		"discovery_id": d.ID, "session_id": d.SessionID, "query": d.Query, "mode": d.Mode, "status": s, "summary": "NaCl is rock salt.",
		"structures": []any{map[string]any{"id": sid, "formula": "Na(Cl)/..", "n_atoms": 2}},
		"validation": map[string]any{"values_total": 14, "values_resolved": 14, "unsourced": []string{}},
		"ended_at":   "2026-05-01T12:00:00Z",
	})
	if err != nil {
		panic(err)
	}
	return body
}

// answering makes the engine end every discovery with a status as it starts.
func (b bench) answering(s discovery.Status) { b.OnStart(b.ending(s)) }

// ending is a run that ends with a status.
func (b bench) ending(s discovery.Status) func(discovery.Discovery) error {
	b.AddStructure(user.Local, structure.Structure{ID: sid, Formula: "NaCl", CIF: "data_NaCl\n"})
	return func(d discovery.Discovery) error {
		b.Become(d.ID, discovery.StatusRunning, event.DiscoveryStatus{})
		b.Emit(d.ID, "t1.llm", event.ReasoningStart{Turn: 1, Speaker: "planner-1"})
		b.Emit(d.ID, "t1.llm", event.ReasoningEnd{Turn: 1, Text: "I look it up.", ToolCalls: []event.ToolPlan{{CallID: "t1.tool1"}}})
		b.Emit(d.ID, "t1.tool1", event.ToolCallStart{CallID: "t1.tool1", Tool: "relax_structure"}, event.ToolCallResult{CallID: "t1.tool1", Tool: "relax_structure", Status: "ok", DurationS: 3})
		b.Close(d.ID, s, answer(d, s), "NaCl is rock salt.")
		return nil
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	t.Run("ExitCodes", func(t *testing.T) {
		t.Parallel()
		for s, code := range map[discovery.Status]int{"completed": 0, "declined": 3, "cancelled": 4, "budget_exhausted": 5, "failed": 7} {
			b := newBench(t)
			b.answering(s)
			r := b.run(t, "", "discover", "NaCl?")
			require.Equal(t, code, r.code, "%s: %s", s, r.err)
			require.Contains(t, r.out, "NaCl is rock salt.")
			require.Contains(t, r.out, "14 of 14 numbers sourced")
			require.Contains(t, r.err, "t1.tool1 relax_structure")
			require.NotContains(t, r.out+r.err, "\x1b")
		}
	})
	t.Run("Held", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.OnStart(func(d discovery.Discovery) error {
			b.Become(d.ID, discovery.StatusNeedsAttention, event.DiscoveryStatus{Reason: "failure", FromStep: "t1.tool1", Failure: &event.Failure{Message: "mace does not answer", Suggestions: []string{"see its log"}}})
			return nil
		})
		r := b.run(t, "", "discover", "--json", "NaCl?")
		require.Equal(t, 6, r.code)
		require.Empty(t, r.out)
		for _, want := range []string{"mace does not answer", "see its log", "crystalyse retry " + b.Only(), "crystalyse skip " + b.Only(), "crystalyse cancel " + b.Only()} {
			require.Contains(t, r.err, want)
		}
	})
	t.Run("JSONIsTheReportAlone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.answering("completed")
		r := b.run(t, "NaCl from a pipe?\n", "discover", "--json", "-", "--mode", "rigorous", "--budget-wall", "20m", "--budget-calls", "5", "--budget-tokens", "900")
		require.Equal(t, 0, r.code, r.err)
		d, err := b.Deps().Discoveries.Get(t.Context(), user.Local, b.Only())
		require.NoError(t, err)
		require.JSONEq(t, string(answer(d, "completed")), r.out)
		require.Equal(t, "NaCl from a pipe?", d.Query)
		require.Equal(t, discovery.ModeRigorous, d.Mode)
		require.Equal(t, discovery.Budget{WallS: 1200, ToolCalls: 5, Tokens: 900}, d.Budget)
	})
	t.Run("StackAway", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.stack.err = fault.New(fault.CodeUnavailable, "PostgreSQL did not start")
		r := b.run(t, "", "discover", "NaCl?")
		require.Equal(t, 8, r.code)
		require.Contains(t, r.err, "PostgreSQL did not start")
	})
}

// TestVariables is not parallel: variables belong to the whole process.
func TestVariables(t *testing.T) {
	b := newBench(t)
	b.answering("completed")
	t.Setenv("CRYSTALYSE_MODE", "rigorous")
	t.Setenv("CRYSTALYSE_BUDGET_WALL", "90s")
	t.Setenv("CRYSTALYSE_JSON", "true")
	r := b.run(t, "", "discover", "NaCl?", "--mode", "creative")
	require.Equal(t, 0, r.code, r.err)
	require.True(t, json.Valid([]byte(r.out)))
	d, err := b.Deps().Discoveries.Get(t.Context(), user.Local, b.Only())
	require.NoError(t, err)
	require.Equal(t, discovery.ModeCreative, d.Mode, "a flag comes before its variable")
	require.Equal(t, 90.0, d.Budget.WallS)
	t.Setenv("CRYSTALYSE_BUDGET_WALL", "soon")
	r = b.run(t, "", "discover", "NaCl?")
	require.Equal(t, 2, r.code)
	require.Contains(t, r.err, "CRYSTALYSE_BUDGET_WALL")
}

func TestDiscoverBadInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stack.err = errors.New("no stack is started for bad input")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		stdin string
		args  []string
		says  string
	}{
		"BadDuration":    {"", []string{"q", "--budget-wall", "soon"}, "budget-wall"},
		"EmptyPipe":      {"", []string{"-"}, "query"},
		"EmptyQuery":     {"", []string{"  "}, "query"},
		"ForceWithout":   {"", []string{"q", "--force"}, "--force"},
		"LongPipe":       {strings.Repeat("x", 100<<10), []string{"-"}, "query"},
		"LongQuery":      {"", []string{strings.Repeat("x", 100<<10)}, "query"},
		"NegativeBudget": {"", []string{"q", "--budget-calls", "-1"}, "--budget-calls"},
		"NoQuery":        {"", nil, "query"},
		"OutBelowFile":   {"", []string{"q", "--out", file + "/x"}, "--out"},
		"OutIsFile":      {"", []string{"q", "--out", file}, "--out"},
		"OutNotEmpty":    {"", []string{"q", "--out", filepath.Dir(file)}, "--out"},
		"UnknownFlag":    {"", []string{"q", "--nonsense"}, "nonsense"},
		"UnknownMode":    {"", []string{"q", "--mode", "wild"}, "mode"},
		"ZeroBudget":     {"", []string{"q", "--budget-wall", "0s"}, "--budget-wall"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.run(t, c.stdin, append([]string{"discover"}, c.args...)...)
			require.Equal(t, 2, r.code, r.err)
			require.Contains(t, r.err, c.says)
		})
	}
	t.Run("TheServersRefusalCounts", func(t *testing.T) {
		t.Parallel()
		r := newBench(t).run(t, "", "discover", "q", "--session", "unknown")
		require.Equal(t, 2, r.code)
		require.Contains(t, r.err, `session "unknown" not found`)
	})
}

func TestOut(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, dir, name string) string {
		t.Helper()
		body, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(body)
	}
	check := func(t *testing.T, dir string) {
		t.Helper()
		require.Contains(t, read(t, dir, "report.md"), "NaCl is rock salt.")
		require.True(t, json.Valid([]byte(read(t, dir, "report.json"))))
		cif := read(t, dir, "structures/NaCl_01234567.cif")
		require.Contains(t, cif, "data_NaCl\n")
		require.Contains(t, cif, ", structure st_", "a CIF says where it comes from")
		for _, name := range report.BundleFiles {
			require.NotEmpty(t, read(t, dir, name))
		}
		ord := 0.0
		for _, line := range strings.Split(strings.TrimSpace(read(t, dir, "events.jsonl")), "\n") {
			var e event.Event
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			require.Greater(t, float64(e.Metadata.Ord), ord)
			ord = float64(e.Metadata.Ord)
		}
		require.Equal(t, 8.0, ord, "every event is there")
		around, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*partial*"))
		require.NoError(t, err)
		require.Empty(t, around)
	}
	b := newBench(t)
	b.answering("completed")
	dir := filepath.Join(t.TempDir(), "deep", "out")
	r := b.run(t, "", "discover", "NaCl?", "--out", dir)
	require.Equal(t, 0, r.code, r.err)
	require.Contains(t, r.out, dir)
	check(t, dir)

	did := b.Only()
	require.Equal(t, 2, b.run(t, "", "report", did, "--out", dir).code, "what is there is not overwritten")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.txt"), []byte("mine"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "report.md"), []byte("old"), 0o600))
	require.Equal(t, 0, b.run(t, "", "report", did, "--out", dir, "--force").code)
	check(t, dir)
	require.Equal(t, "mine", read(t, dir, "mine.txt"), "other files stay")

	empty := t.TempDir()
	require.Equal(t, 0, b.run(t, "", "follow", did, "--out", empty).code)
	check(t, empty)
}

func TestOutFailing(t *testing.T) {
	t.Parallel()
	t.Run("AStructureIsGone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		d := b.Ask(user.Local, "NaCl?")
		b.Close(d.ID, discovery.StatusCompleted, answer(d, discovery.StatusCompleted), "")
		dir := filepath.Join(t.TempDir(), "out")
		r := b.run(t, "", "report", d.ID, "--out", dir)
		require.Equal(t, 0, r.code, r.err)
		require.Contains(t, r.err, sid)
		require.FileExists(t, filepath.Join(dir, "report.md"))
	})
	t.Run("TheFolderFillsUpMeanwhile", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		dir := filepath.Join(t.TempDir(), "out")
		end := b.ending("completed")
		b.OnStart(func(d discovery.Discovery) error {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "other"), 0o755))
			return end(d)
		})
		r := b.run(t, "", "discover", "NaCl?", "--json", "--out", dir)
		require.Equal(t, 2, r.code)
		require.Contains(t, r.err, "not empty any more")
		require.Contains(t, r.out, "NaCl is rock salt.", "the answer is printed all the same")
		require.DirExists(t, filepath.Join(dir, "other"))
	})
}

func TestReadAndSteer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.Ask(user.Local, "What is \x1b[31mNaCl?")
	var got []string
	b.OnUpdate(func(_ string, u discovery.Update) error { got = append(got, string(u.Kind)); return nil })
	b.OnCancel(func(string, string) error { got = append(got, "cancel"); return nil })
	for _, verb := range []string{"retry", "skip", "finish", "cancel"} {
		r := b.run(t, "", verb, d.ID)
		require.Equal(t, 0, r.code, r.err)
		require.Contains(t, r.out, "crystalyse follow "+d.ID)
	}
	require.Equal(t, []string{"retry_step", "skip_step", "finish_now", "cancel"}, got)

	r := b.run(t, "", "report", d.ID)
	require.Equal(t, 2, r.code)
	require.Contains(t, r.err, "has no report yet")
	r = b.run(t, "", "list")
	require.Contains(t, r.out, d.ID)
	require.NotContains(t, r.out, "\x1b")
	require.Contains(t, b.run(t, "", "sessions").out, d.SessionID)
	var list []discovery.Discovery
	require.NoError(t, json.Unmarshal([]byte(b.run(t, "", "list", "--json").out), &list))
	require.Len(t, list, 1)
	require.Equal(t, "[]\n", newBench(t).run(t, "", "sessions", "--json").out)
	require.Contains(t, b.run(t, "", "__complete", "follow", "disc-").out, d.ID)

	b.Close(d.ID, discovery.StatusDeclined, answer(d, "declined"), "")
	require.Equal(t, 3, b.run(t, "", "report", d.ID).code)
	for _, verb := range []string{"report", "follow", "retry", "cancel"} {
		require.Equal(t, 2, b.run(t, "", verb, "disc-unknown").code, verb)
		require.Equal(t, 2, b.run(t, "", verb).code, verb)
	}
	require.Contains(t, b.run(t, "", "discover", "--help").out, "130  left running")
}

func TestAgo(t *testing.T) {
	t.Parallel()
	require.Equal(t, "now", ago(time.Now()))
	require.Equal(t, "5 min ago", ago(time.Now().Add(-5*time.Minute)))
	require.Equal(t, "3 h ago", ago(time.Now().Add(-3*time.Hour-time.Minute)))
}
