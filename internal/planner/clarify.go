package planner

import (
	"strings"
)

// several are names that stand for more than one compound, the most usual first.
var several = map[string][]string{
	"iron oxide": {"Fe2O3", "Fe3O4", "FeO"}, "copper oxide": {"CuO", "Cu2O"}, "manganese oxide": {"MnO2", "Mn2O3", "Mn3O4", "MnO"}, "vanadium oxide": {"V2O5", "VO2", "V2O3"},
	"cobalt oxide": {"Co3O4", "CoO"}, "iron sulfide": {"FeS2", "FeS"}, "nickel sulfide": {"NiS", "NiS2", "Ni3S2"}, "iron chloride": {"FeCl3", "FeCl2"}, "copper chloride": {"CuCl2", "CuCl"},
	"tin sulfide": {"SnS", "SnS2"}, "tin chloride": {"SnCl2", "SnCl4"}, "iron nitride": {"Fe4N", "Fe2N"}, "manganese sulfide": {"MnS", "MnS2"}, "chromium sulfide": {"Cr2S3", "CrS"}, "titanium sulfide": {"TiS2", "TiS"},
	"molybdenum sulfide": {"MoS2", "MoS3"}, "tungsten sulfide": {"WS2", "WS3"}, "iron fluoride": {"FeF3", "FeF2"}, "bismuth oxide": {"Bi2O3", "Bi2O4"}, "lead oxide": {"PbO", "PbO2", "Pb3O4"},
}

// patience is how long the user is given to answer, in seconds.
const patience = 120

// clarify asks which compound a name means, where the user can be asked: the
// answer decides what is computed. Without an answer the most usual is taken,
// and said.
func clarify(r request, h history) reply {
	options := several[strings.ToLower(strings.TrimSuffix(r.vague[0], "s"))]
	if !r.offered["ask_user"] || len(options) == 0 {
		return severalCompounds(r)
	}
	asked := h.of("ask_user")
	if len(asked) == 0 {
		return reply{
			text: "The name " + quoted(r.vague[0]) + " stands for several compounds; what I compute depends on which is meant, so I ask.",
			calls: []call{{"ask_user", map[string]any{
				"question": "Which compound do you mean by " + r.vague[0] + "?", "options": options, "default": options[0], "timeout_s": patience,
			}}},
		}
	}
	d := asked[len(asked)-1]
	answer := understand(text(d.result, "answer"), "", r.offered)
	if !d.ok() || len(answer.formulas) == 0 {
		return severalCompounds(r)
	}
	r.hits, r.vague = answer.hits, nil
	r.settle()
	if text(d.result, "answered_by") != "user" {
		r.readings = append(r.readings, "nobody said which compound was meant, so "+list(r.formulas)+" was taken")
	}
	return decide(r, h)
}
