package planner

import (
	"regexp"
	"strings"
)

// Questions are typed in a hurry and on both sides of the Atlantic. fold brings
// them to one spelling: American, subscripts as digits, and long words of the
// field mended when they are a letter or two off. Only words of the field are
// ever put in, so a question about something else stays about something else.

var (
	subscripts = strings.NewReplacer("₀", "0", "₁", "1", "₂", "2", "₃", "3", "₄", "4", "₅", "5", "₆", "6", "₇", "7", "₈", "8", "₉", "9", "’", "'", "‑", "-", "·", " ")
	wordToken  = regexp.MustCompile(`\b[A-Za-z][a-z]{4,}\b`)
)

//nolint:misspell // British spellings are what it mends
var american = strings.NewReplacer("sulph", "sulf", "aluminium", "aluminum", "caesium", "cesium", "colour", "color", "neighbour", "neighbor", "favour", "favor",
	"crystallis", "crystalliz", "stabilis", "stabiliz", "ionis", "ioniz", "polaris", "polariz", "magnetis", "magnetiz", "optimis", "optimiz", "energis", "energiz", "centre", "center")

// fieldWords are what a misspelled word may be mended to: at least six letters,
// so that one letter cannot turn one common word into another.
var fieldWords = strings.Fields(`structure structural crystal crystalline lattice parameter constant spacegroup symmetry formation enthalpy energy energies energetic stability stable
	thermodynamic exothermic endothermic polymorph coordination octahedral tetrahedral neighbor density volume composition compound material quaternary ternary quinary candidate
	hypothetical chemical chemically stoichiometry stoichiometric oxidation valence valency neutral neutrality balance balanced charge charged plausible electrode cathode battery batteries
	intercalation insertion voltage capacity polyanion polyanionic layered bandgap conductivity thermal magnetic ferromagnetic antiferromagnetic magnetism magnetization dielectric
	piezoelectric ferroelectric thermoelectric superconducting superconductor superconductivity permittivity refractive resistivity toxicity solubility soluble hardness melting elastic
	modulus phonon absorption diffusion mobility viscosity semiconductor optical compare comparison perovskite spinel wurtzite rutile anatase brookite fluorite sphalerite corundum
	hematite magnetite cuprite pyrite galena titanate zirconate niobate oxides nitride sulfide chloride fluoride bromide iodide phosphate silicate carbonate sulfate hydroxide selenide
	telluride phosphide carbide boride hydride arsenide suggest propose validate verify discover explore undiscovered novel elements formula hexagonal tetragonal orthorhombic monoclinic rhombohedral
	lithium sodium potassium rubidium cesium beryllium magnesium calcium strontium barium scandium titanium vanadium chromium manganese cobalt nickel copper gallium germanium arsenic
	selenium bromine yttrium zirconium niobium molybdenum ruthenium rhodium palladium silver cadmium indium antimony tellurium iodine lanthanum cerium hafnium tantalum tungsten platinum
	bismuth silicon phosphorus sulfur chlorine fluorine oxygen nitrogen hydrogen carbon aluminum`)

// ordinary are words of everyday language a letter or two away from one of the field.
var ordinary = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`batter bride buttery carbine carboy carton change changed charmed charred charted chopper competition compositor connectivity cooper coordinating
		coordinator copier copped copter cropper electron element energizes explode geranium hardiness harness inception infection injection inspection
		intention invention interpolation interrelation iodize magnetize malting maternal meeting melding module molting motility navel neural nicked nickle
		noel optimal oxide phosphor photon plausibly sable salver sliver smuggest snuggest solver spiel spinal spine spinet stale staple stricture tetrahedra
		tetrahedron valance companion compassion perimeter suitability sterility`) {
		m[w], m[w+"s"] = true, true
	}
	return m
}()

// fold gives the question in the spelling that the rules are written in.
func fold(q string) string {
	return wordToken.ReplaceAllStringFunc(subscripts.Replace(q), func(w string) string {
		lower := strings.ToLower(w)
		if mended := spell(american.Replace(lower)); mended != lower {
			return mended
		}
		return w
	})
}

// spell mends a word of the field, and leaves any other.
func spell(w string) string {
	if ordinary[w] || len(w) < 5 || elementNames[w] != "" || materialNames[w] != "" {
		return w
	}
	best, bestDistance := w, 3
	for _, v := range fieldWords {
		if strings.HasPrefix(w, v) {
			return w // the word itself, or one made of it
		}
		if v[0] != w[0] {
			continue
		}
		allowed := 1
		if len(v) >= 11 {
			allowed = 2
		}
		for _, form := range []string{v, v + "s"} {
			if d := distance(w, form, allowed); d <= allowed && d < bestDistance {
				best, bestDistance = form, d
			}
		}
	}
	return best
}

// distance counts insertions, deletions, substitutions and swaps of neighbors
// (optimal string alignment); more than most counts as most + 1.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
