package planner

import (
	"fmt"
	"regexp"
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
	if said, ok := digest(messages); ok {
		return reply{text: said}
	}
	r, said := conversation(messages, tools)
	h := readHistory(messages)
	out := decide(r, h)
	for _, c := range out.calls {
		if !tools[c.tool] {
			return reply{text: fmt.Sprintf("I would call `%s` for this, but no such tool is available here. Run `crystalyse doctor` to see why.\n\n{{outcome:declined}}", c.tool)}
		}
	}
	if said != "" {
		out.text = said + "\n\n" + out.text
	}
	if len(h) == 0 && !saidBefore(messages) {
		out.text = introduction + "\n\n" + out.text
	}
	return out
}

// decide picks the family of a question. The order is the order of caution:
// refusals first, then what is exact, then what must be read from more words.
func decide(r request, h history) reply {
	switch {
	case r.harm:
		return refuse()
	case r.noTools:
		return declineWithoutTools(r)
	case r.given != "" && r.offered["relax_structure"]:
		return given(r, h)
	case r.elsewhere && r.sure && len(r.hits) > 0:
		return declineProperties(r)
	case r.elsewhere:
		return notUnderstood()
	case len(r.formulas) == 0 && len(r.broken) > 0 && len(r.system) < 2 && !r.electrode():
		return notAFormula(r)
	case len(r.formulas) == 0 && len(r.parts) > 0 && !r.electrode():
		return notWhole(r)
	case r.besides && r.searchesSystem():
		return proposals(r, h)
	case r.electrode():
		return cathode(r, h)
	case r.memory != 0:
		return recollect(r, h)
	case r.validityOnly():
		return validity(r, h)
	case r.capacityOnly():
		return capacities(r, h)
	case len(r.vague) > 0 && len(r.formulas) == 0 && !r.wantsNew() && len(r.wants) > 0:
		return clarify(r, h)
	case r.diagrams():
		return diagram(r, h)
	case r.perovskite():
		return perovskites(r, h)
	case r.searchesSystem() && (len(r.formulas) == 0 || r.named && r.wantsNew()):
		if len(r.system) > maxSystemElements {
			return tooManyElements(r)
		}
		return proposals(r, h)
	case len(r.formulas) > maxFormulas && r.computable():
		return tooMany(r)
	case len(r.formulas) > 0 && r.computable():
		return compounds(r, h)
	case len(r.missing) > 0 && (r.sure || r.aboutMaterials()):
		return declineProperties(r)
	case len(r.vague) > 0 && r.compare:
		return clarify(r, h)
	case r.odd != "" && (len(r.hits) > 0 || len(r.vague) > 0):
		return declineOdd(r)
	}
	return notUnderstood()
}

// validityOnly is a question about charge balance alone.
func (r request) validityOnly() bool {
	return r.wants[wantValidity] && len(r.formulas) > 0 && !r.wants[wantStructure] && !r.wants[wantCoordination] && (!r.wants[wantFormation] || len(r.formulas) > maxFormulas)
}

// computable is a question about given compounds for which some tool has an
// answer. Everyday names (gold, diamond) need a property of materials asked for.
func (r request) computable() bool {
	if r.everyday() && !strictCue.MatchString(r.text) && !elementsBeside.MatchString(r.text) && (len(r.types) < 2 || !r.wants[wantFormation] && !r.compare) {
		return false
	}
	if r.molecular() && !strictCue.MatchString(r.text) {
		return false
	}
	for _, w := range []want{wantStructure, wantFormation, wantCoordination, wantHull, wantBulk, wantXRD, wantModels, wantCapacity, wantVoltage} {
		if r.wants[w] {
			return true
		}
	}
	if len(r.missing) > 0 {
		return false
	}
	if len(r.formulas) > 1 && !r.everyday() && !mixCue.MatchString(r.text) {
		return true // several materials side by side: what is open is assumed, and said
	}
	return r.polymorph || r.compare && len(r.formulas) > 1 || len(r.types) > 0 && (r.compare || len(r.types) > 1) || !r.named && len(strings.Fields(r.text)) <= 3 || aboutCue.MatchString(r.text)
}

// aboutCue asks for whatever there is to say of a compound.
var aboutCue = regexp.MustCompile(`(?i)^\W*(?:please )?(?:tell me (?:more |something |everything )?about|what (?:do you know|can you (?:say|tell me)) about)\b`)

// searchesSystem is a question for compounds of several elements: the elements
// are listed by symbol, or words of the field stand beside their names.
func (r request) searchesSystem() bool {
	if len(r.system) < 2 || r.listed < 3 && !r.propose && !r.wants[wantValidity] && !r.wants[wantFormation] {
		return false
	}
	return r.listed > 1 || r.aboutMaterials() || r.wantsNew() || r.stability
}

