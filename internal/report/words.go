package report

import (
	"regexp"
	"strings"
)

// What a physical unit looks like, in the spellings people use. A unit alone may
// follow a number; a part only beside another one ("g/cm3", "S cm-1").
const (
	unitAlone = `(?:[mkMGµ]|milli|kilo|mega|giga)?(?:eV|[eE]lectron[- ]?[vV]olts?)|[kM]?J|(?i:kilo)?joules?|k?cal(?:ories?)?|Ha|[hH]artrees?|Ry|[rR]ydbergs?|` +
		`(?:(?i:cubic|square|inverse|reciprocal)\s+)?(?:Å|(?i:[aå]ngstr(?:o|ö|oe)ms?))|Angst|Ang|AA|A|[nµpm]m|nanomet(?:er|re)s?|picomet(?:er|re)s?|bohrs?|` +
		`[GMkh]?Pa|(?i:giga|mega|kilo)?pascals?|[kM]?bars?|atm|[mk]?A\s?[·*]?\s?h|(?i:milli-?)?amp(?:ere)?s?[- ]?hours?|[kM]?W\s?[·*]?\s?h|[mkµ]?V|(?i:milli|kilo)?volts?|` +
		`K|[kK]elvins?|°\s?[CFK]?|deg(?:rees?)?(?:\s?(?:C|F|K|[cC]elsius|[fF]ahrenheit|[kK]elvin)\b)?|[cC]elsius|m?rad(?:ians?)?|` +
		`[kMGT]?Hz|(?:giga|tera|mega)?hertz|[fpnµm]s|(?:femto|pico|nano|micro|milli)seconds?|(?:µ|mu)_?B|[bB]ohr magnetons?|T|[tT]eslas?|emu|amu|Da|g\s?/\s?mol|` +
		`(?:wt|at|mol|vol)\.?\s?%|%|‰|per\s?cent|pct|ppm|ppb|mA|µA|Ω|[kMmµ]Ω|[oO]hms?|[sS]iemens|[nµpm]C|Debye|kT|k_?B\s?T`
	unitPart = `k?g|mol|c?m|mm|[mµ]?S|[mk]?W|[mk]?A|[mkM]?J|C|F|L|K|s|V|Å|e`
	unitTail = `atoms?|cc|min(?:ute)?s?|hours?|f\.?\s?u\.?|formula[ -]units?|(?:unit |primitive )?cells?|mol(?:e|ecule)?|k?g|grams?|kilograms?|c?m|centimet(?:er|re)s?|met(?:er|re)s?|L|lit(?:er|re)s?|K|kelvin|s|seconds?|h|V|V\s?s|mK|Å|(?i:[aå]ngstroms?)|A|ions?|sites?|electrons?|mA|h`
	exponent = `(?: ?\^\(?[-+]?[1-4]\)?|[-+]?[1-4]|⁻?[¹²³⁴])?`
	quotient = `(?: ?(?:/|per|·|\*) ?\(?(?:` + unitTail + `|` + unitPart + `)` + exponent + `\)?)`
	inverse  = `(?: ?\^\(?-[1-4]\)?|-[1-4]|⁻[¹²³⁴])`
)

