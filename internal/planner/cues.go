package planner

import (
	"regexp"
	"strings"
)

// want is a supported property.
type want int

const (
	wantValidity want = iota
	wantStructure
	wantFormation
	wantCoordination
	wantHull
	wantBulk
	wantXRD
	wantCapacity
	wantVoltage
	wantModels
)

func cue(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.Join(patterns, "|") + `)`)
}

// wantCues ask for a property outright.
var wantCues = map[want]*regexp.Regexp{
	wantValidity: cue(`(?:in)?valid\b`, `validat\w*`, `validity`, `charge[sd]?[\s-]*(?:balanc|neutral|count|wise|compensat|sum)\w*`, `(?:un)?balanc\w+`, `(?:electro)?neutral\w*`, `(?:im)?plausib\w*`, `oxidation[\s-](?:state|number)s?`, `valen\w+`,
		`mixed[\s-]valen\w*`, `make(?:s)? (?:\w+\s+){0,2}sense`, `(?:non)?sens(?:e|ible)\b`, `nonsens\w*`, `bogus`, `allowed by (?:charge|valence)`, `smact`, `(?:do|does|did|would|will|can|could|should) (?:the|its|their|these|all|those)?\s*(?:ionic |formal )?charges?`,
		`charges? (?:\w+ ){0,2}(?:add|work|cancel|sum|balance|out|on|in|of|does|do|is|are|would)`, `(?:what|which|formal|ionic|right|net|cation|anion|total) charges?`, `add(?:s)? up`, `cancel out`, `sums? to zero`, `subscripts?`,
		`stoichiometr\w*`, `(?:sensible|reasonable|legit\w*|real(?:istic)?|correct|right|proper|wrong|allowed|possible|acceptable|feasible|permitted) (?:composition|formula|stoichiometr|compound|combination|ratio)\w*`,
		`(?:formula|composition|stoichiometry)\w*\s+(?:(?:is|are|look|looks|seem|seems|be|sound|sounds)\s+)?(?:\w+\s+)?(?:right|correct|ok|okay|wrong|off|allowed|possible|legit|feasible|fine|real)`, `sanity[\s-]check`,
		`(?:chemically|physically) (?:sensible|reasonable|possible|feasible|ok|allowed|impossible|sound)`, `chemical (?:sense|rules|sanity)`, `(?:pauling|electronegativity) (?:test|rule)\w*`),
	wantStructure: cue(`(?:crystal|atomic|3d|local|unit)?\s*structur\w*`, `crystalli[sz]\w*`, `lattice`, `space[\s-]?groups?`, `symmetr\w*`, `unit[\s-]?cell`, `cell (?:parameter|length|edge|constant|dimension|size|volume)\w*`, `polymorph\w*`, `ground[\s-]?state`,
		`atoms?\s+(?:\w+\s+){0,2}(?:arranged|packed|sit|positions?)`, `(?:atomic|fractional|ionic|site) (?:positions?|coordinates?|arrangement)`, `wyckoff`, `arrangement of`, `packing`, `stacking`, `(?:inter)?atomic (?:distance|separation)s?`, `how (?:does|do|is|are)[\w\s]{1,40}(?:crystalli[sz]e|packed?|arranged|stacked|look)`, `prototype`, `relax(?:ed|ation|ing)?\b`, `geometr\w+`,
		`densit\w+`, `densest|denser|dense\b`, `volumes?\b`, `[abc][\s-]ax[ie]s`, `\bcifs?\b`, `poscars?`, `[ca]/[ac]\b`, `[abc]\s*=`, `adopts?\b`, `a,\s*b,?\s*(?:and |& )?c\b`, `(?:the )?[abc][\s-](?:parameter|constant|length|spacing)s?`, `[abc] (?:of|for) (?:\w+ )?[A-Z]`, `(?:cell|lattice|axial) (?:parameter|constant|angle|ratio)s?`, `cell dimensions?`, `fractional coordinates`, `isostructural`, `coordinates\b`, `[A-Z][a-z]?[-–][A-Z][a-z]? (?:distance|bond|separation|length)s?`, `c\s?/\s?a ratio`, `bravais`, `pearson`, `strukturbericht`, `crystal (?:system|class|family|form|type)`, `look like`, `(?:cubic|tetragonal|hexagonal|orthorhombic|monoclinic|rhombohedral|triclinic|trigonal)[\s,]+or\b`,
		`or (?:cubic|tetragonal|hexagonal|orthorhombic|monoclinic|rhombohedral|triclinic|trigonal)`, `is [\w()]+ (?:cubic|tetragonal|hexagonal|orthorhombic|monoclinic|rhombohedral|triclinic|trigonal|layered)`, `cell (?:of|for)`, `cell edges?`, `(?:bigger|larger|smaller|biggest|largest|smallest) cell`, `interlayer|layer spacing`, `bond angles?`),
	wantFormation: cue(`formation`, `d[eh]_?f\w*`, `to (?:form|make)\b`, `forming\b`, `(?:how much|what|any) (?:heat|energy)\b`, `(?:un)?favou?rabl\w*`, `downhill|uphill`, `spontaneous\w*`, `k(?:j|cal)\s?(?:/|per)\s?mol\w*`, `ev\s?(?:/|per)\s?(?:atom|formula|f\.?u)\w*`, `heat (?:of|output|effect|release)`, `survive\w*`, `decompos\w+`, `(?:energ|enthalp|heat)\w* (?:of|to|for) form\w*`, `e_?form\w*`, `enthalp\w*`, `form\w* (?:\w+ ){0,4}from (?:its |the |their |pure |elemental )?`, `(?:from|against|versus|vs\.?|relative to|with respect to|into|over|above|below|compared (?:to|with)) (?:its |the |their |pure |constituent |bulk )?(?:elements?|elemental)\b`, `constituent elements`,
		`(?:un|meta)?stab(?:le|ility|ilit\w+|l[ei]st|ler)`, `thermodynamic\w*`, `energetic\w*`, `(?:exo|endo)therm\w*`, `ex[eo]rgonic|endergonic`, `(?:gives? (?:out|off)|releas\w+|liberat\w+|evolv\w+|absorbs?) (?:\w+ ){0,2}(?:heat|energy)`, `(?:heat|energy) (?:is )?(?:\w+ ){0,2}(?:given|released|gained|liberated|evolved|absorbed|needed|cost)`,
		`burn\w* (?:\w+ ){0,3}(?:to|into|in)`, `delta[\s-]?[hg]`, `[ΔδΔ]\s?[hgHG]\w*`, `[eh]_?f\b`, `(?:strongly|tightly|weakly|more|less|most|strongest|strong|tightest)[\s-]bound`, `bound (?:\w+ ){0,2}(?:to|against|relative)`, `lower in energy|lowest in energy|higher in energy|lowest[\s-]energy|lower[\s-]energy`),
	wantCoordination: cue(`coordinat(?:ed|ion)\w*`, `neighbo\w*rs?`, `bond(?:ing)?[\s-]?(?:length|distance)s?`, `(?:short|long)(?:er|est)? bonds?`, `interatomic (?:distance|separation)s?`, `octahedr\w*`, `tetrahedr\w*`, `how many (?:\w+ ){1,3}(?:surround|around|touch|bonded)`, `polyhedr\w*`),
	wantHull:         cue(`(?:above|below|on|off|from|to) (?:the )?(?:convex )?hull`, `convex hull`, `\bhull\b`, `e_?hull`, `decompos\w+`, `competing (?:phases|compounds)`, `phase diagrams?`),
	wantBulk:         cue(`bulk modul\w*`, `equation of state`, `\beos\b`, `compressib\w*`, `(?:birch|murnaghan)\w*`, `incompressib\w*`),
	wantXRD:          cue(`x-?rays?`, `\bp?xrd\b`, `diffract\w*`, `bragg`, `2[\s-]?theta`, `2θ`),
	wantCapacity:     cue(`capacit(?:y|ies)\b`, `mah\b`, `mah/g`),
	wantVoltage: cue(`voltages?`, `potential (?:vs|versus|against)`, `at what potential`, `volts?\b`, `\d(?:\.\d)?\s?v\b`,
		`de(?:lithiat|sodiat|intercalat)\w*`, `(?:lithium|sodium|potassium|li|na|k|ions?) (?:is|are|was|were) (?:\w+ )?(?:taken out|removed|extracted|pulled out)`, `(?:remov(?:e|es|ing)|extract(?:s|ing)?|tak(?:e|es|ing) out) (?:all )?(?:of )?(?:the |its )?(?:lithium|sodium|potassium|li|na|k)\b`,
		`tak(?:e|es|ing) (?:all )?(?:of )?(?:the |its )?(?:lithium|sodium|potassium|li|na|k) out\b`),
	wantModels: cue(`compar\w+ (?:the )?(?:potentials|models)`, `(?:how )?uncertain\w*`, `(?:different|several|two|other|multiple|both) (?:potentials|models)`, `committee`, `how (?:sure|reliable|certain|accurate)`, `error bars?`, `spread (?:of|between|over)`, `\b(?:chgnet|mace|sevennet)\b[^.?]{0,20}\b(?:chgnet|mace|sevennet)\b`),
}

