package planner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
)

func TestDigest(t *testing.T) {
	record := "Asked: Is MgO stable, and what is its formation energy?\n" +
		"Found: MgO comes out in space group Fm-3m (No. 225). Its formation energy is −3.05 eV/atom. " + strings.Repeat("A further sentence of no weight stands here. ", 20) + "\n" +
		"Computed: MgO formation energy per atom −3.05 eV/atom (CHGNet 0.3.0); MgO space group number 225.\n" +
		"Failed: the tool relax structures failed (out of memory)."
	said, ok := digest([]message{say("system", memory.DigestPrompt), say("user", record)})
	require.True(t, ok)
	require.True(t, memory.Trusted(said, record), said)
	require.LessOrEqual(t, len(strings.Fields(said)), digestWords)
	for _, part := range []string{"Asked: Is MgO stable, and what is its formation energy?", "−3.05 eV/atom (CHGNet 0.3.0)", "out of memory"} {
		require.Contains(t, said, part)
	}
	require.NotContains(t, said, "\n")

	odd, ok := digest([]message{say("system", memory.DigestPrompt), say("user", "no part is named `here` {{v:t1.x}}")})
	require.True(t, ok)
	require.Equal(t, "no part is named here v:t1.x.", odd)
	long, ok := digest([]message{say("system", memory.DigestPrompt), say("user", "Asked: "+strings.Repeat("word ", 500))})
	require.True(t, ok)
	require.Empty(t, long, "a piece that does not fit is left out: the record itself stands then")

	bracketed := "Refuted: Mg3N is not a valid composition (no assignment from the known states (Mg +2; N -3, -1)); X2 is out."
	said, ok = digest([]message{say("system", memory.DigestPrompt), say("user", bracketed)})
	require.True(t, ok)
	require.Equal(t, bracketed, said, "what is in brackets stays together")
	declined := "Asked: What is the band gap of KCl?\nDeclined: No tool here gives this."
	said, ok = digest([]message{say("system", memory.DigestPrompt), say("user", declined)})
	require.True(t, ok)
	require.Equal(t, strings.ReplaceAll(declined, "\n", " "), said)

	for _, other := range [][]message{
		{say("system", "# Mode: creative"), say("user", record)},
		{say("user", memory.DigestPrompt), say("user", record)},
		{say("system", memory.DigestPrompt), say("user", record), say("user", "MgO")},
		nil,
	} {
		_, ok := digest(other)
		require.False(t, ok)
	}
}
