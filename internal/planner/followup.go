package planner

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	earlierQuery = regexp.MustCompile(`(?m)^query: ("(?:[^"\\]|\\.)*")$`)
	pronoun      = regexp.MustCompile(`(?i)\b(?:its|it|their|theirs|them|they|(?:this|that|the same) (?:one|compound|material|structure|phase|crystal|oxide|nitride|intermetallic)|(?:the same|these|those) (?:one|compound|material|structure|phase|crystal|oxide|nitride|intermetallic)s)\b`)
	goesOn       = regexp.MustCompile(`(?i)^\W*(?:and|what about|how about|now)\b`)
	// expletive is an "it" that means nothing.
	expletive = regexp.MustCompile(`(?i)\b(?:is|was|would|could|might) it (?:be )?(?:that|true|possible|likely|known|worth|correct|right|fair)\b|\bit (?:is|was|seems) (?:true|possible|likely|known|said|clear)\b`)
	// ownSubject is what a question wants any of, or wants explained: what follows points at that.
	ownSubject = cue(`(?:an?|any|some|another|other|new|which|what|one|two|three|four|five|ten|\d+|the (?:most|best|least|\w+est))\s+(?:[\w-]+\s+){0,4}?`+kindOfThing+`s?\b`, kindOfThing+`s\b`,
		`(?:what|how|why)\s+(?:is|are|does|do)\s+an?\s+[\w-]{4,}`, `what\s+an?\s+[\w-]{4,}`)
)

const kindOfThing = `(?:material|compound|substance|solid|oxide|nitride|carbide|boride|phosphide|phosphate|sulfide|sulphide|selenide|halide|fluoride|chloride|bromide|iodide|hydride|perovskite|spinel|garnet|alloy|ceramic|metal|coating|cathode|anode|electrode|electrolyte|semiconductor|insulator|absorber|conductor|superconductor|thermoelectric|magnet|catalyst)`

// followed reads a question, and where it names nothing but "it", what the session
// asked about last.
func followed(query, system string, tools map[string]bool) request {
	r := understand(query, system, tools)
	if !r.leansBack() {
		return r
	}
	asked := earlierQuery.FindAllStringSubmatch(system, -1)
	for _, m := range slices.Backward(asked) {
		before, err := strconv.Unquote(m[1])
		if err != nil {
			continue // not written by us
		}
		of := understand(before, system, tools)
		if len(of.formulas) == 0 || len(of.formulas) > maxFormulas {
			continue
		}
		out := understand(inPlaceOfIt(query, of.meantBy()), system, tools)
		out.said = query
		out.readings = append(out.readings, "this was read as a question about "+of.meantBy()+", which an earlier one of this session names")
		return out
	}
	return r
}

// leansBack reports that a question asks for something and does not name of what.
func (r request) leansBack() bool {
	beside := r.besideIt()
	if len(r.hits) > 0 && !beside {
		return false
	}
	if len(r.vague)+len(r.system)+len(r.broken)+len(r.parts) > 0 || r.harm || r.elsewhere || r.given != "" || r.asked {
		return false
	}
	if len(r.wants)+len(r.missing) == 0 && !r.stability && !beside {
		return false
	}
	before := r.text
	if at := pronounOf(r.text); at != nil {
		before = r.text[:at[0]]
	} else if !goesOn.MatchString(r.text) {
		return false
	}
	return !ownSubject.MatchString(before)
}

// besideIt reports that the one compound named stands beside what "it" is: denser
// than NiTi, a voltage against sodium.
func (r request) besideIt() bool {
	at := pronounOf(r.folded)
	return at != nil && len(r.hits) == 1 && r.hits[0].at >= at[1] && joining.MatchString(r.folded[at[1]:r.hits[0].at])
}

var joining = regexp.MustCompile(`(?i)\b(?:than|with|to|against|versus|vs\.?)\s+(?:that of |the )?$`)

// pronounOf gives where a question has its first pronoun that stands for something.
func pronounOf(q string) []int {
	return pronoun.FindStringIndex(expletive.ReplaceAllStringFunc(q, func(s string) string { return strings.Repeat("-", len(s)) }))
}

// meantBy names the compounds of a question, with the arrangement it names of one.
func (r request) meantBy() string {
	if len(r.formulas) == 1 && r.kindMeant(r.formulas[0]) != "" {
		return r.kindMeant(r.formulas[0]) + " " + r.formulas[0]
	}
	return list(r.formulas)
}

// inPlaceOfIt puts names where a question has a pronoun, or at its end.
func inPlaceOfIt(query, names string) string {
	if at := pronounOf(query); at != nil {
		return query[:at[0]] + names + query[at[1]:]
	}
	return strings.TrimRight(query, " ?.!") + " of " + names
}
