package planner

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	earlierQuery = regexp.MustCompile(`(?m)^query: ("(?:[^"\\]|\\.)*")$`)
	pronoun      = regexp.MustCompile(`(?i)\b(?:its|it|their|theirs|them|they|(?:this|that|the same|these|those) (?:one|compound|material|structure|phase|crystal|oxide|nitride|intermetallic)s?)\b`)
	goesOn       = regexp.MustCompile(`(?i)^\W*(?:and|what about|how about|now)\b`)
)

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
	if len(r.hits)+len(r.vague)+len(r.system)+len(r.broken)+len(r.parts) > 0 || r.harm || r.elsewhere || r.given != "" || r.asked {
		return false
	}
	return (len(r.wants)+len(r.missing) > 0 || r.stability) && (pronoun.MatchString(r.text) || goesOn.MatchString(r.text))
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
	if at := pronoun.FindStringIndex(query); at != nil {
		return query[:at[0]] + names + query[at[1]:]
	}
	return strings.TrimRight(query, " ?.!") + " of " + names
}
