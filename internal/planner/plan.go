package planner

import (
	"fmt"
	"strings"
)

// reply is the planner's next turn: text, and calls; without calls it is the answer.
type reply struct {
	text  string
	calls []call
}

type call struct {
	tool string
	args map[string]any
}

// limits of one question.
const (
	maxFormulas       = 6
	maxCompositions   = 50
	maxSystemElements = 5
	defaultProposals  = 3
	maxProposals      = 5
)

// plan decides the next turn from the transcript.
func plan(messages []message, tools map[string]bool) reply {
	query, system := lastQuery(messages)
	r := understand(query, system)
	h := readHistory(messages)
	out := decide(r, h)
	for _, c := range out.calls {
		if !tools[c.tool] {
			return reply{text: fmt.Sprintf("I would call `%s` for this, but no such tool is available here. Run `crystalyse doctor` to see why.\n\n{{outcome:declined}}", c.tool)}
		}
	}
	if len(h) == 0 && !saidBefore(messages) {
		out.text = introduction + "\n\n" + out.text
	}
	return out
}

// decide picks the family of a question. The order is the order of caution:
// refusals first, then what is exact, then what must be guessed from more words.
func decide(r request, h history) reply {
	switch {
	case r.harm:
		return refuse()
	case r.noTools:
		return declineWithoutTools(r)
	case len(r.formulas) == 0 && len(r.broken) > 0 && !r.propose:
		return notAFormula(r)
	case r.validityOnly():
		return validity(r, h)
	case len(r.formulas) > maxFormulas && (r.wants[wantStructure] || r.wants[wantFormation]):
		return tooMany(r)
	case len(r.formulas) > 0 && r.computable():
		return compounds(r, h)
	case len(r.formulas) > 0 && len(r.missing) > 0:
		return declineProperties(r)
	case len(r.formulas) > 0 && (r.compare || len(strings.Fields(r.text)) <= 3):
		return compounds(r, h)
	case r.battery != "" && (r.propose || len(r.missing) > 0 || len(r.system) == 0 && mentionsMaterial(r.text)):
		return cathode(r, h)
	case len(r.system) > maxSystemElements && (r.propose || r.wants[wantStructure] || r.wants[wantFormation]):
		return tooManyElements(r)
	case len(r.system) > 1 && (r.propose || r.wants[wantValidity] || r.wants[wantFormation]):
		return proposals(r, h)
	case len(r.missing) > 0 && aboutMaterials(r.text):
		return declineProperties(r)
	}
	return notUnderstood()
}

// validityOnly is a question about charge balance alone.
func (r request) validityOnly() bool {
	return r.wants[wantValidity] && len(r.formulas) > 0 && !r.wants[wantStructure] && !r.wants[wantCoordination] && (!r.wants[wantFormation] || len(r.formulas) > maxFormulas)
}

// computable is a question for which some tool gives an answer.
func (r request) computable() bool {
	return r.wants[wantStructure] || r.wants[wantFormation] || r.wants[wantCoordination] || r.polymorph
}

var (
	materialWord  = cue(`cathodes?`, `anodes?`, `electrodes?`, `materials?`, `compounds?`)
	materialsWord = cue(`materials?`, `compounds?`, `crystals?`, `oxides?`, `sulfides?`, `halides?`, `perovskites?`, `alloys?`, `metals?`, `ceramics?`, `semiconductors?`, `solids?`, `minerals?`, `salts?`, `phases?`, `absorbers?`)
)

func mentionsMaterial(s string) bool { return materialWord.MatchString(s) }
func aboutMaterials(s string) bool   { return materialsWord.MatchString(s) }

func lastQuery(messages []message) (query, system string) {
	for _, m := range messages {
		switch m.Role {
		case "user":
			query = m.text()
		case "system":
			system += m.text() + "\n"
		}
	}
	return query, system
}

func saidBefore(messages []message) bool {
	for _, m := range messages {
		if m.Role == "assistant" && strings.Contains(m.text(), introduction) {
			return true
		}
	}
	return false
}

// list joins names in a sentence.
func list(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
