package relay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
	"crystalyse/internal/event"
)

// A plain viewer cannot tell an event by its id: what a snapshot gave it, because
// it was stored already, does not come again when it is published after all.
func TestPlainIsNotToldTwice(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 1)
	r.pub.Wait()
	var held []event.Event
	r.world.OnCommit(func(_ string, events []event.Event) { held = append(held, events...) })
	s.tell("t2.llm", 1, event.ReasoningStart{Turn: 2}) // stored, and not published yet

	ws := r.dial(sid+"?epoch=another&seq=1", "ada")
	durable := func() (ord, seq int64) {
		for {
			var e event.Event
			require.NoError(t, ws.ReadJSON(&e))
			if e.Metadata.Ord > 0 {
				return e.Metadata.Ord, e.Metadata.Seq
			}
		}
	}
	for want := int64(1); want <= 3; want++ {
		ord, _ := durable()
		require.Equal(t, want, ord)
	}
	r.world.OnCommit(r.pub.Committed)
	r.pub.Committed(sid, held)
	r.pub.Wait()
	s.tell("t2.llm", 1, event.ReasoningEnd{Turn: 2, Text: "done"})
	ord, seq := durable()
	require.EqualValues(t, 4, ord, "the third one is not told again")
	require.EqualValues(t, 5, seq, "its place in the stream was stepped over")
}

// The text so far of a turn that is longer than what this node keeps: a viewer
// that comes gets all of it, since the stream has it.
func TestOpenStepsBeyondTheRing(t *testing.T) {
	r := setup(t, relay.Limits{RingEvents: 8})
	sid := r.world.Open("ada")
	s := r.story(sid)
	s.turn(1, 20)
	s.tell("t2.llm", 1, event.ReasoningStart{Turn: 2})
	text := ""
	for range 300 { // more than a page
		piece := "word "
		s.tell("t2.llm", 1, event.ReasoningUpdate{Turn: 2, Offset: len(text), Content: piece})
		text += piece
		r.pub.Wait() // none is dropped for being many at once
	}
	v := r.viewer(sid)
	until(t, "the whole text so far", func() bool {
		d := v.State().Discoveries
		return len(d) == 1 && len(d[0].Steps) == 2 && d[0].Steps[1].Text == text
	})
	require.Zero(t, v.Counts().Resets)
	s.tell("t2.llm", 1, event.ReasoningEnd{Turn: 2, Text: text})
	await(t, v, r.stored(sid))
	sound(t, v)
}