var (
	unitPattern = regexp.MustCompile(`^[ \t]*\n?[ \t]*[)\]]?[-–]?[ \t]*(` +
		`(?:` + unitAlone + `)` + exponent + quotient + `*(?:[ ·]?(?:` + unitTail + `|` + unitPart + `)` + inverse + `)*` +
		`|(?:` + unitPart + `)` + exponent + quotient + `+` +
		`|(?:` + unitPart + `)` + exponent + `(?:[ ·]?(?:` + unitTail + `|` + unitPart + `)` + inverse + `)+` +
		`|cm` + inverse + `)(?:[^\pL\p{Nd}_]|$)`)
	unitShort = regexp.MustCompile(`^[ \t]*\n?[ \t]*[)\]]?[-–]?[ \t]*(` + unitAlone + `)(?:[^\pL\p{Nd}_]|$)`)
	unitBoxed = regexp.MustCompile(`^\s*([(\[]\s?(?:` + unitAlone + `)` + exponent + quotient + `*\s?[)\]])`)
	unitFirst = regexp.MustCompile(`(?:^|\s)(?:[mk]?eV(?:/atom)?|GPa|Å|mAh/g|kJ/mol|S/cm)\s*[:=]\s*[-+±~≈]?\s*$`)
	// A unit before the number: "E (eV/atom): -2", "a [Å] = 5".
	unitBefore = regexp.MustCompile(`(?:[\[(,/]\s?|\bin\s+)(?:` + unitAlone + `)` + exponent + `(?:\s?(?:/|per)\s?(?:` + unitTail + `)` + exponent + `)?[)\]]?["']?\s*(?:is|was|=|≈|:|\|)\s*[-+±~≈]?\s*$`)
	// Symbols of units that are elements too, where a noun tells which.
	elementNoun = regexp.MustCompile(`^(?:-|\s+)(?:atoms?|ions?|sites?|cations?|anions?|vacanc\w+|neighbou?rs?|dopants?|octahedra\w*|tetrahedra\w*|polyhedra\w*|layers?|sublattice\w*|cent(?:er|re)s?|site|rich|poor|doped)\b`)
	elementNext = regexp.MustCompile(`^\s*(?:,|and|plus|;|:|\+)+\s*(?:and\s+)?\d+\s*([A-Z][a-z]?)\b`)
	endsClause  = regexp.MustCompile(`^\s*(?:[.,;:)|\]]|$)`)
	elementPrev = regexp.MustCompile(`\d\s*([A-Z][a-z]?)\s*(?:,|and|plus|;|:|\+)+\s*(?:and\s+)?$`)
)

var unitElements = map[string]bool{"K": true, "V": true, "A": true, "T": true, "Pa": true, "Ha": true, "F": true, "C": true, "S": true, "W": true}

// unitAt gives the length of what follows a number up to the end of its unit; 0
// when no unit follows.
func unitAt(s string, from int, decimal bool) int {
	rest := s[from:min(len(s), from+60)]
	if first := strings.TrimLeft(rest, " \t\n"); first == "" || isDigit(first[0]) || strings.IndexByte(".,;:|=\"'!?/", first[0]) >= 0 {
		return 0
	}
	m := unitPattern.FindStringSubmatchIndex(rest)
	if m == nil {
		if b := unitBoxed.FindStringSubmatch(rest); b != nil && !unitElements[strings.Trim(b[1], "()[] ")] {
			return len(unitBoxed.FindString(rest))
		}
		if m = unitShort.FindStringSubmatchIndex(rest); m == nil {
			return 0
		}
	}
	unit, after := rest[m[2]:m[3]], rest[m[3]:]
	if strings.Contains(rest[:m[2]], "\n") && unitElements[unit] {
		return 0 // "in 12.\nK" and the like
	}
	if unitElements[unit] && !decimal {
		if elementNoun.MatchString(after) || isElementList(s[max(0, from-40):from], after) {
			return 0
		}
		if unit == "A" && !endsClause.MatchString(after) {
			return 0 // an article, or the A site
		}
	}
	if strings.HasSuffix(unit, ")") && !strings.Contains(unit, "(") {
		return m[3] - 1 // the bracket around "(5 eV/atom)"
	}
	return m[3]
}

// isElementList tells "2 K, 1 Y and 2 Zr" from kelvins.
func isElementList(before, after string) bool {
	for _, m := range [][]string{elementNext.FindStringSubmatch(after), elementPrev.FindStringSubmatch(before)} {
		if m != nil && elements[m[1]] && (!unitElements[m[1]] || m[1] == "K" || m[1] == "V") {
			return true
		}
	}
	return false
}

