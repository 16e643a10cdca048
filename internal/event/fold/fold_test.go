package fold_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
	"crystalyse/internal/event/fold"
)

var update = flag.Bool("update", false, "write the fixtures anew")

// stories are whole and cut logs, each with something a naive fold gets wrong.
// rest says that nothing runs at its end: durable events alone then tell it all.
var stories = []struct {
	name string
	rest bool
	tell func(*teller)
}{
	{"whole", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax NaCl – α first.", call("t1.tool1"))
		t.relaxed(first, 0, "t1.tool1", 1)
		t.turn(first, 0, 2, 1, "**NaCl** is rock salt.")
		t.finish(first, 0, "completed")
	}},
	{"in the middle of a text", false, func(t *teller) {
		t.begin(first)
		t.at(first, 0, "t1.llm", 1, event.ReasoningStart{Turn: 1, Speaker: "model", Provider: "p"})
		t.updates(first, 0, 1, 1, "Fm3\u0304m is a space group 𝛼")
	}},
	{"in the middle of two calls", false, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "Two calls.", call("t1.tool1"), call("t1.tool2"))
		t.relaxing(first, 0, "t1.tool1", 1)
		t.relaxed(first, 0, "t1.tool2", 1)
	}},
	{"a turn tried again", true, func(t *teller) {
		t.begin(first)
		t.at(first, 0, "t1.llm", 1, event.ReasoningStart{Turn: 1, Speaker: "model", Provider: "p"})
		t.updates(first, 0, 1, 1, "This text must never be")
		t.at(first, 0, "t1.llm", 1, event.Error{ErrorType: "unavailable", Message: "the model does not answer", RecoverySuggestions: []string{"wait"}})
		t.superseded(first, 0, "t1.llm", 2)
		t.turn(first, 0, 1, 2, "The second attempt.")
		t.finish(first, 0, "completed")
	}},
	{"a turn tried again, in its middle", false, func(t *teller) {
		t.begin(first)
		t.at(first, 0, "t1.llm", 1, event.ReasoningStart{Turn: 1, Speaker: "model", Provider: "p"})
		t.updates(first, 0, 1, 1, "This text must never be")
		t.superseded(first, 0, "t1.llm", 2)
		t.at(first, 0, "t1.llm", 2, event.ReasoningStart{Turn: 1, Speaker: "model", Provider: "p"})
		t.updates(first, 0, 1, 2, "The second")
	}},
	{"an answer committed but not heard", true, func(t *teller) {
		// The worker died after its commit: the next attempt finds the result and
		// says nothing more. What was committed stays.
		t.begin(first)
		t.turn(first, 0, 1, 1, "Committed.", call("t1.tool1"))
		t.superseded(first, 0, "t1.llm", 2)
		t.relaxed(first, 0, "t1.tool1", 1)
		t.superseded(first, 0, "t1.tool1", 2)
		t.turn(first, 0, 2, 1, "Done.")
		t.finish(first, 0, "completed")
	}},
	{"a failed step, held", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax.", call("t1.tool1"))
		t.relaxing(first, 0, "t1.tool1", 1)
		t.at(first, 0, "t1.tool1", 1, event.Error{ErrorType: "unavailable", ToolName: "t1.tool1", Message: "the server mace stopped"})
		t.outside(first, 0, "1", event.DiscoveryStatus{Status: "needs_attention", Reason: "failure", Details: "t1.tool1 failed"})
	}},
	{"a step run again from scratch", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax.", call("t1.tool1"), call("t1.tool2"))
		t.relaxed(first, 0, "t1.tool1", 1)
		t.relaxed(first, 0, "t1.tool2", 1)
		t.turn(first, 0, 2, 1, "An answer that is taken back.")
		t.outside(first, 1, "2", event.DiscoveryStatus{Status: "running", Gen: 1, FromStep: "t1.tool2"})
		t.relaxed(first, 1, "t1.tool2", 1)
		t.turn(first, 1, 2, 1, "The answer.")
		t.finish(first, 1, "completed")
	}},
	{"candidates, and a later step run again", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I screen.", call("t1.tool1"))
		t.at(first, 0, "t1.tool1", 1, event.ToolCallStart{CallID: "t1.tool1", Tool: "evaluate_candidates", Server: "workflow"})
		for _, step := range []string{"c10.t2.tool1", "c2.t2.tool1", "c2.t1.tool1"} {
			t.relaxed(first, 0, step, 1)
		}
		t.at(first, 0, "t1.tool1", 1, event.ToolCallResult{CallID: "t1.tool1", Tool: "evaluate_candidates", Server: "workflow", Status: "ok"})
		t.turn(first, 0, 2, 1, "I relax.", call("t2.tool1"))
		t.relaxed(first, 0, "t2.tool1", 1)
		t.outside(first, 1, "2", event.DiscoveryStatus{Status: "running", Gen: 1, FromStep: "t2.tool1"})
		t.relaxed(first, 1, "t2.tool1", 1)
		t.relaxed(first, 1, "c2.t2.tool1", 1)
		t.turn(first, 1, 3, 1, "The answer.")
		t.finish(first, 1, "completed")
	}},
	{"cancelled, and tried again", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax.", call("t1.tool1"))
		t.relaxing(first, 0, "t1.tool1", 1)
		t.finish(first, 0, "cancelled")
		t.reopen(first, 1, "t1.tool1")
		t.relaxed(first, 1, "t1.tool1", 1)
		t.turn(first, 1, 2, 1, "The answer.")
		t.finish(first, 1, "completed")
	}},
	{"cancelled, and at work again", false, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax.", call("t1.tool1"))
		t.relaxing(first, 0, "t1.tool1", 1)
		t.finish(first, 0, "cancelled")
		t.reopen(first, 1, "t1.tool1")
		t.relaxing(first, 1, "t1.tool1", 1)
	}},
	{"two discoveries, one stopped in its middle", true, func(t *teller) {
		t.begin(first)
		t.turn(first, 0, 1, 1, "I relax.", call("t1.tool1"))
		t.relaxing(first, 0, "t1.tool1", 1)
		t.finish(first, 0, "cancelled")
		t.begin(second)
		t.turn(second, 0, 1, 1, "Nothing to do.")
		t.finish(second, 0, "declined")
		t.outside("", 0, "end", event.SessionEnd{Reason: "user"})
	}},
}