// hints are words that describe a structure or an energy without asking for it;
// they count when nothing else is asked for.
var (
	structureHint = cue(`show\b`, `draw\b`, `visuali[sz]e`, `build\b`, `models?\b`, `coordinates?`, `positions?`, `cell\b`, `dimensions?`, `axial`, `layers?\b`, `framework`, `(?:inter)?(?:atomic )?(?:lengths?|distances?|angles?)\b`, `parameters?`, `\bxyz\b`, `motif`, `polytypes?`, `atoms?\b`, `formula units`, `phase\b`, `crystal\w*`, `cubic|tetragonal|hexagonal|orthorhombic|monoclinic|rhombohedral|triclinic`, `relax`, `distorted`, `perovskite`, `wurtzite|zinc[\s-]?blende|rock[\s-]?salt|rutile|anatase|fluorite|spinel`)
	energyCue     = cue(`energ\w+`, `heat\b`, `e[vV]\b`, `kj\b`)
	askCue        = cue(`off\b`, `formula\b`, `can(?:'t|not) be`, `charges?\b`, `verif\w*`, `(?:could|can|would|might|is|are) there (?:be|a|an|any)`, `exists?\b`, `existence`, `possible`, `impossible`, `real compounds?`, `check`, `allowed`, `legit\w*`, `feasible`, `ok\b`, `typo`, `really`, `reasonable`, `realistic`, `correct`, `makes?\b`, `wrong\b`, `right\b`, `mistakes?`, `errors?`, `nonsense`, `consistent\w*`, `pass(?:es)?\b`, `fails?\b`, `legal`, `permi\w+`, `oxidation`, `oxidi[sz]ed`, `redox`, `ionic`, `cations?`, `anions?`, `a thing\b`, `acceptable`, `okay`, `nonexistent`, `trust\w*`, `odd one out`, `electron count\w*`)
	ionCharge     = regexp.MustCompile(`\b[A-Z][a-z]?\s?(?:\d[+-]|[+]\d?|\([IVX]+\))|\s[+-][1-7]\b`)
)