var (
	strictCue      = cue(`crystal structures?`, `atoms? `, `symmetr\w*`, `lattice`, `space[\s-]?group`, `unit[\s-]?cell`, `crystalli[sz]\w*`, `densit\w+`, `polymorph\w*`, `coordination`, `bond length`, `ground[\s-]?state`, `formation energ\w*`, `enthalp\w*`, `k(?:j|cal) ?(?:/|per) ?mol`, `bulk modul\w*`, `diffract\w*`, `\bcif\b`)
	elementsBeside = cue(`compare`, `rank`, `contrast`)
	newCue         = cue(`new\b`, `novel\w*`, `undiscovered`, `unreported`, `unexplored`, `unknown`, `nobody`, `not yet`, `never been`, `invent\w*`, `hypothetical`, `candidates?`, `discover\w*`, `explor\w*`, `propos\w*`, `chemical (?:space|system)`, `combin\w+`, `missing`, `overlooked`, `yet to`, `unheard`, `besides`, `room for`, `what (?:else )?(?:could|can|might) (?:[\w,]+ ){1,8}(?:form|make)\b`)
	materialsWord  = cue(`materials?\b`, `compounds?`, `crystal\w*`, `\w*oxides?`, `\w*(?:sulf|nitr|phosph|selen|tellur|fluor|chlor|brom|iod|hal|carb|bor|chalcogen|arsen|antimon|silic|hydr)ides?`, `\w+phosphates?`, `phosphates?`, `\w*silicates?`, `titanates?`, `perovskites?`, `alloys?`, `metals?`, `ceramics?`, `semiconductors?`, `solids?`, `minerals?`, `salts?`, `phases?`, `absorbers?`, `binary|ternary|quaternary|quinary`, `\w*ternar\w+`, `compositions?`, `stoichiometr\w+`, `polymorphs?`, `steels?`, `glass(?:es)?`, `intermetallics?`, `electrolytes?`)
	explainCue     = cue(`(?:what is|what's|whats) (?:a|an) `, `explain`, `why\b`, `how (?:do|does|long|many|much|often)`, `histor\w+`, `recycl\w*`, `dispos\w*`, `my (?:car|phone|laptop|bike|watch|remote)`, `(?:car|phone|laptop|watch|aa|aaa) batter\w+`, `charger`, `fire\b`)
	electrodeWord  = cue(`cathodes?`, `anodes?`, `\w*\s?electrodes?`, `(?:insertion|intercalation|battery|storage|host)\s+(?:host|material|compound|chemistr)\w*`, `(?:materials?|compounds?|hosts?|chemistr\w+) (?:\w+ ){0,6}(?:batter|cell|ion\b)\w*`, `intercalat\w*`, `batter\w+ (?:\w+ ){0,2}(?:materials?|compounds?|hosts?)`, `(?:nmc|ncm|nca|lnmo)\d*`, `hosts?\b`, `insert\w*`, `stor(?:e|es|ing|age)\b`, `(?:positive|negative|plus|minus) (?:side|pole|terminal)`)
)

// everyday reports that all is named by words of everyday language.
func (r request) everyday() bool {
	for _, h := range r.hits {
		els, _ := elementsOf(h.formula)
		if !h.named || len(els) > 1 && !strings.Contains(" Al2O3 SiO2 NaCl H2O ", " "+h.formula+" ") {
			return false
		}
	}
	return true
}

// molecular reports that all are molecules of air, water and the laboratory
// shelf, which questions of other trades are full of.
func (r request) molecular() bool {
	for _, f := range r.formulas {
		if !molecules[f] {
			return false
		}
	}
	return true
}

var (
	molecules = func() map[string]bool {
		m := map[string]bool{}
		for _, f := range strings.Fields("H2O H2O2 CO2 CO CH4 C2H6 C2H4 C2H2 C3H8 C6H6 C6H12O6 C2H5OH CH3OH NH3 NO NO2 N2O N2 O2 O3 H2 Cl2 F2 HCl HF HBr H2S SO2 SO3 H2SO4 HNO3 H3PO4 C8H18 CCl4") {
			m[f] = true
		}
		return m
	}()
	mixCue = cue(`mix\w*`, `react\w*`, `neutrali[sz]e\w*`, `titrat\w*`, `dilut\w*`, `solutions?`, `acid\w*`, `burn\w*`)
)

func (r request) wantsNew() bool { return newCue.MatchString(r.text) }

// aboutMaterials reports that materials are named, one by one or as a kind.
func (r request) aboutMaterials() bool {
	return len(r.hits)+len(r.vague) > 0 || materialsWord.MatchString(r.folded)
}

// electrode is a question for a material of a battery, or for what a given one
// would do in it.
func (r request) electrode() bool {
	if !r.asked || explainCue.MatchString(r.text) && len(r.formulas) == 0 && r.exemplar == "" {
		return false
	}
	if len(r.formulas) > 0 {
		return false
	}
	return r.exemplar != "" || electrodeWord.MatchString(r.folded)
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
