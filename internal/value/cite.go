package value

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// citation is {{v:<key>}}.
var citation = regexp.MustCompile(`\{\{\s*v:\s*([^{}|\s]{1,300}?)\s*\}\}`)

// Ref is one citation in a text.
type Ref struct {
	Start, End int // bytes
	Key        string
}

// FindRefs gives the citations of a text, in order.
func FindRefs(text string) []Ref {
	var refs []Ref
	for _, m := range citation.FindAllStringSubmatchIndex(text, -1) {
		refs = append(refs, Ref{Start: m[0], End: m[1], Key: text[m[2]:m[3]]})
	}
	return refs
}

// decimals by unit, after the usage of the field; -1 asks for four significant
// digits.
var decimals = map[string]int{
	"eV/atom": 3, "eV": 3, "eV/angstrom": 3, "angstrom": 3, "angstrom^3": 2, "angstrom^3/atom": 2,
	"degree": 2, "GPa": 2, "mAh/g": 1, "V": 2, "g/cm^3": 3, "%": 1,
}

var symbols = map[string]string{
	"angstrom": "Å", "angstrom^3": "Å³", "angstrom^3/atom": "Å³/atom", "eV/angstrom": "eV/Å", "degree": "°", "g/cm^3": "g/cm³", "byte": "bytes",
}

const thinSpace = "\u2009"

// Format writes a value as a reader of the field expects: rounded by its unit,
// with a thin space before the unit and a real minus sign.
func Format(v Value) string {
	if v.Bool != nil {
		return formatBool(v)
	}
	if v.Number == nil {
		return "unknown"
	}
	s := formatNumber(*v.Number, v.Unit)
	if v.Unit == "" {
		return s
	}
	unit := v.Unit
	if u, ok := symbols[unit]; ok {
		unit = u
	}
	if unit == "°" {
		return s + unit
	}
	return s + thinSpace + unit
}

func formatBool(v Value) string {
	yes, no := "yes", "no"
	if v.Name == "composition_valid" {
		yes, no = "valid", "not valid"
	}
	if *v.Bool {
		return yes
	}
	return no
}

func formatNumber(f float64, unit string) string {
	var s string
	places, known := decimals[unit]
	switch {
	case f == math.Trunc(f) && math.Abs(f) < 1e15 && (!known || unit == "%"):
		s = strconv.FormatFloat(f, 'f', 0, 64)
	case known && (f == 0 || math.Abs(f) >= math.Pow(10, -float64(places))/2):
		s = strconv.FormatFloat(f, 'f', places, 64)
	default:
		s = strconv.FormatFloat(f, 'g', 4, 64)
	}
	if s == "-0" || strings.Trim(s, "-0.") == "" && strings.HasPrefix(s, "-") {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "\u2212", 1)
}
