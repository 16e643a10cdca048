package planner

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var molarCue = cue(`kj\b`, `kcal`, `per mol\w*`, `(?:per|/) ?(?:formula(?:[\s-]units?)?|f\.?\s?u)\b`, `(?:standard )?enthalp\w*`)

// molarLine gives the formation energy for a formula unit where that is asked.
func (r request) molarLine(f facts) string {
	if f.molar == "" || !molarCue.MatchString(r.said) {
		return ""
	}
	return fmt.Sprintf("For one formula unit of %s the formation energy is **%s**, or **%s** of formula units. It is an energy at zero temperature; a measured enthalpy is at room temperature, which for solids makes a small difference.\n\n", f.formula, f.perUnit, f.molar)
}

// measuredValue is a formation energy that a question gives to compare with.
var measuredValue = regexp.MustCompile(`(?i)([-−–]?\s?\d+(?:[.,]\d+)*)\s*(kJ|eV)\s*(?:/|per\s+|·|\s)\s*(mol|atom)`)

var (
	thousands = regexp.MustCompile(`(\d),(\d{3})\b`)
	agreeCue  = cue(`agree\w*`, `measur\w*`, `match\w*`, `consistent`, `compar\w*`, `experiment\w*`, `literature`, `reported`, `close to`, `right\b`, `correct`)
)

const (
	kJPerMol = 96.485 // in 1 eV
	// meanError is that of formation energies against experiment, eV/atom: the
	// larger of the potentials of bench/science/RESULTS.md.
	meanError = 0.09
)

// agreement says whether a value that the question gives and the computed one are
// the same, as far as such a potential can tell.
func (r request) agreement(f facts) string {
	m := measuredValue.FindStringSubmatch(r.text)
	atoms := 0
	for _, n := range amountsOf(f.formula) {
		atoms += n
	}
	if m == nil || !agreeCue.MatchString(r.folded) || f.molar == "" || atoms == 0 || len(r.formulas) != 1 {
		return ""
	}
	given, err := strconv.ParseFloat(strings.NewReplacer("−", "-", "–", "-", " ", "", ",", ".").Replace(thousands.ReplaceAllString(m[1], "$1$2")), 64)
	if err != nil {
		return ""
	}
	computed := f.molarE / kJPerMol / float64(atoms)
	if strings.EqualFold(m[2], "kJ") {
		given /= kJPerMol
	}
	if strings.EqualFold(m[3], "mol") {
		given /= float64(atoms)
	}
	sign := ""
	if given*computed < 0 {
		given, sign = -given, " with the sign turned, as an energy that is given off"
	}
	const against = "the mean error of formation energies in this program's evaluation against experiment (`bench/science/RESULTS.md`)"
	verdict := "**No**, your value and the computed one are apart by several times " + against + ": make sure that both are of the same phase, and of one formula unit"
	switch off := math.Abs(given - computed); {
	case off <= meanError:
		verdict = "**Yes**, your value and the computed one agree: for each atom they are closer than " + against
	case off <= 3*meanError:
		verdict = "**Only roughly**: for each atom, your value and the computed one are further apart than " + against + ", though no further than its outliers"
	}
	return fmt.Sprintf("%s (you gave %s%s).\n\n", verdict, quoted(strings.TrimSpace(m[0])), sign)
}
