package report

import (
	"fmt"
	"regexp"
	"strings"

	"crystalyse/internal/value"
)

// Markdown writes the report for people: the answer first, then where each
// number comes from.
func Markdown(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", line(r.Query))
	fmt.Fprintf(&b, "**%s** · %s mode · %s (%s) · %s\n\n", r.Status, r.Mode, line(r.Agent.Model), line(r.Agent.Provider), r.EndedAt.UTC().Format("2006-01-02 15:04 MST"))
	if r.Details != "" {
		fmt.Fprintf(&b, "_%s_\n\n", line(r.Details))
	}
	b.WriteString(r.Summary + "\n\n")
	if len(r.Assumptions) > 0 {
		b.WriteString("## Assumptions\n\n")
		for _, a := range r.Assumptions {
			fmt.Fprintf(&b, "- %s\n", line(a))
		}
		b.WriteString("\n")
	}
	compositionTable(&b, r)
	candidateTable(&b, r)
	valueTable(&b, r)
	callTable(&b, r)
	fmt.Fprintf(&b, "## Checks\n\n%s\n\n", Sourced(r.Validation))
	fmt.Fprintf(&b, "%d tokens in, %d out, %d tool calls, %.1f s.\n", r.Usage.TokensIn, r.Usage.TokensOut, r.Usage.ToolCalls, r.Usage.WallS)
	return b.String()
}

// Sourced words the provenance check in one line.
func Sourced(v Validation) string {
	s := fmt.Sprintf("%d of %d cited numbers resolve to a tool's result", v.ValuesResolved, v.ValuesTotal)
	if len(v.Unsourced) > 0 {
		s += fmt.Sprintf("; %d unsourced: %s", len(v.Unsourced), line(strings.Join(v.Unsourced, ", ")))
	}
	return s + "."
}

func compositionTable(b *strings.Builder, r Report) {
	if len(r.Compositions) == 0 {
		return
	}
	b.WriteString("## Compositions\n\n| formula | verdict | balancing oxidation states | call |\n|---|---|---|---|\n")
	for _, c := range r.Compositions {
		verdict := "not applicable"
		if c.Valid != nil {
			verdict = map[bool]string{true: "valid", false: "not valid"}[*c.Valid]
		}
		if c.MixedValence {
			verdict += " (mixed valence)"
		}
		why := c.Assignment
		if why == "" {
			why = c.Reason
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", Formula(c.Formula), verdict, cellText(why), link(c.CallID))
	}
	b.WriteString("\n")
}

func candidateTable(b *strings.Builder, r Report) {
	if len(r.Candidates) == 0 {
		return
	}
	b.WriteString("## Candidates\n\n| formula | structures tried | formation energy | stability | best structure |\n|---|---|---|---|---|\n")
	for _, c := range r.Candidates {
		e := "–"
		if c.FormationEnergyPerAtom != nil {
			e = value.Format(value.Value{Number: c.FormationEnergyPerAtom, Unit: "eV/atom"})
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", Formula(c.Formula), c.Tried, e, cellText(c.Verdict), cellText(c.BestStructureID))
	}
	b.WriteString("\n")
}

func valueTable(b *strings.Builder, r Report) {
	if len(r.Values) == 0 {
		return
	}
	b.WriteString("## Values\n\nEvery number, the call that computed it and the potential it belongs to.\n\n| key | name | value | material | potential | converged | call |\n|---|---|---|---|---|---|---|\n")
	for _, v := range r.Values {
		p := "–"
		if v.Potential != nil {
			p = fmt.Sprintf("%s %s (%.8s, %s)", v.Potential.Name, v.Potential.Version, v.Potential.CheckpointSHA256, v.Potential.EnergyLevel)
		}
		converged := "–"
		if v.Converged != nil {
			converged = map[bool]string{true: "yes", false: "**no**"}[*v.Converged]
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", v.Key, cellText(v.Name), value.Format(v.Value), Formula(v.Formula), cellText(p), converged, link(v.CallID))
	}
	b.WriteString("\n")
}

func callTable(b *strings.Builder, r Report) {
	if len(r.Calls) == 0 {
		return
	}
	b.WriteString("## Calls\n\n")
	for _, c := range r.Calls {
		fmt.Fprintf(b, "<a id=\"%s\"></a>**%s** `%s` on %s %s: %s in %.1f s", anchor(c.ID), c.ID, c.Tool, c.Server, c.ToolVersion, c.Status, c.DurationS)
		if c.ResumedFromStep != nil {
			fmt.Fprintf(b, ", resumed from step %d", *c.ResumedFromStep)
		}
		fmt.Fprintf(b, "  \n`%s`\n\n", strings.ReplaceAll(string(c.Arguments), "`", "'"))
		if c.Error != nil {
			fmt.Fprintf(b, "> %s\n\n", line(c.Error.Message))
		}
	}
}

func link(callID string) string { return fmt.Sprintf("[%s](#%s)", callID, anchor(callID)) }

func anchor(callID string) string { return "call-" + strings.ReplaceAll(callID, ".", "-") }

var controls = regexp.MustCompile(`[\x00-\x1f\x7f]+`)

// line makes untrusted text safe in a line of markdown.
func line(s string) string {
	s = controls.ReplaceAllString(s, " ")
	return strings.NewReplacer("<", "&lt;", "[", `\[`, "`", "'").Replace(strings.TrimSpace(s))
}

// cellText makes untrusted text safe in a table.
func cellText(s string) string { return strings.ReplaceAll(line(s), "|", `\|`) }

var digits = strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄", "5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉")

// Formula writes a formula with subscripts.
func Formula(f string) string {
	if f == "" {
		return "–"
	}
	return digits.Replace(cellText(f))
}
