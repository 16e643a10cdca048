package planner

import (
	"regexp"
	"strings"
)

// inability is a property that no tool gives, with the method it would need.
type inability struct{ name, method string }

// cannot pairs the words for a property with what it would take.
type cannot struct {
	cue  *regexp.Regexp
	what inability
	soft bool // also a word of everyday language: it needs a material beside it
}

// inabilities are what people ask for and no tool here gives. What they match is
// taken out of the question before the supported properties are looked for, so
// that a band structure is no structure and a melting enthalpy no formation.
var inabilities = []cannot{
	{cue(`(?:direct |indirect |optical |electronic |fundamental |energy )?(?:band|hybrid)[\s-]?gaps?`, `\be_?g\b`, `semiconduct\w*`, `insulat\w+`, `(?:electronic )?band[\s-]?(?:structures?|edges?|alignment|offsets?)`, `electronic structures?`, `density of states`, `\bdos\b`, `fermi (?:level|energy|surface)\w*`, `effective mass\w*`, `homo\b|lumo\b`, `(?:conduction|valence) band\w*`, `exciton\w*`, `topological`, `(?:dirac|weyl)\b`, `(?:hall|carrier) \w+`, `carriers?\b`, `breakdown (?:field|voltage)`, `energy levels?`, `ionization`),
		inability{"band gap and electronic structure", "an electronic-structure calculation (hybrid functional or GW)"}, false},
	{cue(`gap\b`), inability{"band gap", "an electronic-structure calculation (hybrid functional or GW)"}, true},
	{cue(`(?:lattice )?thermal (?:conduct|resist|diffus|transport)\w*`, `(?:ionic |electronic |electrical |ion |proton |oxide[\s-]ion |li-ion |na-ion )?(?:super)?(?:ion)?conductiv\w*`, `(?:electrical |sheet )?resistivit\w*`, `(?:ion |ionic |superionic )?conductors?`, `conduct(?:s|ing)? (?:heat|electricity|ions|current|electrons)`, `diffus\w+`, `migration (?:barrier|energy|path)\w*`, `(?:hopping|activation|energy) barrier\w*`, `activation energ\w*`, `mobilit\w+`, `transference`, `conductance`),
		inability{"conductivity and diffusion", "molecular dynamics or a transport calculation"}, false},
	{cue(`thermoelectric\w*`, `\bzt\b`, `seebeck`, `figure of merit`, `power factor`), inability{"thermoelectric properties", "electron and phonon transport calculations"}, false},
	{cue(`thermal expansion`, `expansion coefficients?`, `(?:specific )?heat capacit\w*`, `specific heat`, `\bdebye\b`, `phonon\w*`, `vibration\w*`, `raman`, `infrared`, `lattice dynamics`, `gr[uü]neisen`, `entrop\w+`, `gibbs`), inability{"phonon and thermal properties", "lattice dynamics"}, false},
	{cue(`\w*magnet\w*\s*(?:structures?|ordering|moments?)?`, `spin[\s-]?(?:state|orbit|ordering|moments?|polari\w+)?\b`, `curie`, `n[eé]el`, `exchange coupling`, `coercivit\w*`, `hysteresis`, `multiferroic\w*`), inability{"magnetic properties", "spin-polarized electronic-structure calculations"}, false},
	{cue(`melt(?:s|ing|ed)?\b(?:\s*(?:point|temperature))?s?`, `boil(?:s|ing)?\b(?:\s*point)?`, `(?:decomposition|sublimation|glass transition|transition|sintering) temperatures?`, `(?:enthalpy|heat) of (?:fusion|vapori[sz]ation|melting|sublimation)`, `vapou?r pressure`), inability{"melting and boiling points and other transition temperatures", "free-energy or coexistence simulations"}, false},
	{cue(`toxic\w*`, `(?:safe|dangerous) to (?:touch|handle|eat|drink|breathe|inhale|swallow)`, `poisonous`, `breath(?:e|es|ing)\b`, `inhal\w*`, `ingest\w*`, `swallow\w*`, `(?:hurt|harm)s?\b (?:me|you|us|skin|people|lungs)`, `carcinogen\w*`, `flammab\w*`, `biocompat\w*`, `lethal`, `\bld50\b`, `hazard\w*`, `harmful`), inability{"toxicity and safety", "a safety data sheet or toxicological data"}, false},
	{cue(`health\w*`, `safe\b`, `safety`, `dangerous`, `radioactiv\w*`, `half-li(?:fe|ves)`), inability{"toxicity and safety", "a safety data sheet or toxicological data"}, true},
	{cue(`pric\w+`, `costs?\b`, `cheap\w*`, `expensive`, `(?:earth[\s-])?abundan\w*`, `suppl(?:y|ies|ier)\w*`, `market`, `availab\w+`, `rar(?:e|est|er)\b`, `reserves`), inability{"price and abundance", "market and geological data"}, true},
	{cue(`elastic\w*`, `young'?s`, `shear`, `hardness`, `\bmohs\b`, `vickers`, `how hard\b`, `stiff\w*`, `poisson\w*`, `(?:fracture )?toughness`, `tensile`, `yield strength`, `ductil\w*`, `brittle\w*`, `mechanical\w*`, `hard(?:er|est)\b`, `piezo\w*`, `\bd_?33\b`, `(?:speed|velocity) of sound`, `sound velocit\w*`, `friction\w*`, `wear\b`, `creep`, `fatigue`, `how strong\b`, `strength`), inability{"elastic, mechanical and piezoelectric properties", "elastic-tensor or response calculations"}, false},
	{cue(`dielectric\w*`, `permittivit\w*`, `refractive`, `index of refraction`, `optical\w*`, `absorption`, `absorb(?:s|er|ers|ance)?\b`, `photovolt\w*`, `solar`, `(?:photo|electro|cathodo)?luminesc\w*`, `fluoresc\w*`, `emission`, `transparen\w*`, `reflectiv\w*`, `birefring\w*`, `ferroelectric\w*`, `pyroelectric\w*`, `(?:spontaneous )?polari[sz]ation`, `born (?:effective )?charges?`, `photocatal\w*`, `power conversion`, `las(?:er|ing)\b`, `scintillat\w*`, `plasmon\w*`, `quantum (?:yield|efficiency)`),
		inability{"optical and dielectric properties", "a response calculation with an electronic-structure method"}, false},
	{cue(`colou?r(?:s|ed)?\b`, `light\b`, `efficienc\w+`), inability{"optical properties", "a response calculation with an electronic-structure method"}, true},
	{cue(`superconduct\w*`, `critical temperature`, `\btc\b`), inability{"superconductivity", "electron-phonon calculations"}, false},
	{cue(`(?:in)?solub\w+`, `dissol\w+`, `hygroscop\w*`, `\bp[hk]a?\b`, `corro\w+`, `moisture`, `water stab\w+`, `rust\w*`), inability{"solubility and reactions with water or air", "solvation free energies or measurements"}, false},
	{cue(`work functions?`, `surface (?:energ|area|tension|charge)\w*`, `cataly\w*`, `adsor\w+`, `overpotential\w*`, `hydrogen evolution`, `grain bound\w*`, `electron affinit\w*`, `ioni[sz]ation (?:energ|potential)\w*`), inability{"surface and catalytic properties", "slab calculations"}, false},
	{cue(`vacanc(?:y|ies)\b(?:[\s-]formation)?(?:[\s-]energ\w*)?`, `(?:point )?defects?\b(?:[\s-]formation)?(?:[\s-]energ\w*)?`, `interstitial\w*`, `antisite\w*`, `dop(?:ed|ing|ant|ants)\b`, `cohesive energ\w*`, `atomi[sz]ation energ\w*`, `lattice energ\w*`), inability{"defect, cohesive and lattice energies", "supercell or isolated-atom reference calculations"}, false},
	{cue(`cycl(?:e|ing) (?:life|stability|performance)`, `rate capability`, `coulombic`, `cyclability`, `degrad\w+`), inability{"cycle life and rate", "battery tests"}, false},
	{cue(`viscosit\w*`, `(?:nmr|epr|xps|xas|exafs|m[oö]ssbauer)\b`, `spectr(?:um|a|oscop\w*)`), inability{"spectra and transport of liquids", "spectroscopy, measured or simulated"}, false},
	{cue(`synthes\w+`, `how (?:do|can|to|should|would) (?:i|we|one|you)?\s*(?:make|grow|prepare|synth\w+)`, `recipe`, `precursors? for`, `(?:grow|deposit|anneal|sinter)(?:ing|n|ed)?\b`), inability{"synthesis routes", "the experimental literature"}, true},
	{cue(`mol(?:ar|ecular) (?:mass|weight)`, `atomic (?:mass|weight|number|radius)`, `electronegativit\w*`, `electron configuration`), inability{"textbook constants", "a reference table"}, true},
}

