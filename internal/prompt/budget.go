package prompt

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"crystalyse/internal/discovery"
)

var wallLine = regexp.MustCompile(`(?m)^Wall time: (\d+) s`)

const budgetHead = "# Budget\n"

// IsBudget reports whether a system message is the one that words the limits.
func IsBudget(text string) bool { return strings.HasPrefix(text, budgetHead) }

// Budget words the limits of a discovery for whoever reasons; "" when it has none.
func Budget(b discovery.Budget) string {
	var limits []string
	if b.WallS > 0 {
		limits = append(limits, fmt.Sprintf("Wall time: %.0f s", b.WallS))
	}
	if b.ToolCalls > 0 {
		limits = append(limits, fmt.Sprintf("Tool calls: %d", b.ToolCalls))
	}
	if b.Tokens > 0 {
		limits = append(limits, fmt.Sprintf("Tokens: %d", b.Tokens))
	}
	if len(limits) == 0 {
		return ""
	}
	return budgetHead + strings.Join(limits, "\n") + "\nAt a limit the discovery ends with what it has, so plan to answer before. " +
		"A batch of calculations answers when half of the time that is left is spent, and counts what it left out (n_cut): with little time ask for fewer samples and smaller cells (max_atoms), and do first what the question is about."
}

// WallSeconds reads the limit of wall time out of a transcript's system text, as
// it was told last; 0 when none was.
func WallSeconds(system string) float64 {
	told := wallLine.FindAllStringSubmatch(system, -1)
	if len(told) == 0 {
		return 0
	}
	s, err := strconv.ParseFloat(told[len(told)-1][1], 64)
	if err != nil {
		return 0
	}
	return s
}
