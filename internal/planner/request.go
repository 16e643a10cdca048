package planner

import (
	"regexp"
	"strconv"
	"strings"

	"crystalyse/internal/prompt"
)

// request is what a question asks, as far as the rules can tell.
type request struct {
	subject
	battery
	text      string
	said      string // text, and what was said since to change it
	folded    string // in the spelling of the rules
	cut       bool   // the question is longer than what was read
	wants     map[want]bool
	missing   []inability // properties asked for that no tool gives
	sure      bool        // one of them in words that mean nothing else
	noTools   bool
	harm      bool
	elsewhere bool // of another trade
	count     int  // how many new materials; 0 when not said
	propose   bool
	compare   bool
	polymorph bool
	stability bool
	odd       string // words of a property that is not known
	rigorous  bool
	auto      bool
	inventing bool            // the compounds are our proposals
	escalated bool            // the search is made larger: asked for, or on a signal
	quick     bool            // a small search was asked for
	noHull    bool            // the user does not want the hull
	finish    bool            // the user wants the answer now
	memory    int             // a question about the memory
	given     string          // id of a structure that the question names
	open      string          // what the question left open and was chosen
	chosen    []host          // electrode hosts that we propose
	wallS     float64         // the limit of wall time in seconds; 0 when none was told
	offered   map[string]bool // tools
}

var (
	stableCue = cue(`(?:un|meta)?stab(?:le|ility|ilities|lest|ler)`, `hold(?:s)? up`, `decompos\w+`, `hull`, `stabil\b`)
)

// maxRead is how much of a question is read, in bytes: the rules look at every
// word many times.
const maxRead = 4 << 10

// understand reads a question, for the tools on offer.
func understand(query, systemText string, tools map[string]bool) request {
	whole := len(query)
	query = firstWords(query, maxRead)
	q := fold(query)
	r := request{text: query, said: query, folded: q, cut: len(query) < whole, rigorous: rigorCue.MatchString(systemText), auto: autoCue.MatchString(systemText), offered: tools}
	r.wallS = prompt.WallSeconds(systemText)
	r.noTools, r.harm, r.elsewhere = noToolsCue.MatchString(q), harmCue.MatchString(q), elsewhere.MatchString(q)
	r.given = givenPattern.FindString(query)
	r.compare, r.propose, r.polymorph = compareCue.MatchString(q), proposeCue.MatchString(q), polyCue.MatchString(q)
	r.stability = stableCue.MatchString(q)
	r.subject = subjectOf(q, r.propose && !sideBySide(q))
	missing, rest, sure := unable(r.veiled(q))
	r.missing, r.sure = missing, sure
	r.wants = strongWants(rest)
	r.battery = batteryOf(q, &r.subject)
	if arrow.MatchString(q) && !r.wants[wantFormation] {
		r.elsewhere = true
	}
	r.hints(rest)
	if len(r.wants)+len(r.missing) == 0 {
		r.odd = oddCue.FindString(rest)
	}
	r.memory = r.memoryOf(q)
	r.withoutIon()
	r.inPart(q)
	r.withoutTools()
	r.count = countOf(q)
	return r
}

var besideCue = cue(`compar\w*`, `rank\w*`, `versus`, `vs\b`, `which (?:of|one|is|has)`, `sort\b`, `order\b`, `contrast`)

// sideBySide is a question about several things as they are, not about what is
// made of them.
func sideBySide(q string) bool { return besideCue.MatchString(q) }

// dropReactants leaves the elements out of a question for what forms of them.
func (s *subject) dropReactants() {
	var compounds []hit
	for _, h := range s.hits {
		if els, _ := elementsOf(h.formula); len(els) > 1 {
			compounds = append(compounds, h)
		}
	}
	if len(compounds) > 0 {
		s.hits = compounds
		s.settle()
	}
}

// hints lets words that only describe count where nothing was asked outright.
func (r *request) hints(q string) {
	if len(r.formulas) == 0 {
		return
	}
	if (r.wants[wantFormation] || r.wants[wantCoordination]) && !besideCue.MatchString(q) {
		r.dropReactants()
	}
	if len(r.wants) == 0 && (askCue.MatchString(q) || ionCharge.MatchString(q)) && len(r.missing) == 0 {
		r.wants[wantValidity] = true
	}
	if !r.wants[wantFormation] && !r.wants[wantValidity] && !r.wants[wantBulk] && !r.wants[wantHull] && energyCue.MatchString(q) {
		r.wants[wantFormation] = true
	}
	if len(r.wants) == 0 && len(r.missing) == 0 && structureHint.MatchString(q) {
		r.wants[wantStructure] = true
	}
}

// withoutTools turns what the tools on offer do not give into inabilities.
func (r *request) withoutTools() {
	for _, w := range []want{wantHull, wantBulk, wantXRD, wantCapacity, wantVoltage, wantModels} {
		if s := supported[w]; r.wants[w] && !r.offered[s.tool] {
			delete(r.wants, w)
			r.missing = append(r.missing, s.what)
			r.sure = true
		}
	}
}

var numberWords = map[string]int{"one": 1, "a couple of": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "a dozen": 12, "several": 3, "a few": 3, "some": 3}

var countPattern = regexp.MustCompile(`(?i)\b(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|a couple of|a dozen|several|a few|some)\s+(?:[\w-]+\s+){0,4}?(?:[\w-]*\s?quaternar|ternar|binar|compound|material|composition|candidate|phase|oxide|new|novel|stable|possib|plausib|formula|charge|cathode|electrode)`)

func countOf(q string) int {
	m := countPattern.FindStringSubmatch(q)
	if m == nil {
		return 0
	}
	w := strings.ToLower(m[1])
	if n, ok := numberWords[w]; ok {
		return n
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		return 0
	}
	return n
}