// supported are properties that some tool gives when it is installed.
var supported = map[want]struct {
	tool string
	what inability
}{
	wantHull:     {"calculate_energy_above_hull", inability{"energy above hull", "a convex hull over the competing phases (the tool calculate_energy_above_hull is not available here)"}},
	wantBulk:     {"fit_equation_of_state", inability{"bulk modulus", "an equation-of-state calculation (the tool fit_equation_of_state is not available here)"}},
	wantXRD:      {"simulate_xrd", inability{"diffraction patterns", "a diffraction simulation (the tool simulate_xrd is not available here)"}},
	wantCapacity: {"battery_metrics", inability{"capacity", "the tool battery_metrics, which is not available here"}},
	wantVoltage:  {"battery_metrics", inability{"voltage", "energies of the charged and discharged end members and of the ion's metal (the tool battery_metrics is not available here)"}},
	wantModels:   {"compare_models", inability{"disagreement of potentials", "a second potential and the tool compare_models, which is not available here"}},
}

var (
	energeticCue = cue(`energ\w*`, `ev\b`, `kj\b`, `heat\b`, `to form\b`)
	// oddCue are nouns that properties are made of.
	oddCue = regexp.MustCompile(`(?i)\b(?:[a-z]+[\s-]){0,2}?(?:coefficient|index|rate|yield|point|factor|activity|sensitivity|reactivity|resistance|lifetime|threshold|potential|tension|capacity|number|emissivity|power|half[\s-]?life|[a-z]{3,}ivity)\b(?: (?:of|for|in)\b)?|\b(?:critical|transition|operating|onset|ignition|[a-z]+ing) temperature\b|\bat what temperature\b|\bused for\b|\bapplications?\b|\bhow (?:fast|hot|hard|strong|reactive|heavy|bright|old)\b`)
)

// unable finds what is asked for and cannot be had, and gives the question
// without those words. sure is false when all of them are everyday words.
func unable(q string) (missing []inability, rest string, sure bool) {
	rest = q
	seen := map[string]bool{}
	for _, c := range inabilities {
		spans := c.cue.FindAllStringIndex(rest, -1)
		if c.what.name == "price and abundance" && energeticCue.MatchString(rest) {
			continue // what it costs in energy
		}
		if len(spans) == 0 {
			continue
		}
		for _, s := range spans {
			rest = rest[:s[0]] + strings.Repeat(" ", s[1]-s[0]) + rest[s[1]:]
		}
		sure = sure || !c.soft
		if !seen[c.what.name] {
			seen[c.what.name] = true
			missing = append(missing, c.what)
		}
	}
	return missing, rest, sure
}
