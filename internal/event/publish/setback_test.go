package publish_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay/relaytest"
	"crystalyse/internal/event"
	"crystalyse/internal/event/publish"
)

// commit stores so many events of a step at once. The step counts from its
// beginning, so that the ids are those of what it said before it was lost.
func commit(t *testing.T, w *relaytest.World, sid string, n int, text string) {
	t.Helper()
	s := scopeOf(sid, "t2.llm")
	events := make([]event.Event, n)
	for i := range events {
		var err error
		events[i], err = s.New(event.Error{Message: fmt.Sprint(text, i)})
		require.NoError(t, err)
	}
	require.NoError(t, w.Append(t.Context(), *s, events...))
}

// untold commits what dies with its process before it is published.
func untold(t *testing.T, w *relaytest.World, sid string, n int, text string, next *publish.Publisher) {
	t.Helper()
	w.OnCommit(func(string, []event.Event) {})
	commit(t, w, sid, n, text)
	w.OnCommit(next.Committed)
}

// A log that was set back and has grown to the end of the stream or past it, before
// the stream is looked at, is noticed as well: nobody keeps what is gone, and what
// took its place is published, whoever does it.
func TestLogSetBackGrowsPastTheStream(t *testing.T) {
	for name, grow := range map[string]func(t *testing.T, w *relaytest.World, p *publish.Publisher, sid string){
		"in one append": func(t *testing.T, w *relaytest.World, _ *publish.Publisher, sid string) {
			commit(t, w, sid, 5, "new")
		},
		"before a hole": func(t *testing.T, w *relaytest.World, p *publish.Publisher, sid string) {
			untold(t, w, sid, 5, "new", p)
			say(t, w, scopeOf(sid, "t3.llm"), "told")
		},
		"exactly to its end": func(t *testing.T, w *relaytest.World, p *publish.Publisher, sid string) {
			untold(t, w, sid, 3, "new", p)
			say(t, w, scopeOf(sid, "t3.llm"), "told")
		},
		"after what is told": func(t *testing.T, w *relaytest.World, p *publish.Publisher, sid string) {
			w.OnCommit(func(string, []event.Event) {})
			commit(t, w, sid, 3, "new")
			first := w.Log(sid)[5:6]
			w.OnCommit(p.Committed)
			p.Committed(sid, first)
			p.Wait()
			say(t, w, scopeOf(sid, "t3.llm"), "told")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, bus, p, sid := setup(t)
			s := scopeOf(sid, "t1.llm")
			for range 5 {
				say(t, w, s, "old")
			}
			commit(t, w, sid, 3, "lost")
			p.Wait()
			before, err := bus.Node().Read(t.Context(), sid, 0, 1)
			require.NoError(t, err)

			w.SetBack(sid, 5)
			p = publish.New(w, bus, slog.New(slog.DiscardHandler)) // the processes begin anew
			w.OnCommit(p.Committed)
			grow(t, w, p, sid)
			p.Wait()

			require.Equal(t, w.Log(sid)[5:], carried(t, bus, sid))
			after, err := bus.Node().Read(t.Context(), sid, 0, 1)
			require.NoError(t, err)
			require.NotEqual(t, before.Epoch, after.Epoch, "nobody goes on from a position in what is gone")
			left, err := w.ToPublish(t.Context(), 10)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// A process that goes on where another one stopped does not begin the stream anew.
func TestAnotherProcessGoesOn(t *testing.T) {
	w, bus, p, sid := setup(t)
	commit(t, w, sid, 3, "first")
	p.Wait()
	for i := range 3 {
		p = publish.New(w, bus, slog.New(slog.DiscardHandler))
		w.OnCommit(p.Committed)
		say(t, w, scopeOf(sid, fmt.Sprintf("t%d.llm", 3+i)), "next")
		p.Wait()
	}
	require.Equal(t, w.Log(sid), carried(t, bus, sid))
	require.Len(t, carried(t, bus, sid), 6)
}
