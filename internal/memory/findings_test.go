package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
	"crystalyse/internal/report"
)

// TestWhatIsOnlyAnnouncedIsNoFinding: greetings, introductions and plans are left
// out; choices, reasons and results stay, in whatever person they are told.
func TestWhatIsOnlyAnnouncedIsNoFinding(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"Built-in planner (rules, no language model): I recognize a set of materials questions and answer them with the same tools a model would use.",
		"First I check that the charges can balance, and generate candidate structures of KCl: known structure types decorated with these elements, and random cells.",
		"I check whether the charges of these compositions can balance, all in one call: Fe3O4.",
		"Now I relax all candidates of NaCl, atoms and cell, and relax the best few again to a tight threshold.",
		"Next, the charged hosts, without the ions, are relaxed.",
		"Now that the lowest-energy structures are known, I work out their symmetry and coordination.",
		"Hello!",
		"Sure, happy to help with that.",
		"Let me look up the known phases.",
		"I'll start by validating the composition.",
		"I compute.",
		"Here is the plan.",
		"Okay, now I will also compare the two.",
		"You asked me not to use tools, and I state no number or property from memory.",
		"Ask again without that condition, and I compute it.",
		"So I decline.",
		"I am a planner made of rules, not a language model; with a model configured freer questions work.",
		`"Validate CuAl2O4, LiFePO4, Na3Cl and Fe3O4"`,
		"What I can compute: whether a composition is charge-balanced.",
		"If you want, I can relax it, too.",
		"Let me know if a tighter threshold is needed.",
		"I take this as the question now, and use again what fits of what was computed.",
	} {
		require.Empty(t, memory.Findings(s, 600), s)
	}
	for _, s := range []string{
		"I chose NaFeO2 over NaCoO2: cobalt is costly.",
		"I leave CsPbI3 out because it contains lead.",
		"I found no charge-balanced composition.",
		"I could not relax MgO.",
		"I computed −3.05 eV/atom for MgO.",
		"We get Fm-3m for MgO.",
		"I propose NaFeO2.",
		"I validated Fe3O4: it is balanced.",
		"Great, MgO is on the hull.",
		"Of course the hull lacks phases.",
		"MgO is rock salt.",
		"The first candidate is the lowest.",
		"Iron moves into the sodium layer.",
		"In2O3 is valid.",
		"Nothing is on the hull.",
		"Without tools, whatever I said of KCl would have no source, and I state no number or property from memory.",
		"You can take NaFeO2 in its place.",
		"If you heat MgO it stays rock salt.",
		"I decline cobalt: it is costly.",
		"Now MgO is on the hull.",
	} {
		require.Equal(t, s, memory.Findings(s, 600))
	}
	require.Equal(t, "MgO is rock salt.", memory.Findings("Sure! I look it up. MgO is rock salt.", 600))
	d := memory.Digest(report.Report{Query: "What can you do?", Status: "completed", Summary: "I look things up."})
	require.Contains(t, d.Content, "Found: I look things up.", "an answer that says nothing else is all there was")
	require.Equal(t, "nothing found", d.Context.Outcome)
	d = memory.Digest(report.Report{Query: "Remember that MgO melts late", Status: "completed", Summary: "It is kept.", Calls: []report.Call{{Server: memory.Server, Tool: memory.ToolSave, Status: "ok"}}})
	require.Equal(t, "recalled", d.Context.Outcome, "what is kept is a memory of its own")
}
