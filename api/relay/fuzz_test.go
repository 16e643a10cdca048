package relay

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/event"
)

// FuzzFrame: whatever a viewer sends is refused, or is JSON of a known type.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{`{"t":"join","e":"a.b","q":7}`, `{"t":"auth","ticket":"x"}`, `{"type":"discovery_request","query":"NaCl","mode":"creative"}`,
		`{"type":"memory_search","query":"x","limit":3}`, `[]`, `null`, `{"t":"leave"`, "{\"t\":\"\\u0000\"}", `{"t":"ack","q":1e99}`, `"\"`, `{"a":"]]]]{{{{"}`} {
		f.Add(true, []byte(s))
		f.Add(false, []byte(s))
	}
	f.Fuzz(func(t *testing.T, plain bool, body []byte) {
		in, err := parse(websocket.TextMessage, body, plain)
		if err != nil {
			return
		}
		require.True(t, json.Valid(body))
		require.False(t, in.T != "" && in.Type == "" && plain, "plain viewers send no control frames")
		_, err = parse(websocket.BinaryMessage, body, plain)
		require.Error(t, err)
	})
}

// FuzzCursor: a cursor in an address is a position or an error, never a panic.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "epoch=a&seq=1", "epoch=a&seq=-1", "epoch=a", "seq=1", "epoch=%00&seq=9223372036854775808", "epoch=a;seq=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		a, err := plainAsk(&http.Request{URL: &url.URL{RawQuery: query}})
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, a.seq, int64(0))
		require.Equal(t, a.epoch != "", a.cursor)
	})
}

// FuzzSplice: the frame of a plain viewer is the event with its position, for
// whatever an event holds.
func FuzzSplice(f *testing.F) {
	f.Add("x", "s", int64(3), "e1.abc", int64(7))
	f.Add(`}}","ord":9}}`, `"ord":5}}`, int64(0), `"`, int64(1)<<60)
	f.Fuzz(func(t *testing.T, text, session string, ord int64, epoch string, seq int64) {
		s := event.Scope{SessionID: session, DiscoveryID: "d", Step: "t1.llm", Attempt: 1}
		e, err := s.New(event.ReasoningEnd{Text: text})
		require.NoError(t, err)
		e.Metadata.Ord = max(ord, 0)
		body, err := bodyOf(e)
		require.NoError(t, err)
		x := entry{seq, body}
		require.Equal(t, e.Metadata.Ord, x.ord())
		var back, plain event.Event
		require.NoError(t, json.Unmarshal(body, &back))
		require.NoError(t, json.Unmarshal(plainFrame(x, "e1"), &plain))
		back.Metadata.Epoch, back.Metadata.Seq = "e1", seq
		require.Equal(t, back, plain)
		var frame struct {
			T string
			Q int64
			D event.Event
		}
		one, n := evFrame([]entry{x})
		require.Equal(t, 1, n)
		require.NoError(t, json.Unmarshal(one, &frame))
		require.Equal(t, seq, frame.Q)
	})
}

// A ring is what was appended last, within its limits.
func TestRing(t *testing.T) {
	t.Parallel()
	r := ring{maxEvents: 20, maxBytes: 300}
	for seq := int64(1); seq <= 1000; seq++ {
		r.add(entry{seq, make([]byte, seq%40)})
		require.LessOrEqual(t, r.n, 20)
		require.True(t, r.bytes <= 300 || r.n == 1)
		got := r.after(0)
		require.Len(t, got, r.n)
		total := 0
		for i, e := range got {
			require.Equal(t, r.first()+int64(i), e.seq)
			total += len(e.body)
		}
		require.Equal(t, r.bytes, total)
		require.Equal(t, seq, got[len(got)-1].seq)
		require.Equal(t, entry{seq, got[len(got)-1].body}, r.after(seq)[0])
		require.Empty(t, r.after(seq+1))
	}
	r.add(entry{1001, make([]byte, 5000)})
	require.Equal(t, 1, r.n, "one that is larger than the ring is kept alone")
}

// Frames stay below their limit, whole and in order.
func TestFrames(t *testing.T) {
	t.Parallel()
	var in []entry
	for seq := int64(1); seq <= 400; seq++ {
		in = append(in, entry{seq, []byte(`{"x":"` + string(make([]byte, 0)) + `"}`)})
	}
	in = append(in, entry{401, append([]byte(`{"x":"`), append(make70k(), `"}`...)...)}, entry{402, []byte(`{}`)})
	var seqs []int64
	for rest := in; len(rest) > 0; {
		b, n := evFrame(rest)
		if n > 1 {
			require.LessOrEqual(t, len(b), maxFrame)
		}
		var many []struct{ Q int64 }
		if b[0] != '[' {
			b = append(append([]byte{'['}, b...), ']')
		}
		require.NoError(t, json.Unmarshal(b, &many))
		require.Len(t, many, n)
		for _, m := range many {
			seqs = append(seqs, m.Q)
		}
		rest = rest[n:]
	}
	for i, q := range seqs {
		require.EqualValues(t, i+1, q)
	}
	require.Len(t, seqs, 402)
}

func make70k() []byte {
	b := make([]byte, 70<<10)
	for i := range b {
		b[i] = 'x'
	}
	return b
}