var (
	// arrow is a reaction, whose balance is not that of charges.
	arrow      = regexp.MustCompile(`->|→|⟶|=>`)
	compareCue = cue(`compar\w*`, `versus`, `vs\b\.?`, `rank\w*`, `sort\b`, `sorted`, `who wins`, `side[\s-]by[\s-]side`, `differ\w*`, `order\b`, `ordering`, `contrast`, `table\b`, `trend\w*`, `either`, `better`, `best`, `worse`, `worst`, `wins?\b`, `winner`, `beats?\b`, `prefer\w*`, `favou?r\w*`, `which\b`, `between`,
		`more\b`, `most\b`, `less\b`, `least\b`, `(?:high|low|larg|small|bigg|dens|strong|weak|great|short|long|light|heav|tight|hard|soft)i?(?:er|est)\b`, `relative (?:to|stability|energies)`, `against`, `outperform\w*`, `alongside`, `next to`, `try first`, `stack up`, `going from`, `across the`, `down the (?:group|series)`, `how far apart`, `equally`, `sooner`, `pairs?\b`, `pick\b`)
	proposeCue = cue(`fresh`, `please`, `propos\w*`, `missing`, `overlooked`, `left to`, `room for`, `try\b`, `aim for`, `unheard`, `original\b`, `would you (?:make|try|pick)`, `hunt`, `run on\b`, `suggest\w*`, `novel\w*`, `new\b`, `discover\w*`, `undiscovered`, `design\w*`, `come up with`, `invent\w*`, `explor\w*`, `search\w*`, `screen\w*`, `candidates?`, `find\b`, `enumerat\w*`, `hypothetical`, `(?:what|which|any|list|some|are there|other|more|all)\s+(?:\w+[\s-]+){0,4}?(?:compounds?|materials?|compositions?|phases?|formulas?|formulae|oxides?|nitrides?|sulfides?|halides?|combinations?|ternar\w+|quaternar\w+|stoichiometr\w+|targets?)`,
		`generat\w*`, `look(?:ing)? for`, `ideas?\b`, `quaternar\w+`, `ternar\w+`, `quinar\w+`, `(?:un|not yet |never |yet to be )(?:reported|known|explored|made|synthesi[sz]ed|discovered|studied)`, `nobody (?:has|have|ever)`, `never been`, `made (?:of|from|with)`, `combin\w+`, `build\b`, `(?:could|can|might|may) (?:\w+ ){0,4}(?:form|exist|combine|make|react)`,
		`anything`, `something`, `what (?:else|could|can|might)`, `recommend\w*`, `predict\w*`, `brainstorm\w*`, `give me`, `show me`, `chemical (?:space|system)`, `\bspace\b`, `system\b`, `unexplored`, `dream up`, `cook up`, `think (?:of|up)`, `hunt\w*`, `scan\b`, `map out`, `i (?:want|need)`, `we (?:want|need)`, `go\b`)
	polyCue    = cue(`polymorph\w*`, `lowest[\s-]energy`, `lower[\s-]energy`, `lower in energy`, `ground[\s-]?state`, `most stable (?:structure|phase|polymorph|form|arrangement|crystal)`, `structure search`, `cubic (?:and|or|vs)`, `distorted`, `predict\w* (?:\w+ ){0,2}structure`, `preferred (?:structure|phase|form)`, `competing (?:structures|polymorphs)`)
	noToolsCue = regexp.MustCompile(`(?i)\b(?:without|no|not|don'?t|do not|never|skip|avoid)\b[^.?!]{0,30}\b(?:tools?|calculat\w*|comput\w*|running|simulat\w*)|\b(?:from|by) (?:memory|heart|your (?:own )?(?:knowledge|memory|head|training)|the top of your head)\b|\boff the top of your head\b|\bjust (?:guess|tell me from memory|quote)\b|\bguess(?:timate)? (?:the|a|its)\b|\bwhat you (?:already )?know\b`)
	harmCue    = regexp.MustCompile(`(?i)\b(?:poison\w*|kill\w*|weapon\w*|bomb\w*|explosive device|explosives?|nerve agent|chemical warfare|harm (?:a |my |some|people|someone)|hurt (?:people|someone)|terror\w*|murder\w*|dirty bomb|attack (?:on )?(?:people|a crowd))\b`)
	rigorCue   = regexp.MustCompile(`(?m)^# Mode: rigorous\b`)
	autoCue    = regexp.MustCompile(`(?m)^# Mode: auto\b`)

	// elsewhere are questions of other trades, even where a compound occurs.
	elsewhere = regexp.MustCompile(`(?i)\b(?:foods?|vitamins?|supplements?|diet\w*|eat\w*|drink\w*|nutri\w+|poems?|haikus?|limericks?|songs?|lyrics|jokes?|riddles?|essays?|cover letter|e-?mails?|translate|python|javascript|typescript|java|sql|regex|html|script|linked list|recipes?|cook(?:ing)?|bak(?:e|ing)|pasta|homework|iupac|reaction mechanism|sn[12]\b|titrat\w+|stock(?:s| market| price)|invest\w*|medals?|jewel\w*|world cup|election|vote|weather|movie|film|novel by|horoscope)\b|\b(?:balance|chemical|reaction|solve)[\w\s]{0,20} equations?\b|\bwho (?:was|discovered|invented|won)\b|\bcapital of\b`)
)

// strongWants reads the properties asked for outright.
func strongWants(q string) map[want]bool {
	out := map[want]bool{}
	for w, c := range wantCues {
		if c.MatchString(q) {
			out[w] = true
		}
	}
	return out
}
