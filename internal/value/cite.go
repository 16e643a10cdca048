package value

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// citation is {{v:<key>}}. Models are forgiven single braces, blanks and a missing
// end: all of these mean to cite, and what resolves to nothing is shown as such.
// What follows a "|" is dropped: the unit decides how a number is written.
var citation = regexp.MustCompile(`\{\{\s*[vV]\s*:([^{}]*)\}\}?|` +
	`\{\{\s*[vV]\s*:\s*([^{}|\s]*)|` +
	`\{\s*v\s*:\s*((?:[\w-]+/)?(?:c\d+\.)*t\d+\.tool\d+\.[^{}\s]+)\s*\}`)

// Ref is one citation in a text.
type Ref struct {
	Start, End int // bytes
	Key        string
}

// FindRefs gives the citations of a text, in order.
func FindRefs(text string) []Ref {
	var refs []Ref
	for _, m := range citation.FindAllStringSubmatchIndex(text, -1) {
		r := Ref{Start: m[0], End: m[1]}
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				r.Key, _, _ = strings.Cut(text[m[g]:m[g+1]], "|")
				r.Key = strings.Trim(r.Key, " \t\r\n`")
			}
		}
		refs = append(refs, r)
	}
	return refs
}

// decimals by unit, after the usage of the field; other units get four
// significant digits.
var decimals = map[string]int{
	"eV/atom": 3, "eV": 3, "eV/angstrom": 3, "angstrom": 3, "angstrom^3": 2, "angstrom^3/atom": 2,
	"degree": 2, "GPa": 1, "mAh/g": 1, "V": 2, "g/cm^3": 3, "%": 1,
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
	if v.Number == nil || math.IsNaN(*v.Number) || math.IsInf(*v.Number, 0) {
		return "unknown"
	}
	s := formatNumber(*v.Number, v.Unit)
	unit := v.Unit
	if u, ok := symbols[unit]; ok {
		unit = u
	}
	switch unit {
	case "":
		return s
	case "°":
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
	case known && math.Abs(f) < 1e9 && (f == 0 || math.Abs(f) >= math.Pow(10, -float64(places))/2):
		s = strconv.FormatFloat(f, 'f', places, 64)
	default:
		s = significant(f)
	}
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.ReplaceAll(s, "-", "\u2212")
}

var superscripts = strings.NewReplacer("-", "⁻", "+", "", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// significant writes four significant digits, and powers of ten as such.
func significant(f float64) string {
	s := strconv.FormatFloat(f, 'g', 4, 64)
	mantissa, exp, ok := strings.Cut(s, "e")
	if !ok {
		return s
	}
	n, err := strconv.Atoi(exp)
	if err != nil {
		return s
	}
	if n > 0 && n < 6 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return mantissa + "×10" + superscripts.Replace(strconv.Itoa(n))
}
