package event

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIDRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	subjects := []string{"disc-01JZZZZZZZZZZZZZZZZZZZZZZZ", "01JZZZZZZZZZZZZZZZZZZZZZZZ", "test-session"}
	for range 2000 {
		id := ID{Subject: subjects[r.IntN(3)], Gen: r.IntN(1 << 20), Step: "t3.tool2", Attempt: r.IntN(100), N: r.IntN(1 << 30)}
		if r.IntN(2) == 0 {
			id.Step, id.Attempt = Outside([]string{"finish.0", "a/b", "req-1"}[r.IntN(3)]), 0
		}
		back, err := ParseID(id.String())
		require.NoError(t, err, id.String())
		require.Equal(t, id, back)
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "a/0/t1.llm/1", "/0/t1.llm/1/0", "a/x/t1.llm/1/0", "a/01/t1.llm/1/0", "a/0//1/0", "a/0/t1.llm/-1/0", "a/0/t1.llm/1/+2",
		"a/0/w//0", "a/0/t1.llm/1/0/", "a/0/t1.llm/1/99999999999999999999"} {
		_, err := ParseID(s)
		require.ErrorContains(t, err, "event id", s)
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"disc-1/0/t3.llm/1/0", "s/2/w/req/0", "a/b/c/d/e", "w/0/w/w/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil {
			require.Equal(t, s, id.String(), "one event has one id")
		}
	})
}

func TestScope(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Unix(1_700_000_000, 500_000_000) }
	newScope := func() *Scope {
		return &Scope{SessionID: "s1", DiscoveryID: "disc-1", Mode: "creative", Gen: 1, Step: "t3.tool2", Attempt: 2, Now: now}
	}
	a, b := newScope(), newScope()
	for i := range 3 {
		x, err := a.New(TaskStart{TaskID: "1"})
		require.NoError(t, err)
		y, err := b.New(TaskStart{TaskID: "1"})
		require.NoError(t, err)
		require.Equal(t, x, y, "the same place in the same attempt is the same event")
		id, err := ParseID(x.ID)
		require.NoError(t, err)
		require.Equal(t, ID{Subject: "disc-1", Gen: 1, Step: "t3.tool2", Attempt: 2, N: i}, id)
		require.Equal(t, 1_700_000_000.5, x.Timestamp)
		require.Equal(t, Metadata{SessionID: "s1", DiscoveryID: "disc-1", Step: "t3.tool2", Attempt: 2}, x.Metadata)
	}
	out := Scope{SessionID: "s1", Mode: "rigorous", Step: Outside("start"), Now: now}
	e, err := out.New(SessionStart{Title: "x"})
	require.NoError(t, err)
	require.Equal(t, "s1/0/w/start/0", e.ID)
	require.Empty(t, e.Metadata.Step, "outside of steps")
}

// What is nil in Go is an empty list or object on the wire, also further in; and
// the caller's payload is left as it was.
func TestEmptyIsNotNull(t *testing.T) {
	t.Parallel()
	s := Scope{SessionID: "s1", Step: "t1.llm"}
	failure := &Failure{Code: "x"}
	e, err := s.New(ToolCallResult{Error: failure})
	require.NoError(t, err)
	require.Contains(t, string(e.Data), `"suggestions":[]`)
	require.NotContains(t, string(e.Data), `"result"`)
	require.Nil(t, failure.Suggestions)
	e, err = s.New(ToolCallStart{})
	require.NoError(t, err)
	require.Contains(t, string(e.Data), `"arguments":{}`)
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	_, err := Decode(Event{ID: "x", Type: "party"})
	require.ErrorContains(t, err, `unknown type "party"`)
	_, err = Decode(Event{ID: "x", Type: TypeQuestion, Data: json.RawMessage(`{"text":7}`)})
	require.ErrorContains(t, err, "data of question")
	_, err = Decode(Event{ID: "x", Type: TypeQuestion})
	require.Error(t, err)
}

func TestKinds(t *testing.T) {
	t.Parallel()
	seen := map[Type]bool{}
	live := []Type{}
	for _, k := range All {
		require.False(t, seen[k.Type], k.Type)
		seen[k.Type] = true
		require.Equal(t, k.Type, k.Zero.EventType())
		require.Equal(t, k.Durable, Durable(k.Type))
		if !k.Durable {
			live = append(live, k.Type)
		}
	}
	require.Equal(t, []Type{TypeReasoningUpdate, TypeToolCallProgress, TypeTaskProgress, TypeStructureUpdated, TypeUsageUpdate}, live, "all else is stored")
	require.False(t, Durable("party"))
}