// Words that make a number a claim about a material.
const propertyWords = `band[\s_-]?gaps?|gaps?|energ(?:y|ies|etics?)|enthalp(?:y|ies)|entrop(?:y|ies)|lattice|cell (?:edge|length|parameter)s?|parameters?|volumes?|densit(?:y|ies)|modul(?:us|i)|stiffness|` +
	`capacit(?:y|ies)|voltages?|conductivit(?:y|ies)|resistivit(?:y|ies)|diffusi(?:on|vity)|diffusivit(?:y|ies)|space[\s_-]?groups?|spacegroups?|coordination|bonds?|distances?|lengths?|angles?|hull|formation|` +
	`temperatures?|melts?|melting|boils?|boiling|MAE|RMSE|stress(?:es)?|pressures?|forces?|mobilit(?:y|ies)|dielectric|permittivity|refractive|index of refraction|ZT|hardness|magneti[sz]ation|moments?|work function|effective mass(?:es)?|` +
	`expansion|poisson\S*|ratio|heat|debye|phonon|frequenc(?:y|ies)|solubility|toughness|viscosity|efficienc(?:y|ies)|overpotential|ioni[sz]ation|affinity|electronegativity|radius|radii|tolerance factor|` +
	`lifetime|absorption|wavelength|barriers?|strain|Seebeck|figure of merit|strength|spacing|pH|E_?(?:g|f|hull|form|coh|ads|a)|T_?[cmgN]|Δ_?[HEGf]+|ΔEf|plateau|half-life|stable for|Mohs|concentration|polari[sz]ation|constants?|density`

const linkWords = `window|range|ranges|limit|onset|is|are|was|were|be|been|being|equals?|equal|of|about|around|at|near|nearly|approximately|approx\.?|roughly|circa|ca\.?|only|just|some|values?|to|up|reach(?:es|ed)?|comes?|came|out|as|high|low|than|over|under|` +
	`above|below|between|from|the|a|an|close|estimated|predicted|given|quoted|listed|stated|put|taken|computed|calculated|reported|measured|experimental(?:ly)?|expected|known|lies|lie|falls?|sits?|gives?|gave|yields?|number|no\.?|nr\.?|has|have|would|should|could|will|may|might|more|less|` +
	`exactly|precisely|typically|usually|per|atom|turns|found|determined|and|or|by|larger|smaller|greater|lower|higher|per cell|in|for|it|its|with|on|likely|probably|perhaps|maybe|almost|remains?|became|becomes?|increases?|decreases?|rises?|drops?|amounts?|totals?|averages?|average|mean|max(?:imum)?|min(?:imum)?`

var (
	property     = regexp.MustCompile(`(?i)(?:^|[^\pL])(` + propertyWords + `)(?:[^\pL]|$)`)
	propertyLink = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:` + propertyWords + `)[\w"'\x60]*(?:\s*\([^()\n]{0,40}\))?(?:\s+(?:of|for|in|at)\s+(?:the\s+|this\s+)?[\pL\d()+.₀-₉-]+){0,2}` +
		`(?:[\s,:=≈~<>≤≥→|"'\x60(\[#*±+–-]|\b(?:` + linkWords + `)\b)*$`)
	// One-letter symbols count only before a sign of equality.
	symbolLink = regexp.MustCompile(`(?:^|[^\pL\d])(?:(?:[abcdlEGKBVTSPMHU]|E_\w+|[αβγδεκλµρστφθΔ]\w*|c/a|c / a)\s*(?:=|≈|~|≃|≅|≥|≤|<|>|equals|is about|is)|[abcαβγE]\s*:)\s*[-+±~≈]?\s*$`)
	afterLink  = regexp.MustCompile(`(?i)^\s*(?:for|as|is|was|in)\s+(?:the\s+|its\s+|a\s+|their\s+)?(?:\pL+\s+){0,2}(?:` + propertyWords + `)(?:[^\pL]|$)`)
	// A noun after a number makes it a count; these words do not.
	notNoun   = regexp.MustCompile(`(?i)^\s+(?:for|in|at|and|but|or|while|which|with|from|after|before|than|as|when|is|are|was|were|has|according|per|on|of|by|to|if|so|because|since|whereas|relative|compared|above|below|under|at|under|this|that|the|a|an|too|also|here|then|versus|vs|respectively|given|using|via|within|without|would|should|can|may|it|we|i|they|experimentally|higher|lower|larger|smaller|more|less|hours?|h|days?|weeks?|months?|years?|minutes?|seconds?|cycles|times)(?:[^\pL]|$)`)
	nounAfter = regexp.MustCompile(`^[ \t]*\n?[ \t]*-?\pL{2,}`)
	fold      = regexp.MustCompile(`(?i)^[- ]?(?:fold\b|coordinated\b|coordinate\b(?:[.,;:)]|\s+[^s]|$))`)
)
