package planner

import (
	"regexp"
	"strings"
)

// A user may speak while the work is on its way, and a fork goes on with an
// edited instruction. What stands for itself is the new question; what only
// changes the question changes it; what is not understood is said, and the work
// goes on as before.

var (
	finishCue = regexp.MustCompile(`(?i)\b(?:that(?:'s| is) enough|enough|stop (?:here|now|it|there|searching|computing)|finish(?: now| up)?|wrap (?:it )?up|report what you have|answer now|good enough|no more)\b|^\s*stop\s*[.!]?\s*$`)
	alsoCue   = regexp.MustCompile(`(?i)\b(?:also|too|as well|in addition|additionally|include|add|plus|and)\b`)
	moreCue   = regexp.MustCompile(`(?i)\b(?:more (?:samples|structures|candidates|thorough\w*|careful\w*)|(?:be )?(?:thorough|rigorous)\w*|try harder|larger search|search (?:more|again|longer|harder)|dig deeper)\b`)
	quickCue  = regexp.MustCompile(`(?i)\b(?:quick\w*|fast(?:er)?|cheap(?:er|ly)?|fewer (?:samples|structures)|less samples|hurry|rough(?:ly)?)\b`)
	notCue    = regexp.MustCompile(`(?i)\b(?:no|not|skip|without|don'?t|do not|leave out|drop|ignore|forget)\b`)
	changeCue = regexp.MustCompile(`(?i)^\s*(?:and|also|but|or|use|take|try|only|just|instead|rather|with|without|no|skip|please (?:use|take|skip|also|only)|make it|add|include|drop|change|now for|same for|do (?:it|the same) for|actually)\b|\binstead\b`)
)

// conversation reads the question with all that was said since. said words what
// became of the last instruction, when it has not been answered yet.
func conversation(messages []message, tools map[string]bool) (r request, said string) {
	system := ""
	first := true
	for _, m := range messages {
		switch {
		case m.Role == "system":
			system += m.text() + "\n"
		case m.Role == "user" && first:
			r, first = followed(m.text(), system, tools), false
		case m.Role == "user":
			r, said = r.steered(m.text(), system)
		case m.Role == "assistant":
			said = ""
		}
	}
	if first {
		r = understand("", system, tools)
	}
	return r, said
}

// steered applies an instruction to a question.
func (r request) steered(word, system string) (request, string) {
	n := understand(word, system, r.offered)
	if n.harm || n.noTools {
		return n, ""
	}
	if finishCue.MatchString(word) {
		r.finish = true
		return r, "I stop here, as you asked, and report what there is."
	}
	if n.standsAlone() && !changeCue.MatchString(word) {
		return n, "I take this as the question now, and use again what fits of what was computed."
	}
	changed := r.change(n, word)
	if len(changed) == 0 {
		return r, "You wrote " + quoted(word) + ". I have no rule for that, so I go on as before."
	}
	return r, "As you asked: " + strings.Join(changed, "; ") + "."
}

// standsAlone reports that a text is a question of its own.
func (r request) standsAlone() bool {
	out := decide(r, nil)
	return len(out.calls) > 0 || len(r.missing) > 0 && len(r.formulas) > 0
}

// change puts into a question what an instruction names, and words it.
func (r *request) change(n request, word string) []string {
	var done []string
	say := func(s string) { done = append(done, s) }
	negated := notCue.MatchString(word)
	if len(n.formulas) > 0 && !negated {
		if alsoCue.MatchString(word) {
			n.hits = append(append([]hit{}, r.hits...), shifted(n.hits, 1<<20)...)
		}
		r.hits, r.system, r.asked = n.hits, nil, false
		r.settle()
		say("the compounds are " + list(r.formulas))
	}
	if len(n.without) > 0 {
		r.without = distinct(append(r.without, n.without...))
		r.system, r.metals, r.framework = minus(r.system, r.without), minus(r.metals, r.without), minus(r.framework, r.without)
		say("without " + list(n.without))
	}
	if fresh := minus(n.elements, n.without); len(fresh) > 0 && len(n.formulas) == 0 && (len(r.system) > 0 || r.asked) {
		r.takeElements(fresh)
		say("with " + list(fresh))
	}
	for _, w := range wantOrder {
		if !n.wants[w] {
			continue
		}
		if negated {
			delete(r.wants, w)
			r.noHull = r.noHull || w == wantHull
			say("not " + wantNames[w])
		} else if !r.wants[w] {
			r.wants[w] = true
			say("also " + wantNames[w])
		}
	}
	if len(converted(word)) > 0 || molarCue.MatchString(word) {
		say("the units that you name")
	}
	r.said += "\n" + word
	switch {
	case moreCue.MatchString(word) && !negated:
		r.escalated, r.quick = true, false
		say("a larger search")
	case quickCue.MatchString(word):
		r.quick = true
		say("a quick search")
	}
	if n.count > 0 && (len(r.system) > 0 || r.asked) {
		r.count = n.count
		say("the number of candidates is changed")
	}
	return done
}

// takeElements puts elements into what is searched.
func (r *request) takeElements(els []string) {
	for _, e := range els {
		switch {
		case r.asked && redox[e]:
			r.metals = []string{e}
		case r.asked && framework[e]:
			r.framework = distinct(append(r.framework, e))
		case r.asked && contains(ionsOf, e):
			r.ion, r.stated = e, true
		case !r.asked:
			r.system = distinct(append(r.system, e))
		}
	}
}

var (
	wantOrder = []want{wantValidity, wantStructure, wantFormation, wantCoordination, wantHull, wantBulk, wantXRD, wantCapacity, wantVoltage, wantModels}
	wantNames = map[want]string{
		wantValidity: "the charge balance", wantStructure: "the structure", wantFormation: "the formation energy", wantCoordination: "the coordination", wantHull: "the distance to the hull",
		wantBulk: "the bulk modulus", wantXRD: "the powder pattern", wantCapacity: "the capacity", wantVoltage: "the voltage", wantModels: "the disagreement of potentials",
	}
)

func minus(list, without []string) []string {
	var out []string
	for _, e := range list {
		if !contains(without, e) {
			out = append(out, e)
		}
	}
	return out
}

func shifted(hits []hit, by int) []hit {
	out := append([]hit{}, hits...)
	for i := range out {
		out[i].at, out[i].end = out[i].at+by, out[i].end+by
	}
	return out
}
