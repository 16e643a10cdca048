package relay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/api/relay"
)

// Where an older copy of the log is brought back, who watches shows what is
// stored from the next event on, and nothing of what is gone.
func TestLogSetBack(t *testing.T) {
	r := setup(t, relay.Limits{})
	sid := r.world.Open("ada")
	s := r.story(sid)
	v := r.viewer(sid)
	s.turn(1, 3)
	kept := len(r.world.Log(sid))
	s.turn(2, 3)
	s.turn(3, 3)
	await(t, v, r.stored(sid))
	r.pub.Wait()
	r.world.SetBack(sid, kept)
	s.turn(4, 3)
	await(t, v, r.stored(sid))
	require.NotContains(t, v.State().JSON(), "t3.llm")
	require.Positive(t, v.Counts().Resets)
	await(t, r.viewer(sid), r.stored(sid))
	sound(t, v)
}
