package report

import (
	"regexp"
	"sort"
	"strconv"
	"strings"

	"crystalyse/internal/value"
)

// A citation that is said to be of one composition and holds the value of
// another is as wrong as a typed number. Only plain statements are judged: "the
// lattice parameter of MgO is {{v:...}}", "MgO: {{v:...}}", and a table row that
// begins with a formula.
var (
	saidOfFormula = regexp.MustCompile(`(?:^|[^\pL\d])([A-Z][A-Za-z0-9().]*)\s*(?:is|was|are|has|=|:|equals)?\s*(?:an?|the)?\s*(?:[\p{Ll} ]{0,40}\s(?:of|is|=))?\s*(?:about|around|approximately|≈|~)?\s*$`)
	marks         = strings.NewReplacer("*", "", "`", "", "_", "", "<sub>", "", "</sub>", "", "₀", "0", "₁", "1", "₂", "2", "₃", "3", "₄", "4", "₅", "5", "₆", "6", "₇", "7", "₈", "8", "₉", "9")
)

// misattributed gives the composition that the text names for a citation, where
// that is another one than the value's; "" when nothing is wrong or plain.
func misattributed(text string, at int, v value.Value) string {
	own := composition(v.Formula)
	if own == "" {
		return ""
	}
	line := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
	if row := strings.TrimSpace(line); strings.HasPrefix(row, "|") {
		return otherIn(rowHead(row), own, row)
	}
	before := line
	for _, end := range []string{". ", "; ", ", "} { // of this clause only
		if i := strings.LastIndex(before, end); i >= 0 {
			before = before[i+len(end):]
		}
	}
	m := saidOfFormula.FindStringSubmatch(marks.Replace(before))
	if m == nil {
		return ""
	}
	return otherIn(m[1], own, before)
}

// otherIn gives said when it is a compound other than own, and own is not named
// beside it.
func otherIn(said, own, around string) string {
	other := composition(said)
	if other == "" || other == own || !compound(said) {
		return ""
	}
	for _, word := range strings.FieldsFunc(marks.Replace(around), func(r rune) bool { return !strings.ContainsRune("().", r) && (r < '0' || r > 'z') }) {
		if composition(word) == own {
			return ""
		}
	}
	return said
}

func rowHead(row string) string {
	return strings.TrimSpace(marks.Replace(strings.Split(strings.TrimPrefix(row, "|"), "|")[0]))
}

// compound reports whether a formula has two elements or more: a lone symbol may
// be a word.
func compound(s string) bool {
	capitals := 0
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			capitals++
		}
	}
	return capitals >= 2
}

var atomGroup = regexp.MustCompile(`^([A-Z][a-z]?|\(|\))(\d*)`)

// composition gives a formula's reduced amounts in one spelling; "" for what is
// none.
func composition(formula string) string {
	if formula == "" || !isFormula(formula) {
		return ""
	}
	stack := []map[string]int{{}}
	for s := formula; s != ""; {
		m := atomGroup.FindStringSubmatch(s)
		if m == nil {
			return "" // fractional amounts and hydrates are not compared
		}
		s = s[len(m[0]):]
		n := 1
		if m[2] != "" {
			var err error
			if n, err = strconv.Atoi(m[2]); err != nil || n == 0 {
				return ""
			}
		}
		top := stack[len(stack)-1]
		switch {
		case m[1] == "(" && m[2] == "":
			stack = append(stack, map[string]int{})
		case m[1] == "(":
			return ""
		case m[1] == ")":
			if len(stack) < 2 {
				return ""
			}
			stack = stack[:len(stack)-1]
			for el, k := range top {
				stack[len(stack)-1][el] += k * n
			}
		default:
			top[m[1]] += n
		}
	}
	if len(stack) != 1 {
		return ""
	}
	return spelled(stack[0])
}

func spelled(amounts map[string]int) string {
	g, symbols := 0, make([]string, 0, len(amounts))
	for el, n := range amounts {
		symbols = append(symbols, el)
		for a, b := g, n; ; a, b = b, a%b {
			if b == 0 {
				g = a
				break
			}
		}
	}
	sort.Strings(symbols)
	var b strings.Builder
	for _, el := range symbols {
		b.WriteString(el + strconv.Itoa(amounts[el]/g))
	}
	return b.String()
}
