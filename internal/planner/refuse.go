package planner

import "strings"

const canCompute = "What I can compute: whether a composition is charge-balanced; its crystal structure by a structure search, its symmetry, coordination and powder pattern; with a machine-learned potential, its formation energy, its distance to the hull of known phases, its bulk modulus, and the capacity and voltage of an electrode."

const examples = `Questions I can work on:

- "What is the crystal structure and formation energy of NaCl?"
- "Validate CuAl2O4, LiFePO4, Na3Cl and Fe3O4"
- "Propose new stable compounds in the K-Y-Zr-O system"`

// notUnderstood says so, and shows what would work.
func notUnderstood() reply {
	return reply{text: "I did not understand this as a materials question that I have rules for, so I do nothing rather than guess. " +
		"I am a planner made of rules for questions in English, not a language model; with a model configured (OPENAI_API_KEY, or OPENAI_BASE_URL for a local one) freer questions work.\n\n" +
		examples + "\n\n{{outcome:declined}}"}
}

// refuse declines what is asked in order to harm.
func refuse() reply {
	return reply{text: "I will not help with something meant to harm. If your question is about handling or storing a hazardous material safely, " +
		"its safety data sheet and your safety officer are the right sources; for its crystal chemistry, ask about the structure or stability itself.\n\n{{outcome:declined}}"}
}

// declineWithoutTools answers "without tools": nothing numeric can be given.
func declineWithoutTools(r request) reply {
	about := "it"
	if len(r.formulas) > 0 {
		about = list(r.formulas)
	}
	s := "Without tools, whatever I said of " + about + " would have no source, and I state no number or property from memory. So I decline."
	if m := methods(r.missing); m != "" {
		s += "\n\nEven with the tools of this release it would not be answered: " + m
	} else {
		s += "\n\nAsk again without that condition, and I compute it."
	}
	return reply{text: s + "\n\n{{outcome:declined}}"}
}

// declineProperties names what no tool gives, and the method it would need.
func declineProperties(r request) reply {
	s := "No tool here gives this, so I decline rather than quote a number from memory: " + methods(r.missing)
	s += "\n\n" + canCompute
	return reply{text: s + "\n\n{{outcome:declined}}"}
}

// methods words inabilities: "band gap would take ...".
func methods(missing []inability) string {
	parts := make([]string, len(missing))
	for i, m := range missing {
		parts[i] = "**" + m.name + "** would take " + m.method
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

func notAFormula(r request) reply {
	return reply{text: "`" + strings.Join(r.broken, "`, `") + "` is not a chemical formula: it contains a symbol that is no element. Check the spelling and ask again, for example with CaTiO₃ written as CaTiO3.\n\n{{outcome:declined}}"}
}

// notWhole declines amounts that are no whole numbers.
func notWhole(r request) reply {
	return reply{text: "`" + strings.Join(r.parts, "`, `") + "` has fractional amounts, and the tools here work on ordered cells: write the composition with whole numbers (for half of a site, double the formula) and ask again.\n\n{{outcome:declined}}"}
}

// severalCompounds asks for a formula where a name stands for several.
func severalCompounds(r request) reply {
	return reply{text: "The name " + quoted(strings.Join(r.vague, ", ")) + " stands for several compounds, and I do not guess which is meant. Write its formula, for example Fe2O3 or FeO, and ask again.\n\n{{outcome:declined}}"}
}

func tooMany(r request) reply {
	return reply{text: "That are too many compounds for one structure search: name a few at a time (up to half a dozen). Checking charge balance works for long lists: ask me to validate them.\n\n{{outcome:declined}}"}
}

func tooManyElements(r request) reply {
	return reply{text: "A search over " + list(r.system) + " at once is too large to mean anything: the number of compositions and of competing phases grows faster than any budget. Choose up to five elements, or ask about a definite formula.\n\n{{outcome:declined}}"}
}

// declineOdd declines a property that the rules know no method for, by the
// question's own words.
func declineOdd(r request) reply {
	return reply{text: "No tool here gives what you ask for (" + quoted(r.odd) + "), so I decline rather than quote a number from memory. It needs a measurement, or a method that is not installed.\n\n" +
		canCompute + "\n\n{{outcome:declined}}"}
}