// fixture is what the page's own fold must reproduce: the log, ways in which it
// may arrive (indices into it), and what must be shown after each.
type fixture struct {
	Name       string        `json:"name"`
	Log        []event.Event `json:"log"`
	Deliveries [][]int       `json:"deliveries"`
	Expected   fold.State    `json:"expected"`
}

// deliveries are ways one log may reach a viewer. Every event arrives at least
// once; where nothing runs any more, live events may be missing.
func deliveries(r *rand.Rand, log []event.Event, rest bool) [][]int {
	whole := make([]int, len(log))
	for i := range whole {
		whole[i] = i
	}
	shuffled := r.Perm(len(log))
	cut := r.IntN(len(log) + 1)
	again := append(append([]int{}, whole[:cut]...), whole[cut/2:]...) // a reconnect that repeats the end
	var durable, snapshot []int
	for i, e := range log {
		if event.Durable(e.Type) {
			durable = append(durable, i)
		}
	}
	snapshot = append(append([]int{}, durable...), whole...) // snapshot, then the stream
	out := [][]int{whole, shuffled, again, append(shuffled, whole...), snapshot}
	if rest {
		out = append(out, durable, append(append([]int{}, whole[:cut]...), durable...))
	}
	return out
}

func deliver(log []event.Event, order []int) fold.State {
	f := fold.New()
	for _, i := range order {
		f.Add(log[i])
	}
	return f.State()
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "testdata", "fold")
	for n, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tell := newTeller()
			s.tell(tell)
			r := rand.New(rand.NewPCG(uint64(n), 1))
			f := fixture{Name: s.name, Log: tell.log, Deliveries: deliveries(r, tell.log, s.rest), Expected: fold.Of(tell.log...)}
			for i, order := range f.Deliveries {
				require.Equal(t, f.Expected.JSON(), deliver(f.Log, order).JSON(), "delivery %d", i)
			}
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			require.NoError(t, enc.Encode(f))
			path := filepath.Join(dir, fileName(s.name)+".json")
			if *update {
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(path, want.Bytes(), 0o644))
			}
			got, err := os.ReadFile(path)
			require.NoError(t, err, "run go test ./internal/event/fold -update")
			require.Equal(t, want.String(), string(got), "stale: run go test ./internal/event/fold -update")
		})
	}
}

func fileName(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == ' ' || r == ',' {
			out[i] = '-'
		}
	}
	return string(bytes.ReplaceAll([]byte(string(out)), []byte("--"), []byte("-")))
}

