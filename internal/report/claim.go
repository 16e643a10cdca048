package report

import (
	"regexp"
	"sort"
	"strings"
)

// isClaim judges a literal that is no name: by its unit, its decimals, the words
// around it, its column.
func (p plain) isClaim(l literal) bool {
	before, after := p.before(l), p.s[l.end:min(len(p.s), l.end+60)]
	if l.wordlike {
		return isWordClaim(l, before, after)
	}
	if l.unitEnd > 0 || l.decimal {
		return true // measured things have decimals; counts do not
	}
	if equated(before) && (unitBefore.MatchString(before) || unitFirst.MatchString(before) || symbolLink.MatchString(before)) || numbersSpaceGroup(before) {
		return true
	}
	if m := groupAfter.FindStringSubmatch(after); m != nil && isSpaceGroup(m[1]) {
		return true
	}
	if fold.MatchString(after) && strings.Contains(strings.ToLower(before+after), "coordinat") {
		return true
	}
	if afterLink.MatchString(after) {
		return true
	}
	if row := p.tableCell(l); row != nil {
		return row.isClaim()
	}
	if isCount(before, after) {
		return false
	}
	if shellOf.MatchString(before) {
		return true
	}
	return p.mentions(l.digits-len(before), l.digits) && (propertyLink.MatchString(before) || saidOf.MatchString(before))
}

// propertiesOf gives where properties are named, in order.
func propertiesOf(s string) []span {
	var out []span
	for at := 0; at < len(s); {
		m := property.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		out = append(out, span{at + m[2], at + m[3]})
		at += m[3] // what follows a word also stands before the next
	}
	return out
}

// mentions reports whether a property is named between two places.
func (p plain) mentions(from, to int) bool {
	i := sort.Search(len(p.properties), func(i int) bool { return p.properties[i].start >= from })
	return i < len(p.properties) && p.properties[i].end <= to
}

// equated reports whether the words before a number can end in a sign or word of
// equality: a cheap look before the patterns that need one.
func equated(before string) bool {
	before = strings.TrimRight(before, " -+±\t\n")
	if before == "" {
		return false
	}
	return strings.IndexByte("=:|<>~st", before[len(before)-1]) >= 0 || before[len(before)-1] >= 0x80
}

var (
	shellOf    = regexp.MustCompile(`[cC]oordinat\w*[^.\n]{0,60}[\s:][A-Z][a-z]?\s*[:=]?\s*$`)
	groupAfter = regexp.MustCompile(`^\s?[([]\s?([A-Z][^\s)\]]*)`)
	// "the voltage, as computed by CHGNet, is 3": the property stands farther off.
	saidOf   = regexp.MustCompile(`(?i)(?:\b(?:is|are|was|were|be|equals?|about|around|approximately|roughly|nearly|gives|reaches|becomes)|[=≈~:])\s*[-+±~≈]?\s*$`)
	moreOf   = regexp.MustCompile(`^(?:\s*(?:,|and|or|to|–|-|of|of the|out of|/)\s*\d+)+`)
	pickedOf = regexp.MustCompile(`(?i)\b(?:first|last|top|best|other|all|any|next|these|those|remaining|another)\s*$`)
)

// isCount tells how many things there are from what one of them measures:
// "energies of 5 or 6 polymorphs", "the first 3".
func isCount(before, after string) bool {
	if pickedOf.MatchString(before) {
		return true
	}
	after = after[len(moreOf.FindString(after)):]
	return nounAfter.MatchString(after) && !notNoun.MatchString(after) && !property.MatchString(firstWord(after))
}

var afterWord = regexp.MustCompile(`(?i)^\s*(?:$|[.,;:)|]|for\b|in\b|at\b|and\b|which\b|with\b|per\b)`)

// isWordClaim judges a number in words: with a unit, or "two point one" of a
// property.
func isWordClaim(l literal, before, after string) bool {
	switch {
	case l.unitEnd > 0:
		return true
	case l.decimal:
		return property.MatchString(before) || property.MatchString(after)
	case l.text == "one" || l.text == "half" || !afterWord.MatchString(after):
		return false
	}
	return directLink.MatchString(before)
}

// directLink is stricter than propertyLink: words are rarely measurements.
var directLink = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:` + propertyWords + `)(?:\s+of\s+[\pL\d]+)?\s*(?:is|was|equals|=|≈|of|:|about|around|approximately|\s)+(?:minus\s+|negative\s+)?$`)

func firstWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// cell is a number's place in a table.
type cell struct {
	header, label string // of its column and its row, "" when unknown
	first         bool   // in the first column
}

var (
	tableRule   = regexp.MustCompile(`^[\s|:+–-]*-[\s|:+–-]*$`)
	countHeader = regexp.MustCompile(`(?i)^\W*(?:n|z|rank|id|index|year)\W*$|count|tried|structures?|steps?|atoms|formula units|calls?|candidates?|samples?|members?|attempts?|charge|oxidation|valence|number of|how many|ref`)
	unitHeader  = regexp.MustCompile(`[\[(/,]\s*(?:` + unitAlone + `)`)
)

// How far around a number its table is looked at, in bytes.
const (
	maxRow   = 2_000
	maxTable = 6_000
)

// tableCell gives the place of a literal in a markdown table; nil outside one.
func (p plain) tableCell(l literal) *cell {
	from := max(0, l.start-maxRow)
	start := from + strings.LastIndexByte(p.s[from:l.start], '\n') + 1
	row := strings.TrimSpace(lineRest(p.s[start:min(len(p.s), l.end+maxRow)]))
	if !strings.Contains(row, "|") {
		return nil
	}
	lead := strings.HasPrefix(row, "|")
	column := strings.Count(p.s[start:l.start], "|")
	c := &cell{label: strings.Split(strings.TrimPrefix(row, "|"), "|")[0], first: column == 0 || lead && column == 1}
	// The header stands above the rule, which stands above the rows.
	above := strings.Split(strings.TrimSuffix(p.s[max(0, start-maxTable):start], "\n"), "\n")
	for i := len(above) - 1; i > 0 && strings.Contains(above[i], "|"); i-- {
		if !tableRule.MatchString(above[i]) {
			continue
		}
		if heads := strings.Split(above[i-1], "|"); column < len(heads) {
			c.header = heads[column]
		}
		return c
	}
	if lead || strings.Count(row, "|") > 1 {
		return c
	}
	return nil
}

func (c *cell) isClaim() bool {
	switch {
	case property.MatchString(c.header) || unitHeader.MatchString(c.header):
		return !strings.Contains(strings.ToLower(c.header), "number of")
	case !c.first && (property.MatchString(c.label) || unitHeader.MatchString(c.label)):
		return true
	case c.first || countHeader.MatchString(c.header) || countHeader.MatchString(c.label) && c.header == "":
		return false
	}
	return true
}
