package memory

import (
	"regexp"
	"slices"
)

var (
	// Sentences that greet, introduce or announce: who speaks, and what comes next.
	greets = regexp.MustCompile(`(?i)^(?:hello|hi|hey|sure|certainly|of course|great|okay|ok|thanks|thank you|understood|got it)(?:[,:]? (?:there|everyone|happy|glad|for|question)\b[^.!?]*)?[.!]*$`)
	plans  = regexp.MustCompile(`(?i)^(?:[^.:,]{1,40}(?:\([^)]*\))?: )?(?:(?:sure|okay|ok|great|so|now|next|first|then|finally|therefore|to (?:begin|start)(?: with)?)[,:]? )*` +
		`(?:(?:i|we)(?: (?:now|then|also|first|next|just))* (?:` + intents + `)|i'll|we'll|i'm|i’ll|let me|let us|let's|let’s|here (?:is|are))\b`)
	// Sentences that speak to the asker: of what they asked, may ask again, or could
	// be told instead.
	addresses = regexp.MustCompile(`(?i)^(?:you (?:asked|wanted|requested|told me|said)|(?:please )?(?:ask|try|rephrase|specify|write)\b[^.!?]*\b(?:again|me|question|without that)\b|so,? i (?:decline|must decline|cannot answer)|i (?:decline|must decline)[.!]*$|what i can compute|questions i can work on|i am (?:a|an|the) (?:planner|language model|assistant|ai)\b|if you (?:want|wish|like|would like)\b|let me know\b|feel free\b|would you like\b|do you want\b|nothing was computed anew)|^["“][^"“”]*["”]$`)
	nexts     = regexp.MustCompile(`(?i)^(?:now|next|first|then),? th(?:e|at) `)
	// What makes one worth keeping all the same: a reason, a choice, a finding, or a
	// number with decimals.
	decides = regexp.MustCompile(`(?i)\b(?:because|since|instead|rather|exclud\w+|rul(?:e|ed|ing) out|dropp?(?:ed)?|skip\w*|prefer\w*|cho[os]\w+|pick\w*|assum\w+|decid\w+|conclu\w+|recommend\w*|suggest\w*|think|believe|expect\w*|notic\w+|observ\w+|found|finds?|shows? that|turn(?:s|ed) out|fail\w*|could ?n[o']t|cannot|can't|did ?n[o']t|do ?n[o']t|unlike|wrong|(?:i|we) \w+ed)\b|\d\.\d`)
)

// intents are what one says one is about to do.
const intents = `will|shall|am|are|plan|start|begin|check|look|let|try|relax|compute|calculate|generate|validate|search|screen|work|compare|put|ask|keep|use|call|recogni[sz]e|need|want|would|take|go|run|evaluate|analy[sz]e|examine|explore|estimate|fetch|query|read|do|can`

// announces reports whether a sentence says nothing but what comes next, or only
// speaks to the asker.
func announces(sentence string) bool {
	if greets.MatchString(sentence) || addresses.MatchString(sentence) {
		return true
	}
	return (plans.MatchString(sentence) || nexts.MatchString(sentence)) && !decides.MatchString(sentence)
}

// Findings gives of a text what was found and decided, in as many of its first
// sentences as fit, without greetings and announcements; "" when it has no more.
func Findings(markdown string, most int) string {
	return fit(slices.DeleteFunc(Sentences(markdown), announces), most)
}

// answered gives what an answer found; one that only speaks of itself stays as it
// is, for it is all there was.
func answered(markdown string, most int) string {
	if found := Findings(markdown, most); found != "" {
		return found
	}
	return Prose(markdown, most)
}