// What the stories show, in words, so that a fold that is wrong on both sides
// is still caught.
func TestStories(t *testing.T) {
	t.Parallel()
	shown := func(name string) fold.State {
		for _, s := range stories {
			if s.name == name {
				tell := newTeller()
				s.tell(tell)
				return fold.Of(tell.log...)
			}
		}
		t.Fatal(name)
		return fold.State{}
	}
	d := shown("in the middle of a text").Discoveries[0]
	require.Equal(t, "Fm3\u0304m is a space group 𝛼", d.Steps[0].Text)
	require.False(t, d.Steps[0].Hole)
	d = shown("a turn tried again, in its middle").Discoveries[0]
	require.Equal(t, "The second", d.Steps[0].Text)
	require.Equal(t, 2, d.Steps[0].Attempt)
	d = shown("an answer committed but not heard").Discoveries[0]
	require.Equal(t, "Committed.", d.Steps[0].Text)
	require.Len(t, d.Steps[1].Events, 6, "the committed call stays whole")
	d = shown("a step run again from scratch").Discoveries[0]
	require.Equal(t, []int{0, 0, 1, 1}, []int{d.Steps[0].Gen, d.Steps[1].Gen, d.Steps[2].Gen, d.Steps[3].Gen})
	require.Equal(t, "The answer.", d.Steps[3].Text)
	var steps []string
	for _, s := range shown("candidates, and a later step run again").Discoveries[0].Steps {
		steps = append(steps, fmt.Sprintf("%d/%s", s.Gen, s.Step))
	}
	require.Equal(t, []string{"0/t1.llm", "0/t1.tool1", "0/t2.llm", "1/t2.tool1", "1/t3.llm", "0/c2.t1.tool1", "1/c2.t2.tool1", "0/c10.t2.tool1"}, steps)
	two := shown("two discoveries, one stopped in its middle")
	require.Equal(t, "user", two.Session.Ended)
	require.Equal(t, "cancelled", two.Discoveries[0].Status)
	require.Nil(t, two.Discoveries[0].Steps[1].Live)
	require.Nil(t, shown("a failed step, held").Discoveries[0].Steps[1].Live)
	live := shown("in the middle of two calls").Discoveries[0].Steps[1].Live
	require.InDelta(t, 3, live.Progress.Progress, 0)
	require.Equal(t, map[string]int{salt: 3}, live.Frames)
}

// A missing piece of a live text shows as a hole until the end of the turn.
func TestHole(t *testing.T) {
	t.Parallel()
	tell := newTeller()
	tell.begin(first)
	tell.at(first, 0, "t1.llm", 1, event.ReasoningStart{Turn: 1})
	tell.updates(first, 0, 1, 1, "abcdefghijklmnopqrstu")
	log := append(append([]event.Event{}, tell.log[:5]...), tell.log[6:]...)
	s := fold.Of(log...).Discoveries[0].Steps[0]
	require.True(t, s.Hole)
	require.Equal(t, "abcdefgopqrstu", s.Text)
	tell.at(first, 0, "t1.llm", 1, event.ReasoningEnd{Turn: 1, Text: "abcdefghijklmnopqrstu"})
	s = fold.Of(append(log, tell.log[len(tell.log)-1])...).Discoveries[0].Steps[0]
	require.False(t, s.Hole)
	require.Equal(t, "abcdefghijklmnopqrstu", s.Text)
}

// Any log, told by dice, folds the same however it arrives.
func TestAnyDelivery(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		tell := newTeller()
		rest := dice(r, tell)
		want := fold.Of(tell.log...).JSON()
		for i, order := range deliveries(r, tell.log, rest) {
			require.Equal(t, want, deliver(tell.log, order).JSON(), "seed %d delivery %d", seed, i)
		}
	}
}

// dice tells a random story; true when nothing runs at its end.
func dice(r *rand.Rand, t *teller) bool {
	t.begin(first)
	gen := 0
	for n := 1; n <= 1+r.IntN(4); n++ {
		attempt := 1
		for r.IntN(3) == 0 {
			t.at(first, gen, fmtStep(n, 0), attempt, event.ReasoningStart{Turn: n})
			t.updates(first, gen, n, attempt, "lost words of an attempt")
			attempt++
			t.superseded(first, gen, fmtStep(n, 0), attempt)
		}
		t.turn(first, gen, n, attempt, "words of the turn", call(fmtStep(n, 1)))
		t.relaxed(first, gen, fmtStep(n, 1), 1+r.IntN(2))
		if r.IntN(4) == 0 && n > 1 {
			gen++
			t.outside(first, gen, "g"+fmtStep(n, 1), event.DiscoveryStatus{Status: "running", Gen: gen, FromStep: fmtStep(n, 0)})
			t.turn(first, gen, n, 1, "other words", call(fmtStep(n, 1)))
			t.relaxed(first, gen, fmtStep(n, 1), 1)
		}
	}
	if r.IntN(3) == 0 {
		t.at(first, gen, fmtStep(9, 0), 1, event.ReasoningStart{Turn: 9})
		t.updates(first, gen, 9, 1, "still being written")
		return false
	}
	t.finish(first, gen, "completed")
	return true
}

func fmtStep(turn, tool int) string {
	if tool == 0 {
		return "t" + string(rune('0'+turn)) + ".llm"
	}
	return "t" + string(rune('0'+turn)) + ".tool" + string(rune('0'+tool))
}
